"""The operator on values, once more in NumPy, wave by wave."""

import numpy as np
import pytest
from nsm_cases import analysis, equation, pointwise, random_fields, seen_by_networks

from sciml_bench.core.seeds import seed_everything
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks import FourierNeuralOperator


def waves_mapped(v, weight, bias):
    """v (time, space, batch, channels) with a complex matrix for each of the lowest waves, by the definition."""
    n_times, n_points = v.shape[:2]
    s, x = np.arange(n_times)[:, None] / n_times, np.arange(n_points)[None, :] / n_points
    in_time, in_space = weight.shape[2:]
    result = np.zeros((*v.shape[:3], weight.shape[1]))
    for k in range(-(in_time // 2), (in_time + 1) // 2):
        for m in range(min(in_space, n_points // 2 + 1)):
            wave = np.exp(2j * np.pi * (k * s + m * x))
            amplitude = np.einsum("sx,sxbi->bi", wave.conj(), v) / (n_times * n_points)
            mapped = amplitude @ weight[:, :, k + in_time // 2, m]
            # a real function has the conjugate wave as well, but for those that are their own
            own = m == 0 or 2 * m == n_points
            result += (1 if own else 2) * np.real(wave[..., None, None] * mapped)
    return result + bias.reshape(-1)


@pytest.mark.parametrize("modes", [[5, 8], [4, 7]])
def test_values_are_lifted_convolved_and_projected(modes):
    seed_everything(1)
    model = FourierNeuralOperator(
        equation("reaction_diffusion"), modes=modes, width=3, depth=2, activation="tanh", output_scale=0.5
    ).double()
    fields = random_fields(model.equation)
    v = pointwise(model.lifting, seen_by_networks(model.equation, model.basis, fields))
    for convolution, linear in zip(model.convolutions, model.pointwise, strict=True):
        weight = convolution.weight.to_tensor().detach().numpy()
        v = np.tanh(pointwise([linear], v) + waves_mapped(v, weight, convolution.bias.detach().numpy()))
    values = 0.5 * np.moveaxis(pointwise(model.projecting, v)[..., 0], -1, 0)
    np.testing.assert_allclose(model.values(fields, model.grid).detach(), values, atol=1e-7)
    expected = np.einsum("ks,lx,bsx->bkl", *(analysis(one) for one in model.basis.bases), values)
    np.testing.assert_allclose(model.series(fields).detach(), expected, atol=1e-7)
    assert np.abs(values).max() > 1e-3


@pytest.mark.parametrize(("size", "expected"), [((9, 12), (5, 11)), ((4, 13), (4, 13)), ((5, 6), (5, 5))])
def test_equally_spaced_points_hold_odd_waves_and_no_more_polynomials_than_points(size, expected):
    problem = equation("reaction_diffusion")
    model = FourierNeuralOperator(problem, modes=[5, 8], width=3, depth=1)
    model.define_on(Grid.equally_spaced(problem.axes, size))
    assert model.basis.n_modes == expected
    assert model.grid.size == size
    assert model.grid.basis is None
