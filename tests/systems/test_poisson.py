"""Poisson's equation beside manufactured solutions and finite differences."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.systems.partial.poisson import Poisson


def lobatto_nodes(n: int) -> np.ndarray:
    return np.sin(np.pi * np.arange(n) / (2 * (n - 1))) ** 2


def on_square(function, nodes: np.ndarray) -> np.ndarray:
    return function(nodes[:, None], nodes[None, :])[None]


@pytest.mark.parametrize("n_points", [5, 16, 21, 64])
def test_periodic_waves_are_divided_by_their_squared_frequency(n_points: int):
    def potential(x, y):
        return np.sin(2 * np.pi * (3 * x - y) + 0.4) - 0.5 * np.cos(4 * np.pi * y) + 0 * x

    def source(x, y):
        whole = 40 * np.pi**2 * np.sin(2 * np.pi * (3 * x - y) + 0.4)
        return whole - 8 * np.pi**2 * np.cos(4 * np.pi * y)

    for n in (9, 16):
        solution = Poisson().reference(on_square(source, np.arange(n) / n), n_points)
        np.testing.assert_allclose(solution, on_square(potential, np.arange(n_points) / n_points), atol=1e-13)


def test_the_highest_frequency_of_an_even_grid_is_a_cosine():
    n = 8
    nodes = np.arange(n) / n
    source = on_square(lambda x, y: np.cos(np.pi * n * x) * np.sin(2 * np.pi * y), nodes)
    fine = np.arange(40) / 40
    expected = on_square(lambda x, y: np.cos(np.pi * n * x) * np.sin(2 * np.pi * y), fine) / (np.pi**2 * (n**2 + 4))
    np.testing.assert_allclose(Poisson().reference(source, 40), expected, atol=1e-15)


@pytest.mark.parametrize("n_points", [2, 10, 65])
def test_sines_and_polynomials_that_vanish_on_the_boundary_are_recovered(n_points: int):
    def bump(x, y):
        return x * (1 - x) * y**2 * (1 - y)

    def source_of_bump(x, y):
        return 2 * y**2 * (1 - y) - x * (1 - x) * (2 - 6 * y)

    def wave(x, y):
        return np.exp(x) * np.sin(np.pi * x) * np.sin(3 * np.pi * y)

    def source_of_wave(x, y):
        along = (1 - np.pi**2) * np.sin(np.pi * x) + 2 * np.pi * np.cos(np.pi * x)
        return np.exp(x) * np.sin(3 * np.pi * y) * (9 * np.pi**2 * np.sin(np.pi * x) - along)

    equation, points = Poisson("dirichlet"), np.linspace(0, 1, n_points)
    for n, function, source in ((4, bump, source_of_bump), (40, wave, source_of_wave), (121, wave, source_of_wave)):
        solution = equation.reference(on_square(source, lobatto_nodes(n)), n_points)
        np.testing.assert_allclose(solution, on_square(function, points), atol=1e-11)


def test_a_constant_source_that_is_not_0_in_the_corners_gives_the_torsion_of_a_square_bar():
    solution = Poisson("dirichlet").reference(np.ones((1, 3, 3)), 3)[0]
    odd = np.arange(1, 60, 2)
    # u(½, ½) = 1/8 − (4/π³) Σ (−1)^((k−1)/2) / (k³ cosh(kπ/2)) over odd k (Timoshenko and Goodier, § 109)
    series = 1 / 8 - 4 / np.pi**3 * np.sum((-1.0) ** ((odd - 1) // 2) / (odd**3 * np.cosh(odd * np.pi / 2)))
    assert solution[1, 1] == pytest.approx(series, abs=1e-12)
    np.testing.assert_allclose(solution[0], 0, atol=1e-15)


def test_random_sources_are_minus_the_second_differences_of_their_periodic_solution():
    sources = Poisson().random_parameters(2, seed=0)
    solution = Poisson().reference(sources, 512)
    neighbours = sum(np.roll(solution, shift, axis) for shift in (-1, 1) for axis in (1, 2))
    applied = 512**2 * (4 * solution - neighbours)
    np.testing.assert_allclose(applied[:, ::32, ::32], sources, atol=5e-3)
    np.testing.assert_allclose(solution.mean(axis=(1, 2)), 0, atol=1e-14)


def test_random_sources_are_minus_the_second_differences_of_their_solution_with_a_boundary():
    equation, n = Poisson("dirichlet"), 401
    sources = equation.random_parameters(2, seed=0)
    solution = equation.reference(sources, n)
    nodes = lobatto_nodes(16)
    for i, j in ((200, 200), (120, 330), (5, 390)):
        cross = solution[:, i - 1, j] + solution[:, i + 1, j] + solution[:, i, j - 1] + solution[:, i, j + 1]
        along_x, along_y = (
            [np.prod([(x - b) / (a - b) for b in nodes if b != a]) for a in nodes] for x in (i / 400, j / 400)
        )
        expected = np.einsum("i,sij,j->s", along_x, sources, along_y)  # Lagrange's polynomial
        np.testing.assert_allclose(400**2 * (4 * solution[:, i, j] - cross), expected, atol=5e-3)
    for edge in (solution[:, 0], solution[:, -1], solution[..., 0], solution[..., -1]):
        np.testing.assert_allclose(edge, 0, atol=1e-13)


def test_random_sources_are_repeated_by_their_seed():
    for boundary in ("periodic", "dirichlet"):
        equation = Poisson(boundary, n_points=9)
        sources = equation.random_parameters(3, seed=1)
        assert sources.shape == (3, 9, 9)
        np.testing.assert_array_equal(sources, equation.random_parameters(3, seed=1))


def test_a_periodic_source_must_have_the_mean_0():
    with pytest.raises(DataError, match="subtract their mean"):
        Poisson().reference(np.ones((1, 8, 8)), 8)
    single = Poisson().random_parameters(4, seed=0).astype(np.float32)
    assert Poisson().reference(single, 8).dtype == np.float64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"boundary": "neumann"}, r"boundary = 'neumann': choose one of dirichlet, periodic"),
        ({"length_scale": 0.0}, "length_scale"),
        ({"n_points": 2}, "n_points"),
    ],
)
def test_impossible_parameters_are_named(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        Poisson(**arguments)
