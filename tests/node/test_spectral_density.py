import numpy as np
import pytest
import torch
from scipy.sparse.linalg import aslinearoperator

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node.landscape.spectral_density import hessian_spectral_density, lanczos_quadrature

EIGENVALUES = np.concatenate([[50.0, 20.0, -30.0], np.full(57, 0.01)])


def rotated(eigenvalues, seed=0):
    basis, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((len(eigenvalues),) * 2))
    return basis @ np.diag(eigenvalues) @ basis.T


def quadratic(matrix):
    hessian = torch.from_numpy(matrix)
    parameter = torch.zeros(len(matrix), dtype=torch.float64, requires_grad=True)
    return lambda: parameter @ hessian @ parameter / 2, [parameter]


def test_the_density_stands_at_the_eigenvalues_with_their_shares():
    density = hessian_spectral_density(*quadratic(rotated(EIGENVALUES)), n_samples=200)
    assert np.trapezoid(density.density, density.eigenvalues) == pytest.approx(1, abs=1e-6)
    for eigenvalue, share in ((50, 1 / 60), (20, 1 / 60), (-30, 1 / 60), (0.01, 57 / 60)):
        near = np.abs(density.nodes - eigenvalue) < 1e-6
        # The share of one eigenvector u in a start vector v is (u·v)²/n, of relative variance below 2.
        assert density.weights[near].sum() == pytest.approx(share, rel=3 * np.sqrt(2 / 200))
    peaks = density.density[1:-1][(np.diff(density.density)[:-1] > 0) & (np.diff(density.density)[1:] < 0)]
    assert len(peaks) == 4


def test_its_mean_is_the_trace_per_parameter_within_the_monte_carlo_error():
    matrix = rotated(np.random.default_rng(1).standard_normal(80) ** 3)
    density = hessian_spectral_density(*quadratic(matrix), n_samples=50)
    error = np.sqrt(2 * (np.sum(matrix**2) - np.sum(np.diag(matrix) ** 2)) / 50) / 80
    assert abs(density.mean - np.trace(matrix) / 80) < 3 * error
    on_grid = np.trapezoid(density.density * density.eigenvalues, density.eigenvalues)
    assert on_grid == pytest.approx(density.mean, abs=1e-5)


def test_the_rule_integrates_polynomials_up_to_twice_its_length_exactly():
    matrix, start = rotated(np.linspace(-1, 2, 40)), np.random.default_rng(0).standard_normal(40)
    nodes, weights = lanczos_quadrature(aslinearoperator(matrix), start, 6)
    assert len(nodes) == 6
    for power in range(12):
        moment = start @ np.linalg.matrix_power(matrix, power) @ start / (start @ start)
        assert weights @ nodes**power == pytest.approx(moment, abs=1e-12)


def test_no_copies_of_an_isolated_eigenvalue_appear_in_a_long_rule():
    eigenvalues = np.concatenate([[1e4], np.linspace(0, 1, 199)])
    nodes, weights = lanczos_quadrature(aslinearoperator(np.diag(eigenvalues)), np.ones(200), 120)
    assert np.sum(np.abs(nodes - 1e4) < 1) == 1
    assert weights[np.argmax(nodes)] == pytest.approx(1 / 200, rel=1e-9)


def test_the_rule_ends_where_the_directions_are_exhausted():
    nodes, weights = lanczos_quadrature(aslinearoperator(rotated(EIGENVALUES)), np.ones(60), 50)
    np.testing.assert_allclose(nodes, [-30, 0.01, 20, 50], atol=1e-10)
    assert weights.sum() == pytest.approx(1)


@pytest.mark.parametrize("value", [3.0, -2.0])
def test_a_multiple_of_the_identity_is_one_peak(value):
    density = hessian_spectral_density(*quadratic(value * np.eye(30)), n_samples=2)
    np.testing.assert_allclose(density.nodes, value)
    assert density.eigenvalues[density.density.argmax()] == pytest.approx(value, abs=density.width)
    assert np.trapezoid(density.density, density.eigenvalues) == pytest.approx(1, abs=1e-6)


def test_the_width_can_be_chosen_as_fine_as_the_grid():
    loss, parameters = quadratic(rotated(EIGENVALUES))
    density = hessian_spectral_density(loss, parameters, width=2, n_samples=1)
    assert density.width == 2
    with pytest.raises(ConfigurationError, match=r"n_grid=100, width=0\.1: the grid is too coarse .* at least 811"):
        hessian_spectral_density(loss, parameters, width=0.1, n_grid=100, n_samples=1)
    hessian_spectral_density(loss, parameters, width=0.1, n_grid=811, n_samples=1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_samples": 0}, "n_samples=0"),
        ({"n_lanczos_steps": 0}, "n_lanczos_steps=0"),
        ({"width": 0.0}, r"width=0\.0: give a number greater than 0"),
        ({"width": float("nan")}, "width=nan"),
    ],
)
def test_options_out_of_range_are_refused(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        hessian_spectral_density(*quadratic(np.eye(5)), **arguments)
