"""What all equations on the unit interval and square share: their fields, their times, their errors."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError, SolverError
from sciml_bench.systems import Burgers, NavierStokesVorticity, PeriodicEvolution, Poisson, ReactionDiffusion

EVOLUTIONS = [ReactionDiffusion(), Burgers(), NavierStokesVorticity()]
EQUATIONS = [*EVOLUTIONS, Poisson(), Poisson("dirichlet")]


def name_of(equation) -> str:
    return type(equation).__name__


def solve(equation, fields: np.ndarray, n_points: int) -> np.ndarray:
    if isinstance(equation, PeriodicEvolution):
        return equation.reference(fields, np.array([0.1]), n_points)
    return equation.reference(fields, n_points)


@pytest.mark.parametrize("equation", EQUATIONS, ids=name_of)
def test_fields_have_the_size_of_the_system_and_any_seed_its_own(equation):
    fields = equation.random_parameters(2, seed=0)
    assert fields.shape == (2,) + (equation.n_points,) * equation.n_dims
    assert fields[0].size == equation.dim
    assert not np.allclose(fields, equation.random_parameters(2, seed=1))
    with pytest.raises(ConfigurationError, match="at least 1"):
        equation.random_parameters(0, seed=0)


@pytest.mark.parametrize("equation", EQUATIONS, ids=name_of)
def test_fields_in_single_precision_are_solved_in_double(equation):
    fields = equation.random_parameters(1, seed=0)
    solution = solve(equation, fields.astype(np.float32), 8)
    assert solution.dtype == np.float64
    np.testing.assert_allclose(solution, solve(equation, fields, 8), atol=1e-5)


@pytest.mark.parametrize("equation", EQUATIONS, ids=name_of)
def test_fields_of_the_wrong_shape_or_not_finite_are_refused(equation):
    shape = (2,) + (8,) * equation.n_dims
    for bad in (shape[1:], (*shape, 8), (2,) + (2,) * equation.n_dims):
        with pytest.raises(DataError, match="fields of shape"):
            solve(equation, np.zeros(bad), 8)
    fields = np.zeros(shape)
    fields.flat[3] = np.nan
    with pytest.raises(DataError, match="not finite"):
        solve(equation, fields, 8)
    with pytest.raises(ConfigurationError, match="n_points = 0"):
        solve(equation, np.zeros(shape), 0)


def test_squares_must_have_equal_sides():
    with pytest.raises(DataError, match=r"\(batch, n, n\)"):
        solve(Poisson(), np.zeros((1, 8, 9)), 8)


@pytest.mark.parametrize("equation", EVOLUTIONS, ids=name_of)
@pytest.mark.parametrize(
    ("times", "message"),
    [([0.5, 0.1], "increasing"), ([0.0, np.nan], "finite"), ([], "at least one"), ([0.0, 1.5], "from 0 to 1")],
)
def test_times_must_increase_from_0_to_1(equation, times, message):
    with pytest.raises(ConfigurationError, match=message):
        equation.reference(equation.random_parameters(1, seed=0), np.array(times, dtype=float), 8)


@pytest.mark.parametrize("equation", EVOLUTIONS, ids=name_of)
def test_at_time_0_the_solution_is_the_initial_field(equation):
    fields = equation.random_parameters(2, seed=0)
    np.testing.assert_allclose(equation.reference(fields, np.array([0.0]), 64)[:, 0], fields, atol=1e-7)


@pytest.mark.parametrize("equation", EVOLUTIONS, ids=name_of)
def test_solutions_do_not_depend_on_company_on_output_times_or_on_the_points_asked_for(equation):
    fields = equation.random_parameters(9, seed=0)
    whole = equation.reference(fields, np.array([0.0, 0.25, 0.5]), 24)
    np.testing.assert_allclose(equation.reference(fields[7:], np.array([0.5]), 24)[:, 0], whole[7:, 2], atol=1e-6)
    coarse = equation.reference(fields[:1], np.array([0.5]), 8)[0, 0]
    stride = (slice(None, None, 3),) * equation.n_dims
    np.testing.assert_allclose(coarse, whole[0, 2][stride], atol=1e-6)


@pytest.mark.parametrize("equation", EVOLUTIONS, ids=name_of)
def test_a_shifted_field_has_the_shifted_solution(equation):
    fields = equation.random_parameters(1, seed=0)
    shifted = np.roll(fields, 16, axis=1)
    np.testing.assert_allclose(
        solve(equation, shifted, 64), np.roll(solve(equation, fields, 64), 16, axis=2), atol=1e-12
    )


@pytest.mark.parametrize("kind", [ReactionDiffusion, Burgers, NavierStokesVorticity])
def test_fields_rougher_than_the_solver_are_refused(kind):
    rough = np.random.default_rng(0).standard_normal((1,) + (32,) * kind.n_dims)
    with pytest.raises(DataError, match="choose one above 48"):
        kind(solver_resolution=32).reference(rough - rough.mean(), np.array([0.0]), 8)
    kind(solver_resolution=51).reference(rough - rough.mean(), np.array([0.0]), 8)


@pytest.mark.parametrize("kind", [Burgers, NavierStokesVorticity])
def test_solutions_that_the_resolution_cannot_carry_are_an_error_and_not_a_result(kind):
    equation = kind(viscosity=1e-4, solver_resolution=64, solver_step=0.01)
    field = (2 if kind is Burgers else 8) * equation.random_parameters(1, seed=0)
    with pytest.raises(SolverError, match="structures that solver_resolution = 64 does not carry"):
        equation.reference(field, np.array([1.0]), 8)


def test_a_coarse_solver_may_be_asked_for_its_inaccurate_solution():
    field, times = Burgers().random_parameters(1, seed=0), np.array([0.5, 1.0])
    truth = Burgers().reference(field, times, 64)
    coarse = Burgers(solver_resolution=16, solver_step=1 / 64)
    with pytest.raises((DataError, SolverError)):
        coarse.reference(field, times, 64)
    found = coarse.reference(field, times, 64, refuse_unresolved=False)
    assert 1e-3 < np.linalg.norm(found - truth) / np.linalg.norm(truth) < 0.5


def test_unstable_steps_are_an_error_even_where_inaccurate_solutions_are_asked_for():
    with pytest.raises(SolverError, match="broke down"):
        ReactionDiffusion().reference(np.full((1, 16), -0.5), np.array([1.0]), 16, refuse_unresolved=False)


@pytest.mark.parametrize("kind", [ReactionDiffusion, Burgers, NavierStokesVorticity])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"viscosity": 0.0}, r"viscosity = 0\.0: give a number greater than 0"),
        ({"viscosity": float("nan")}, "viscosity = nan"),
        ({"duration": -1}, "duration = -1"),
        ({"solver_step": 0.0}, "solver_step"),
        ({"length_scale": -0.2}, "length_scale"),
        ({"n_points": 2}, "n_points = 2: give at least 3"),
        ({"solver_resolution": 7}, "solver_resolution = 7: give at least 8"),
    ],
)
def test_impossible_parameters_are_named(kind, arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        kind(**arguments)
