import numpy as np
import pytest
import torch
from node_cases import field_of, grids, initial_states, reference, right_hand_side

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node import CompiledSolver, FixedStepSolver


@pytest.mark.parametrize("solver", [FixedStepSolver, CompiledSolver])
@pytest.mark.parametrize(("method", "order"), [("rk4", 4), ("dormand_prince", 5)])
def test_halving_the_step_shows_the_order_of_the_method(solver, method, order):
    field = field_of("two_layers", seed=1)
    field.set_members({name: 3 * p for name, p in field.named_parameters()})  # a lively motion
    x0, times = initial_states(3, 6), np.tile([0.0, 1.0], (6, 1))
    equations = right_hand_side("two_layers", field)
    expected = np.stack([reference(equations, x, times[0])[-1] for x in x0.numpy()])
    with torch.no_grad():
        errors = [
            np.linalg.norm(solver(method, step)(field, x0, times).states[:, -1].numpy() - expected)
            for step in (0.1, 0.05, 0.025)
        ]
    np.testing.assert_allclose(np.log2(np.divide(errors[:-1], errors[1:])), order, atol=0.4)


@pytest.mark.parametrize("solver", [FixedStepSolver, CompiledSolver])
@pytest.mark.parametrize(("method", "stages"), [("rk4", 4), ("dormand_prince", 6)])
def test_evaluations_are_steps_times_stages(solver, method, stages):
    field, x0, calls = field_of("blackbox"), initial_states(2), []
    times = np.tile(np.linspace(0, 1, 6), (3, 1))  # five intervals of 0.2
    field.network.register_forward_hook(lambda *_: calls.append(1))
    for max_step, refinement, steps in ((None, 1, 5), (0.1, 1, 10), (0.09, 2, 30)):
        calls.clear()
        solution = solver(method, max_step)(field, x0, times, refinement)
        assert solution.function_evaluations == steps * stages
        if solver is FixedStepSolver:
            assert len(calls) == steps * stages


def test_it_can_be_differentiated_twice():
    x0, times, rng = initial_states(2), grids(), np.random.default_rng(0)
    direction = [torch.from_numpy(rng.standard_normal(p.shape)) for p in field_of("blackbox").parameters()]

    def gradient(shift):
        field = field_of("blackbox")
        parameters = list(field.parameters())
        with torch.no_grad():
            for parameter, change in zip(parameters, direction, strict=True):
                parameter += shift * change
        loss = FixedStepSolver("rk4")(field, x0, times).states.square().mean()
        return torch.autograd.grad(loss, parameters, create_graph=True), parameters

    first, parameters = gradient(0.0)
    slope = torch.stack([(one * change).sum() for one, change in zip(first, direction, strict=True)]).sum()
    products = torch.autograd.grad(slope, parameters)
    for product, ahead, behind in zip(products, gradient(1e-4)[0], gradient(-1e-4)[0], strict=True):
        torch.testing.assert_close(product, ((ahead - behind) / 2e-4).detach(), rtol=1e-5, atol=1e-6)


def test_single_precision_stays_single():
    field = field_of("blackbox").float()
    x0 = initial_states(2).float()
    for solver in (FixedStepSolver("rk4"), CompiledSolver()):
        states = solver(field, x0, grids()).states
        assert states.dtype == torch.float32
        assert all(g.dtype == torch.float32 for g in torch.autograd.grad(states.sum(), list(field.parameters())))


@pytest.mark.parametrize("solver", [FixedStepSolver, CompiledSolver])
def test_bad_choices_are_refused(solver):
    with pytest.raises(ConfigurationError, match=r"solver.method=euler: choose one of rk4, dormand_prince"):
        solver("euler")
    for step in (0, -1):
        with pytest.raises(ConfigurationError, match=f"solver.max_step={step}: give a time greater than 0, or null"):
            solver("rk4", step)
