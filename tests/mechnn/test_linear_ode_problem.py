"""What cannot be solved is refused in the block's own terms."""

from collections.abc import Iterator

import jaxtyping
import pytest
import torch
from linear_ode_cases import SOLVERS, random_inputs

from sciml_bench.core.errors import ConfigurationError, DataError, SolverError
from sciml_bench.mechnn import solve_linear_ode
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem


@pytest.fixture
def without_shape_checks() -> Iterator[None]:
    """As a person runs it; the checks of the tests would be faster, and say less."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


def solve_with(solver="auto", **changed):
    inputs = random_inputs(n_states=2, n_steps=5)._asdict()
    return solve_linear_ode(**{**inputs, **changed}, solver=solver)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"coefficients": torch.ones(2, 2, 5, 2, 1)}, "no differential equation"),
        ({"coefficients": torch.ones(2, 2, 5, 2)}, r"expected real numbers \(batch, equations, steps, states, order"),
        ({"coefficients": torch.ones(2, 2, 5, 2, 3, dtype=torch.int64)}, "expected real numbers"),
        ({"coefficients": torch.ones(2, 2, 1, 2, 3), "step_sizes": torch.ones(2, 1, 2)}, "broadcast|2 steps"),
        ({"right_side": torch.zeros(2, 2, 4)}, r"right_side \(2, 2, 4\) does not agree.*\(batch, equations, steps\)"),
        ({"initial_values": torch.zeros(2, 1, 3, 1)}, "initial_values .* does not agree .* 2 states"),
        ({"initial_values": torch.zeros(2, 1, 2)}, "initial_values .* does not agree"),
        ({"right_side": torch.zeros(2, 2)}, "right_side .* does not agree"),
        ({"initial_values": torch.zeros(2, 6, 2, 1)}, "at most 5 steps"),
        ({"initial_values": torch.zeros(2, 1, 2, 4)}, "derivatives 0 to 2"),
        ({"step_sizes": torch.ones(2, 5, 2)}, r"cannot be broadcast to \(batch, steps - 1, states\) = \(…, 4, 2\)"),
        ({"right_side": torch.zeros(3, 2, 5)}, "same batch"),
        ({"step_sizes": 0.0}, "steps must be positive"),
        ({"step_sizes": torch.tensor([[[0.1, 0.1]] * 3 + [[0.1, -0.2]]])}, r"-0.2 at .* \(0, 3, 1\).*sigmoid"),
        ({"slack_weight": float("nan")}, "slack_weight=nan"),
    ],
)
@pytest.mark.usefixtures("without_shape_checks")
def test_values_and_shapes_that_do_not_fit_are_named(changed, message):
    with pytest.raises(DataError, match=message):
        solve_with(**changed)


@pytest.mark.parametrize("name", ["coefficients", "right_side", "initial_values", "step_sizes"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_found(name, value):
    inputs = random_inputs()._asdict()
    inputs[name].view(-1)[1] = value
    with pytest.raises(DataError, match=f"{name} is {value} at"):
        solve_linear_ode(**inputs)


def test_large_numbers_are_not_taken_for_infinite_ones():
    inputs = random_inputs()
    inputs.right_side[0, 0, :2] = 1.7e308  # their sum overflows
    LinearODEProblem(*inputs)


def test_fewer_rows_than_unknowns_are_counted():
    with pytest.raises(DataError, match=r"2 equation \+ 0 initial \+ 2 Taylor \+ 0 central.* unknowns \(4"):
        solve_linear_ode(torch.ones(1, 1, 2, 1, 2), torch.ones(1, 1, 2), torch.ones(1, 1, 1, 0), 0.1)


def test_an_unknown_solver_is_answered_with_the_choices():
    with pytest.raises(ConfigurationError, match="solver=cholesky: choose one of auto, band, block"):
        solve_with(solver="cholesky")


@pytest.mark.parametrize("solver", SOLVERS)
def test_missing_initial_values_are_said_to_be_missing(solver):
    # u'' = 0: every straight line satisfies all rows
    coefficients = torch.tensor([0.0, 0.0, 1.0]).double().expand(3, 1, 30, 1, 3)
    nothing = torch.zeros(1, 1, 30).double(), torch.zeros(1, 1, 1, 0).double()
    with pytest.raises(SolverError, match=r"singular: .*are 0 initial values, and 1 states of order 2 need up to 2"):
        solve_linear_ode(coefficients, *nothing, 0.1, solver=solver)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_coupled_system_that_starts_nowhere_is_singular(solver):
    # x' = y, y' = 0
    coefficients = torch.zeros(1, 2, 30, 2, 3).double()
    coefficients[:, 0, :, 0, 1] = coefficients[:, 1, :, 1, 1] = 1.0
    coefficients[:, 0, :, 1, 0] = -1.0
    nothing = torch.zeros(1, 2, 30).double(), torch.zeros(1, 1, 2, 0).double()
    with pytest.raises(SolverError, match=r"singular: .*there are 0 initial values"):
        solve_linear_ode(coefficients, *nothing, 0.1, solver=solver)
    given = torch.zeros(1, 1, 2, 1).double()
    assert not solve_linear_ode(coefficients, nothing[0], given, 0.1, solver=solver).states.any()


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_state_without_an_equation_is_named_with_its_problem(solver):
    inputs = random_inputs(order=2, n_states=2, n_steps=12, batch=3)._replace(
        initial_values=torch.zeros(1, 1, 2, 1).double()
    )
    inputs.coefficients[2, :, :, 1] = 0.0
    with pytest.raises(SolverError, match=r"number 2 of the batch is singular: derivative \d of state 1 at step"):
        solve_linear_ode(*inputs, solver=solver)
    inputs.coefficients[:, :, :, 1] = 0.0
    with pytest.raises(SolverError, match="no equation contains state 1"):
        solve_linear_ode(*inputs, solver=solver)


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_step_without_an_equation_is_named(solver):
    coefficients = torch.tensor([1.0, 0.0, 1.0]).double().repeat(1, 1, 4, 1, 1)
    coefficients[:, :, 1:] = 0.0
    with pytest.raises(SolverError, match="all coefficients of equation 0 are zero at step 1"):
        solve_linear_ode(
            coefficients,
            torch.zeros(1, 1, 4).double(),
            torch.zeros(1, 1, 1, 1).double(),
            0.1,
            solver=solver,
            central=False,
        )
