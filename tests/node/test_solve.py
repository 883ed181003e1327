from functools import cache

import numpy as np
import pytest
import torch
from node_cases import BUILDERS, Square, field_of, grids, initial_states, reference, right_hand_side

from sciml_bench.core.errors import ConfigurationError, DataError, SolverError
from sciml_bench.node import (
    AdaptiveSolver,
    CompiledSolver,
    CoupledDynamics,
    FixedStepSolver,
    SecondOrderBlackbox,
    SmoothingSpline,
    solve,
)

METHODS = {
    "compiled": ({"method": "compiled", "max_step": 0.03}, 1e-8),
    "dormand_prince": ({"method": "dormand_prince", "max_step": 0.03}, 1e-8),
    "rk4": ({"method": "rk4", "max_step": 0.02}, 1e-6),
    "dopri5": ({"method": "dopri5"}, 1e-6),
    "adjoint": ({"method": "dopri5", "gradient": "adjoint"}, 1e-6),
}


@pytest.mark.parametrize("options", METHODS)
@pytest.mark.parametrize("name", BUILDERS)
def test_every_method_agrees_with_scipy_on_every_field(name, options):
    arguments, tolerance = METHODS[options]
    field, times = field_of(name, n_members=2), grids(3, 5)
    x0 = initial_states(field.dim, 3, members=2)
    solution = solve(field, x0, times, **arguments)
    assert solution.states.shape == (2, 3, 5, field.dim)
    np.testing.assert_array_equal(solution.times, times)
    for member in range(2):
        equations = right_hand_side(name, field, member)
        for row in range(3):
            expected = reference(equations, x0[member, row].numpy(), times[row])
            np.testing.assert_allclose(solution.states[member, row].detach(), expected, atol=tolerance)


@pytest.mark.parametrize("options", METHODS)
def test_one_grid_serves_all_trajectories_and_whole_numbers_are_times(options):
    field, x0 = field_of("blackbox"), initial_states(2)
    arguments, tolerance = METHODS[options]
    whole = solve(field, x0, np.array([0, 1, 2]), **arguments).states
    for times in (torch.arange(3), np.tile(np.arange(3.0), (3, 1)), torch.arange(3, dtype=torch.float32)):
        torch.testing.assert_close(solve(field, x0, times, **arguments).states, whole, rtol=0, atol=1e-14)
    equations = right_hand_side("blackbox", field)
    np.testing.assert_allclose(
        whole[1].detach(), reference(equations, x0[1].numpy(), np.arange(3.0)), atol=10 * tolerance
    )


@pytest.mark.parametrize("options", METHODS)
def test_a_single_time_is_where_the_trajectories_start(options):
    x0 = initial_states(2)
    states = solve(field_of("blackbox"), x0, np.array([0.5]), **METHODS[options][0]).states
    torch.testing.assert_close(states[:, 0], x0, rtol=0, atol=0)


def weighted_sum(states):
    """A smooth function of all states, of order one."""
    factors = torch.linspace(0.3, 1.0, states.numel(), dtype=states.dtype).reshape(states.shape)
    return (factors * states + 0.1 * states.square()).sum()


def central_differences(value, tensors, step):
    """Of a function of nothing that reads these tensors."""
    gradients = []
    for tensor in tensors:
        gradient, flat = torch.zeros_like(tensor), tensor.detach().reshape(-1)
        for index in range(tensor.numel()):
            kept, ends = flat[index].item(), []
            for shift in (step, -step):
                flat[index] = kept + shift
                ends.append(value())
            flat[index] = kept
            gradient.view(-1)[index] = (ends[0] - ends[1]) / (2 * step)
        gradients.append(gradient)
    return gradients


GRADIENT_METHODS = {
    "compiled": {"method": "compiled", "max_step": 0.05},
    "dormand_prince": {"method": "dormand_prince", "max_step": 0.05},
    "rk4": {"method": "rk4", "max_step": 0.02},
    "dopri5": {"method": "dopri5", "rtol": 1e-7, "atol": 1e-9},
    "adjoint": {"method": "dopri5", "rtol": 1e-7, "atol": 1e-9, "gradient": "adjoint"},
}
GRADIENT_TIMES = np.array([[0.0, 0.3, 0.5, 0.8], [1.0, 1.2, 1.6, 2.0]])


def gradient_problem(coupled):
    """A field with several layers, what to integrate, and all that a gradient is taken of."""
    torch.manual_seed(0)
    field = dynamics = SecondOrderBlackbox(2, 2, 2)
    if coupled:
        knots = np.random.default_rng(0).standard_normal((2, 4, 2))
        splines = [SmoothingSpline(t, v) for t, v in zip(GRADIENT_TIMES, knots, strict=True)]
        dynamics = CoupledDynamics(field, splines, [2.0, 5.0])
        dynamics.scale = 0.6
    x0 = initial_states(2, 2).requires_grad_()
    return dynamics, x0, [*field.parameters(), x0]


@cache
def expected_gradients(coupled):
    """Central differences of solutions that are accurate to 1e-10."""
    dynamics, x0, tensors = gradient_problem(coupled)

    def value():
        with torch.no_grad():
            return weighted_sum(solve(dynamics, x0, GRADIENT_TIMES, "compiled", max_step=0.02).states).item()

    return central_differences(value, tensors, 3e-4)


@pytest.mark.parametrize("coupled", [False, True])
@pytest.mark.parametrize("options", GRADIENT_METHODS)
def test_gradients_are_central_differences(options, coupled):
    dynamics, x0, tensors = gradient_problem(coupled)
    states = solve(dynamics, x0, GRADIENT_TIMES, **GRADIENT_METHODS[options]).states
    found = torch.autograd.grad(weighted_sum(states), tensors)
    for one, other in zip(found, expected_gradients(coupled), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("method", ["compiled", "rk4", "dopri5"])
def test_a_solution_beyond_every_bound_is_an_error_that_says_where_and_what_to_try(method):
    x0 = torch.tensor([[0.1], [0.5]], dtype=torch.float64)  # the second is infinite at time 2
    with pytest.raises(SolverError) as caught:
        solve(Square(), x0, np.linspace(0, 6, 25), method=method, max_step=0.05)
    message = str(caught.value)
    assert "the integration broke down" in message
    near = float(message.split("time ")[1].split(" ")[0])
    assert 1.7 < near < 2.6
    assert float(message.split("norm of the state was ")[1].split(";")[0]) > 1
    assert "try a smaller training.learning_rate" in message


def test_unusable_problems_are_refused():
    field, x0 = field_of("blackbox"), initial_states(2)
    with pytest.raises(ConfigurationError, match="method='euler' is unknown; choose one of compiled, rk4"):
        solve(field, x0, np.arange(3), method="euler")
    with pytest.raises(ConfigurationError, match="x0 has 3 components, but the field has 2"):
        solve(field, initial_states(3), np.arange(3))
    for times in ([0.0, 1.0, 1.0], [1.0, 0.0], [0.0, np.nan]):
        with pytest.raises(DataError, match="times must be finite and increase"):
            solve(field, x0, np.array(times))
    for shape in ((2, 4), (0,), (3, 1, 4)):
        with pytest.raises(DataError, match=r"give \(time,\) or \(batch, time\) with a batch of 3"):
            solve(field, x0, np.ones(shape))


@pytest.mark.parametrize("options", METHODS)
def test_the_estimate_of_the_error_has_the_size_of_the_error(options):
    field, x0, times = field_of("two_layers", seed=1), initial_states(3), 6 * grids(3, 4)
    field.set_members({name: 3 * p for name, p in field.named_parameters()})  # a lively motion
    arguments = METHODS[options][0] | {"max_step": 0.1, "rtol": 1e-4, "atol": 1e-6}
    solution = solve(field, x0, times, **arguments, estimate_error=True)
    equations = right_hand_side("two_layers", field)
    expected = np.stack([reference(equations, x.numpy(), t) for x, t in zip(x0, times, strict=True)])
    error = np.abs(solution.states.detach().numpy() - expected).max()
    assert error / 1.5 < solution.error_estimate < 1.5 * error


def test_all_solvers_of_a_configuration_take_members_and_grids():
    field, x0, times = field_of("blackbox", n_members=2), initial_states(2, 3, members=2), grids()
    solvers = (CompiledSolver(max_step=0.05), FixedStepSolver("dormand_prince", 0.05), AdaptiveSolver())
    first, *others = [solver(field, x0, times).states for solver in solvers]
    for states in others:
        torch.testing.assert_close(first, states, rtol=0, atol=1e-6)
