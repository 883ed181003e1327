"""Sizes of bases from what an equation asks of them, worked out by hand, and by products of series."""

import numpy as np
import pytest
import torch
from nsm_cases import functions

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Chebyshev, Fourier
from sciml_bench.nsm.equations.domain import FACTORS, Domain
from sciml_bench.nsm.grid import Axis

TIME, CIRCLE, INTERVAL = Axis("t", "time"), Axis("x", "periodic"), Axis("y", "bounded")


def domain(*axes, modes=(5,), **settings):
    attributes = {"name": "a problem", "axes": axes, "parameter_modes": modes, **settings}
    return type("Problem", (Domain,), attributes)()


def test_the_axes_of_space_are_those_without_time():
    assert domain(TIME, CIRCLE, INTERVAL).space_axes == (1, 2)
    assert domain(CIRCLE, INTERVAL).space_axes == (0, 1)
    assert domain(TIME, CIRCLE).is_initial_value_problem
    assert not domain(CIRCLE, INTERVAL).is_initial_value_problem


def test_circles_have_waves_and_everything_else_polynomials():
    basis = domain(TIME, CIRCLE, INTERVAL).basis([4, 7, 5])
    assert basis.bases == (Chebyshev(4), Fourier(7), Chebyshev(5))


@pytest.mark.parametrize(("kind", "function"), [("time", lambda t: t), ("bounded", lambda x: 4 * x * (1 - x))])
def test_the_factors_are_the_series_of_what_makes_conditions_exact(kind, function):
    points = np.linspace(0, 1, 9)
    series = functions(Chebyshev(len(FACTORS[kind])), points) @ FACTORS[kind]
    np.testing.assert_allclose(series, function(points), atol=1e-14)


@pytest.mark.parametrize(
    ("axes", "modes", "given", "expected"),
    [
        # t · z has one mode more; the waves of z and of the initial field are the larger of both, and odd
        ((TIME, CIRCLE), (5,), [4, 7], (5, 7)),
        ((TIME, CIRCLE), (9,), [4, 7], (5, 9)),
        ((TIME, CIRCLE), (5,), [4, 8], (5, 9)),
        ((TIME, CIRCLE), (10,), [4, 8], (5, 11)),
        # 4 x (1 − x) · z has two more, and a source asks for nothing
        ((INTERVAL, INTERVAL), (20, 20), [6, 5], (8, 7)),
        ((CIRCLE, CIRCLE), (20, 20), [7, 8], (7, 9)),
        ((TIME, CIRCLE, CIRCLE), (5, 9), [3, 7, 7], (4, 7, 9)),
        ((TIME, INTERVAL), (9,), [3, 4], (4, 9)),
    ],
)
def test_the_solution_holds_its_factors_and_the_initial_field(axes, modes, given, expected):
    problem = domain(*axes, modes=modes)
    assert problem.solution_basis(problem.basis(given)).n_modes == expected


def test_a_solution_fits_exactly():
    problem = domain(INTERVAL, modes=(3,))
    basis = problem.basis([4])
    coefficients = np.array([[0.3, -1.0, 0.5, 2.0]])
    points = np.linspace(0, 1, 30)
    product = 4 * points * (1 - points) * (functions(basis.bases[0], points) @ coefficients[0])
    held = functions(problem.solution_basis(basis).bases[0], points)
    left = product - held @ np.linalg.lstsq(held, product, rcond=None)[0]
    assert np.abs(left).max() < 1e-13
    fewer = held[:, :-1]
    assert np.abs(product - fewer @ np.linalg.lstsq(fewer, product, rcond=None)[0]).max() > 1e-3


@pytest.mark.parametrize(
    ("axes", "modes", "degree", "given", "expected"),
    [
        ((CIRCLE, CIRCLE), (9, 5), 1, [7, 7], (9, 7)),  # the source is part of the residual
        ((INTERVAL, INTERVAL), (4, 11), 1, [8, 7], (8, 11)),
        ((TIME, CIRCLE), (9,), 1, [5, 7], (5, 7)),  # the initial field is part of the solution already
        ((TIME, CIRCLE), (9,), 2, [5, 7], (9, 13)),  # degrees 4 + 4, waves 3 + 3
        ((CIRCLE,), (21,), 2, [7], (21,)),
    ],
)
def test_the_residual_holds_products_and_sources(axes, modes, degree, given, expected):
    problem = domain(*axes, modes=modes, degree=degree)
    assert problem.residual_basis(problem.basis(given)).n_modes == expected


def test_a_square_in_the_residual_is_not_aliased():
    problem = domain(TIME, CIRCLE, degree=2)
    basis = problem.basis([3, 5])
    wide = problem.residual_basis(basis)
    coefficients = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 3, 5)))
    square = wide.analyse(wide.synthesise(basis.resize(coefficients, wide.n_modes)) ** 2)
    t, x = np.random.default_rng(1).uniform(size=(2, 40))
    one = np.einsum("tx,pt,px->p", coefficients[0], functions(basis.bases[0], t), functions(basis.bases[1], x))
    both = np.einsum("tx,pt,px->p", square[0], functions(wide.bases[0], t), functions(wide.bases[1], x))
    np.testing.assert_allclose(both, one**2, atol=1e-12)


@pytest.mark.parametrize("modes", [[], [7], [7, 7, 7]])
def test_there_is_a_number_for_every_axis(modes):
    with pytest.raises(ConfigurationError, match=r"model\.modes=.*: a problem has the axes \(x, y\)"):
        domain(CIRCLE, INTERVAL).basis(modes)


@pytest.mark.parametrize("number", [2, 0, -5, True])
def test_every_number_is_whole_and_at_least_3(number):
    with pytest.raises(ConfigurationError, match=f"{number} modes along y; give a whole number of at least 3"):
        domain(CIRCLE, INTERVAL).basis([3, number])
    assert domain(CIRCLE, INTERVAL).basis([3, 3]).n_modes == (3, 3)


def test_without_a_mean_the_number_of_waves_is_odd():
    problem = domain(CIRCLE, INTERVAL, zero_mean=True)
    with pytest.raises(ConfigurationError, match=r"an even number of modes along x .*; use 7 or 9"):
        problem.basis([8, 6])
    assert problem.basis([7, 6]).n_modes == (7, 6)
