"""The block solves its least-squares problem exactly, has its exact gradients, and solves differential equations."""

import numpy as np
import pytest
import torch
from linear_ode_cases import SOLVERS, Inputs, qr_solution, random_inputs
from scipy.integrate import solve_ivp
from torch.autograd import gradcheck, gradgradcheck

from sciml_bench.mechnn import solve_linear_ode, with_taylor_order

TOLERANCES = {1: 1e-9, 2: 1e-9, 3: 1e-7, 4: 1e-6}
VARIANTS = {
    "several initial steps, slack weight": ({"initial_steps": 3}, {"slack_weight": 0.7}),
    "three steps": ({"n_steps": 3}, {"slack_weight": -0.2}),
    "two steps": ({"n_steps": 2}, {}),
    "without central rows": ({}, {"central": False}),
    "periodic": ({"initial_steps": 2}, {"slack_weight": 0.3, "periodic": True}),
    "periodic, three steps": ({"n_steps": 3}, {"periodic": True}),
    "more equations than states": ({"n_equations": 4}, {"slack_weight": 0.1}),
    "shared coefficients": ({"shared": ("coefficients",)}, {}),
    "shared steps": ({"shared": ("step_sizes",)}, {"periodic": True}),
    "one matrix for all": ({"shared": ("coefficients", "step_sizes"), "batch": 11}, {"slack_weight": 0.4}),
    "shared right sides": ({"shared": ("right_side", "initial_values"), "batch": 9}, {}),
    "long enough for several superblocks": ({"n_steps": 40}, {"slack_weight": 0.7}),
    "periodic, several superblocks": ({"n_steps": 41}, {"periodic": True}),
}


def relative(found: torch.Tensor, expected: np.ndarray) -> float:
    return float(np.linalg.norm(found.detach().numpy() - expected) / np.linalg.norm(expected))


@pytest.mark.parametrize("n_states", [1, 2, 3])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_every_solver_has_the_solution_of_a_dense_qr_factorisation(order, n_states):
    variants = list(VARIANTS.items())
    for seed, (name, (shape, options)) in enumerate(variants if n_states == 2 else variants[:5:2]):
        inputs = random_inputs(order=order, n_states=n_states, seed=seed, **shape)
        states, slack = qr_solution(inputs, **options)
        for solver in SOLVERS:
            solution = solve_linear_ode(*inputs, **options, solver=solver)
            assert relative(solution.states, states) < TOLERANCES[order], (name, solver)
            assert relative(solution.slack, slack) < 10 * TOLERANCES[order], (name, solver)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("options", [{"slack_weight": 0.5}, {"periodic": True}], ids=["open", "periodic"])
def test_gradients_are_the_finite_differences_of_the_qr_solution(solver, options):
    inputs = random_inputs(n_states=2, n_steps=4, batch=1, initial_steps=2, seed=3)
    rng = np.random.default_rng(4)
    weights, weight_of_slack = rng.standard_normal(inputs.coefficients[:, 0].shape), 0.8

    def loss_by_qr(*values: torch.Tensor) -> float:
        states, slack = qr_solution(Inputs(*values), **options)
        return float((weights * states).sum() + weight_of_slack * slack.sum())

    leaves = [value.clone().requires_grad_() for value in inputs]
    solution = solve_linear_ode(*leaves, **options, solver=solver)
    loss = (torch.from_numpy(weights) * solution.states).sum() + weight_of_slack * solution.slack.sum()
    for number, gradient in enumerate(torch.autograd.grad(loss, leaves)):
        differences = np.zeros(gradient.shape)
        for place in np.ndindex(*gradient.shape):
            around = []
            for change in (1e-6, -1e-6):
                changed = [value.clone() for value in inputs]
                changed[number][place] += change
                around.append(loss_by_qr(*changed))
            differences[place] = (around[0] - around[1]) / 2e-6
        assert relative(gradient, differences) < 1e-5, Inputs._fields[number]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ({"order": 2, "n_states": 2}, {"slack_weight": 0.3}),
        ({"order": 1, "shared": ("coefficients", "step_sizes")}, {}),
        ({"order": 3, "shared": ("step_sizes",)}, {"periodic": True}),
    ],
    ids=["two states", "one matrix for all", "periodic"],
)
def test_the_first_and_second_derivatives_of_all_inputs_are_right(solver, shape, options):
    leaves = [value.requires_grad_() for value in random_inputs(n_steps=3, seed=5, **shape)]

    def function(*values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        solution = solve_linear_ode(*values, **options, solver=solver)
        return solution.states, solution.slack

    assert gradcheck(function, leaves, fast_mode=True)
    if solver == "conjugate_gradient" and len(leaves[0]) > 1:
        return  # twice is the same code as for the other solvers, and slow
    assert gradgradcheck(function, leaves, fast_mode=True)


@pytest.mark.parametrize("solver", SOLVERS)
def test_what_the_batch_shares_gets_the_sum_of_the_gradients(solver):
    shared = random_inputs(batch=10, shared=("coefficients", "step_sizes", "initial_values"), seed=6)
    gradients = []
    for inputs in (shared, [value.expand(10, *value.shape[1:]) for value in shared]):
        leaves = [value.clone().requires_grad_() for value in inputs]
        loss = solve_linear_ode(*leaves, solver=solver).states.sin().sum()
        gradients.append(torch.autograd.grad(loss, leaves))
    for one, each, value in zip(*gradients, shared, strict=True):
        torch.testing.assert_close(
            one, each.sum(dim=0, keepdim=True) if len(value) == 1 else each, rtol=1e-7, atol=1e-8
        )


@pytest.mark.parametrize("solver", SOLVERS)
def test_single_precision_goes_in_and_comes_out_and_double_is_used_between(solver):
    double = random_inputs(order=3, n_states=2, seed=7)
    single = [value.float() for value in double]
    solution = solve_linear_ode(*single, solver=solver)
    exact, _ = qr_solution(Inputs(*(value.double() for value in single)))
    assert solution.states.dtype == solution.slack.dtype == torch.float32
    assert relative(solution.states, exact) < 1e-6
    leaves = [value.requires_grad_() for value in single]
    gradients = torch.autograd.grad(solve_linear_ode(*leaves, solver=solver).states.sum(), leaves)
    assert all(gradient.dtype == torch.float32 for gradient in gradients)


def test_scalar_and_shared_steps_mean_the_same_as_steps_written_out():
    inputs = random_inputs(n_states=2, n_steps=5, seed=8)
    written_out = solve_linear_ode(*inputs[:3], torch.full((2, 4, 2), 0.1, dtype=torch.float64)).states
    for steps in (0.1, *(torch.full(shape, 0.1, dtype=torch.float64) for shape in ((), (1,), (1, 1), (2, 1, 1)))):
        torch.testing.assert_close(solve_linear_ode(*inputs[:3], steps).states, written_out, rtol=1e-12, atol=0)
    per_state = torch.tensor([0.1, 0.2]).double()
    torch.testing.assert_close(
        solve_linear_ode(*inputs[:3], per_state).states, solve_linear_ode(*inputs[:3], per_state.expand(2, 4, 2)).states
    )


def test_the_slack_weight_moves_the_solution_in_proportion():
    inputs = random_inputs(seed=9)
    plain, once, twice = (solve_linear_ode(*inputs, slack_weight=weight).slack for weight in (0, 1.0, 2.0))
    torch.testing.assert_close(twice - plain, 2 * (once - plain))
    assert bool((once > plain).all())


def second_order(n_steps: int, step: float, damping: float, start: tuple[float, float], taylor_order: int = 2):
    """u'' + damping u' + u = 0."""
    coefficients = torch.tensor([1.0, damping, 1.0]).double().expand(1, 1, n_steps, 1, 3)
    solution = solve_linear_ode(
        with_taylor_order(coefficients, taylor_order),
        torch.zeros(1, 1, n_steps).double(),
        torch.tensor(start).double().reshape(1, 1, 1, 2),
        step,
    )
    return solution.states[0, :, 0].numpy()


def test_a_damped_oscillator_is_solved_to_second_order_in_the_step():
    rate, errors = np.sqrt(1 - 0.1**2), []
    for step in (0.1, 0.05, 0.025):
        t = step * np.arange(round(6 / step) + 1)
        exact = np.exp(-0.1 * t) * (np.cos(rate * t) + 0.1 / rate * np.sin(rate * t))
        errors.append(np.abs(second_order(len(t), step, 0.2, (1.0, 0.0))[:, 0] - exact).max())
    assert np.log2(errors[0] / errors[1]) > 1.9
    assert np.log2(errors[1] / errors[2]) > 1.9


@pytest.mark.parametrize(("taylor_order", "largest"), [(2, 2e-2), (4, 1e-5)])
def test_a_longer_taylor_formula_is_more_accurate(taylor_order, largest):
    states = second_order(500, 0.05, 0.0, (0.0, 1.0), taylor_order)
    t = 0.05 * np.arange(500)
    exact = np.stack([np.sin(t), np.cos(t), -np.sin(t)], axis=1)
    assert np.abs(states[:, :3] - exact).max() < largest
    assert np.abs(states[:, 0] - exact[:, 0]).max() > largest / 1e3


@pytest.mark.parametrize("solver", ["band", "block"])
def test_coupled_systems_with_changing_coefficients_agree_with_an_integrator(solver):
    n_steps, step = 200, 0.02
    times = step * np.arange(n_steps)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        constant, wave, forcing = rng.standard_normal((3, 3)), rng.standard_normal((3, 3)), rng.standard_normal(3)
        start = rng.standard_normal(3)

        def matrix(t, constant=constant, wave=wave):
            return 0.5 * constant + 0.5 * wave * np.sin(2 * t) - 0.5 * np.eye(3)

        exact = solve_ivp(
            lambda t, x, matrix=matrix, forcing=forcing: matrix(t) @ x + forcing * np.cos(t),
            (0, times[-1]),
            start,
            "DOP853",
            times,
            rtol=1e-12,
            atol=1e-12,
        ).y.T
        # x' − A(t) x = f(t), with second derivatives among the unknowns
        coefficients = np.zeros((1, 3, n_steps, 3, 3))
        coefficients[0, ..., 0] = -np.stack([matrix(t) for t in times]).transpose(1, 0, 2)
        coefficients[0, ..., 1] = np.eye(3)[:, None]
        solution = solve_linear_ode(
            torch.from_numpy(coefficients),
            torch.from_numpy(forcing[:, None] * np.cos(times))[None],
            torch.from_numpy(start).reshape(1, 1, 3, 1),
            step,
            solver=solver,
        )
        assert relative(solution.states[0, :, :, 0], exact) < 5e-3


def test_a_periodic_problem_has_the_periodic_solution():
    # u' + u = cos t over one period: u = (cos t + sin t) / 2, whatever the start
    n_steps = 101
    t = torch.linspace(0, 2 * torch.pi, n_steps, dtype=torch.float64)
    coefficients = with_taylor_order(torch.ones(1, 1, n_steps, 1, 2).double(), 3)
    solution = solve_linear_ode(
        coefficients, t.cos()[None, None], torch.zeros(1, 1, 1, 0).double(), 2 * torch.pi / 100, periodic=True
    )
    assert relative(solution.states[0, :, 0, 0], ((t.cos() + t.sin()) / 2).numpy()) < 1e-4
    torch.testing.assert_close(solution.states[0, 0], solution.states[0, -1], atol=1e-6, rtol=0)
