"""Derivatives of series are exact, those of values of second order, on circles and between ends."""

import numpy as np
import pytest
import torch
from nsm_cases import TURN, functions, random_series, series_on

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.grid import Axis, Grid
from sciml_bench.nsm.sampled_functions import DifferencedFunction, SpectralFunction

BASIS = TensorProduct((Chebyshev(5), Fourier(7)))
PLANE = (Axis("x", "periodic"), Axis("y", "periodic"))


def differenced(n, kind="bounded"):
    """exp(sin 2πx + t)."""
    axes = (Axis("t", kind), Axis("x", "periodic"))
    grid = Grid.equally_spaced(axes, (n, n + 1))
    t, x = np.meshgrid(*grid.points, indexing="ij")
    return DifferencedFunction(torch.from_numpy(np.exp(np.sin(TURN * x) + t))[None], grid), t, x


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("order", [1, 2])
def test_derivatives_of_a_series_are_those_of_its_functions_also_on_a_finer_grid(axis, order):
    coefficients, wide = random_series(BASIS), TensorProduct((Chebyshev(9), Fourier(15)))
    found = SpectralFunction(coefficients, BASIS, wide).derivative(axis, order)
    matrices = [
        functions(one, nodes, order if index == axis else 0)
        for index, (one, nodes) in enumerate(zip(BASIS.bases, wide.nodes, strict=True))
    ]
    expected = np.einsum("zab,ta,xb->ztx", coefficients, *matrices)
    np.testing.assert_allclose(found, expected, atol=1e-10 * np.abs(expected).max())


def test_values_of_a_series_are_seen_at_its_own_nodes_by_default():
    coefficients = random_series(BASIS)
    np.testing.assert_allclose(
        SpectralFunction(coefficients, BASIS).values, series_on(BASIS, coefficients, BASIS.nodes), atol=1e-12
    )


@pytest.mark.parametrize("kind", ["bounded", "time"])
@pytest.mark.parametrize(("axis", "order"), [(0, 1), (0, 2), (1, 1), (1, 2)])
def test_finite_differences_are_of_the_second_order_up_to_the_ends(kind, axis, order):
    errors = []
    for n in (40, 80):
        function, t, x = differenced(n, kind)
        u, slope = np.exp(np.sin(TURN * x) + t), TURN * np.cos(TURN * x)
        exact = u if axis == 0 else u * (slope if order == 1 else slope**2 - TURN**2 * np.sin(TURN * x))
        errors.append(np.abs(function.derivative(axis, order).numpy() - exact).max())
    assert 3.5 < errors[0] / errors[1] < 4.5


@pytest.mark.parametrize("order", [0, 3, 4])
@pytest.mark.parametrize("kind", ["periodic", "time"])
def test_differences_of_other_orders_are_refused(kind, order):
    grid = Grid.equally_spaced((Axis("x", kind),), (9,))
    with pytest.raises(ConfigurationError, match=f"a derivative of order {order} by differences"):
        DifferencedFunction(torch.randn(2, 9), grid).derivative(0, order)


def test_a_parabola_on_three_points_has_its_second_derivative():
    grid = Grid.equally_spaced((Axis("x", "bounded"),), (3,))
    function = DifferencedFunction(torch.from_numpy(3 * grid.points[0] ** 2)[None], grid)
    np.testing.assert_allclose(function.derivative(0, 2), [[6.0, 6.0, 6.0]])
    np.testing.assert_allclose(function.derivative(0, 1), [[0.0, 3.0, 6.0]])


@pytest.mark.parametrize("n", [8, 9])
def test_the_inverse_laplacian_divides_a_wave_by_its_squared_frequency_and_drops_the_mean(n):
    grid = Grid.equally_spaced(PLANE, (n, n))
    x, y = np.meshgrid(*grid.points, indexing="ij")
    wave = np.sin(TURN * x) * np.cos(2 * TURN * y) + np.cos(3 * TURN * x)
    expected = (np.sin(TURN * x) * np.cos(2 * TURN * y) / 5 + np.cos(3 * TURN * x) / 9) / TURN**2
    values = torch.from_numpy(wave + 4.0)[None]
    np.testing.assert_allclose(
        DifferencedFunction(values, grid).inverse_laplacian((0, 1)).values[0], expected, atol=1e-12
    )
    basis = TensorProduct((Fourier(n), Fourier(n)))
    found = SpectralFunction(basis.analyse(values), basis).inverse_laplacian((0, 1))
    np.testing.assert_allclose(found.values[0], expected, atol=1e-12)


def test_the_inverse_laplacian_acts_on_every_moment_alone():
    basis = TensorProduct((Chebyshev(4), Fourier(5), Fourier(5)))
    coefficients = random_series(basis)
    stream = SpectralFunction(coefficients, basis).inverse_laplacian((1, 2))
    back = -stream.derivative(1, 2) - stream.derivative(2, 2)
    without_mean = coefficients.clone()
    without_mean[:, :, 0, 0] = 0
    np.testing.assert_allclose(back, series_on(basis, without_mean, basis.nodes), atol=1e-10)


@pytest.mark.parametrize("kind", ["series", "values"])
def test_only_circles_have_an_inverse_laplacian(kind):
    function = SpectralFunction(random_series(BASIS), BASIS) if kind == "series" else differenced(8)[0]
    with pytest.raises(ConfigurationError, match="periodic axes"):
        function.inverse_laplacian((0, 1))


def test_series_are_differentiable_with_respect_to_their_coefficients():
    coefficients = random_series(BASIS, 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda c: SpectralFunction(c, BASIS).derivative(1, 2), (coefficients,))
