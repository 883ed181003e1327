"""What the linear part of a layer does to waves, one frequency at a time."""

import numpy as np
import pytest
import torch

from sciml_bench.nsm.bases import Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.networks.spectral_layers import CoefficientLayer, FrequencyLayer

TURN = 2 * np.pi


def linear(layer):
    """The map of coefficients alone."""
    layer = layer.double()
    layer.activation = torch.nn.Identity()
    for parameter in layer.pointwise.parameters():
        torch.nn.init.zeros_(parameter)
    return layer


def with_kernel(layer, kernel):
    with torch.no_grad():
        layer.kernel.copy_(torch.from_numpy(np.asarray(kernel)))
    return layer


def values_of(layer, values):
    """Values (grid, channels) of one sample through the layer."""
    with torch.no_grad():
        return layer(torch.from_numpy(values)[..., None, :])[..., 0, :].numpy()


@pytest.mark.parametrize("n_modes", [7, 9])
def test_half_of_the_channels_enter_a_quarter_wave_later(n_modes):
    basis = TensorProduct((Fourier(n_modes),))
    layer = with_kernel(linear(FrequencyLayer(basis, 2, torch.nn.Identity())), [np.eye(2)] * (n_modes // 2 + 1))
    x, frequency, phase = basis.nodes[0], 2, 0.7
    wave = 3.0 + np.cos(TURN * frequency * x + phase)
    found = values_of(layer, np.stack([wave, wave], axis=1))
    np.testing.assert_allclose(found[:, 0], wave, atol=1e-12)
    later = 3.0 + np.cos(TURN * frequency * x + phase + np.pi / 2)  # the mean has no phase
    np.testing.assert_allclose(found[:, 1], later, atol=1e-12)


def test_a_layer_per_frequency_can_differentiate_exactly():
    basis = TensorProduct((Fourier(9),))
    kernel = np.zeros((5, 2, 2))
    kernel[:, 1, 0] = TURN * np.arange(5)  # from the shifted channel to the first one
    layer = with_kernel(linear(FrequencyLayer(basis, 2, torch.nn.Identity())), kernel)
    x = basis.nodes[0]
    function = 1.0 + np.sin(TURN * x) - 2 * np.cos(3 * TURN * x) + 0.5 * np.sin(4 * TURN * x)
    slope = TURN * (np.cos(TURN * x) + 6 * np.sin(3 * TURN * x) + 2 * np.cos(4 * TURN * x))
    found = values_of(layer, np.stack([function, function], axis=1))
    np.testing.assert_allclose(found[:, 0], slope, atol=1e-11)
    np.testing.assert_allclose(found[:, 1], 0, atol=1e-11)


def test_every_frequency_has_its_own_matrix():
    basis = TensorProduct((Fourier(7),))
    rng = np.random.default_rng(0)
    kernel = np.zeros((4, 2, 2))
    kernel[:, 0] = rng.standard_normal((4, 2))  # the first channel alone is read
    layer = with_kernel(linear(FrequencyLayer(basis, 2, torch.nn.Identity())), kernel)
    values = rng.standard_normal((7, 2))
    found = values_of(layer, values)
    for channel in (0, 1):
        expected = np.fft.irfft(np.fft.rfft(values[:, 0]) * kernel[:, 0, channel], 7)
        np.testing.assert_allclose(found[:, channel], expected, atol=1e-12)


def test_channels_are_shifted_along_every_combination_of_circles():
    basis = TensorProduct((Fourier(5), Fourier(7)))
    layer = with_kernel(linear(FrequencyLayer(basis, 4, torch.nn.Identity())), [np.eye(4)] * 12)
    x, y = (nodes.reshape(shape) for nodes, shape in zip(basis.nodes, ((-1, 1), (1, -1)), strict=True))
    found = values_of(layer, np.repeat((np.sin(TURN * x) * np.sin(2 * TURN * y))[..., None], 4, axis=2))
    # neither, the second, both, the first: those to be shifted lie side by side
    along_x, along_y = np.cos(TURN * x) * np.sin(2 * TURN * y), np.sin(TURN * x) * np.cos(2 * TURN * y)
    both, neither = np.cos(TURN * x) * np.cos(2 * TURN * y), np.sin(TURN * x) * np.sin(2 * TURN * y)
    for channel, expected in enumerate((neither, along_y, both, along_x)):
        np.testing.assert_allclose(found[..., channel], expected, atol=1e-12)


def test_an_axis_that_is_no_circle_keeps_its_polynomials():
    basis = TensorProduct((Chebyshev(4), Fourier(5)))
    rng = np.random.default_rng(1)
    kernel = np.zeros((12, 2, 2))
    kernel[:, 0, 0] = rng.standard_normal(12)
    layer = with_kernel(linear(FrequencyLayer(basis, 2, torch.nn.Identity())), kernel)
    t, x = (nodes.reshape(shape) for nodes, shape in zip(basis.nodes, ((-1, 1), (1, -1)), strict=True))
    for degree in range(4):
        polynomial = np.cos(degree * np.arccos(np.clip(2 * t - 1, -1, 1)))
        field = polynomial * np.cos(TURN * 2 * x)
        found = values_of(layer, np.stack([field, field], axis=-1))
        np.testing.assert_allclose(found[..., 0], kernel[3 * degree + 2, 0, 0] * field, atol=1e-12)


def test_a_layer_adds_what_it_does_to_values_and_bends_the_sum():
    basis = TensorProduct((Fourier(5),))
    layer = CoefficientLayer(basis, 2, torch.nn.Tanh()).double()
    rng = np.random.default_rng(2)
    with_kernel(layer, np.repeat(rng.standard_normal((1, 2, 2)), 5, axis=0))  # the same matrix for all: pointwise
    values = rng.standard_normal((5, 2))
    weight, bias = (parameter.detach().numpy() for parameter in layer.pointwise.parameters())
    expected = np.tanh(values @ weight.T + bias + values @ layer.kernel[0].detach().numpy())
    np.testing.assert_allclose(values_of(layer, values), expected, atol=1e-12)
