import logging
import time

import numpy as np
import pytest
import torch
from node_cases import ACTIVATIONS, BUILDERS, field_of, grids, initial_states

from sciml_bench.core.errors import SolverError
from sciml_bench.node import (
    Blackbox,
    CompiledSolver,
    CoupledDynamics,
    FixedStepSolver,
    SmoothingSpline,
    VectorField,
    solve,
)
from sciml_bench.node.solvers import compiled_solver as module


def pair(field, x0, times, method="dormand_prince", max_step=0.1):
    """States and gradients by compiled loops and by torch."""
    found = []
    for solver in (CompiledSolver(method, max_step), FixedStepSolver(method, max_step)):
        start = x0.clone().requires_grad_()
        states = solver(field, start, times).states
        loss = (torch.linspace(-1, 1, states.numel()).reshape(states.shape) * states).sum()
        found.append([states, *torch.autograd.grad(loss, [start, *field.parameters()])])
    return found


def assert_equal(field, x0, times, **options):
    for one, other in zip(*pair(field, x0, times, **options), strict=True):
        np.testing.assert_allclose(one.detach(), other.detach(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", ["rk4", "dormand_prince"])
@pytest.mark.parametrize("name", BUILDERS)
def test_compiled_loops_give_the_numbers_and_gradients_of_torch(name, method):
    field = field_of(name, n_members=2)
    assert_equal(field, initial_states(field.dim, 3, members=2), grids(), method=method)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden_layers", [1, 2, 3])
def test_so_they_do_for_every_activation_depth_and_odd_width(activation, hidden_layers):
    torch.manual_seed(0)
    assert_equal(Blackbox(3, hidden_layers, 9, activation), initial_states(3, 4), grids(4))


def test_so_they_do_under_coupling_with_members():
    times, rng = grids(3, 6), np.random.default_rng(0)
    splines = [SmoothingSpline(t, rng.standard_normal((6, 3))) for t in times]
    coupled = CoupledDynamics(field_of("two_layers", n_members=2), splines, [3.0, 0.0, 8.0])
    coupled.scale = 0.4
    assert_equal(coupled, initial_states(3, 3, members=2), times)


def test_many_components_that_are_pulled_each_by_its_own_take_no_longer_than_in_torch():
    times, spent = np.linspace(0, 1, 5)[None], []
    rows = np.sin(np.linspace(0, 3, 5)[:, None] + np.arange(1000))
    field = CoupledDynamics(Blackbox(1000, nodes_per_layer=8), [SmoothingSpline(times[0], rows)], 2.0)
    found = []
    for solver in (CompiledSolver("rk4", 0.01), FixedStepSolver("rk4", 0.01)):
        for _ in range(2):  # the first one also compiles
            start, x0 = time.process_time(), torch.from_numpy(rows[:1]).requires_grad_()
            states = solver(field, x0, times).states
            found += [torch.autograd.grad(states.square().sum(), x0)[0]]
            seconds = time.process_time() - start
        spent.append(seconds)
    np.testing.assert_allclose(found[1], found[3], rtol=1e-9, atol=1e-12)
    assert spent[0] < spent[1]  # it took four times as long with the whole of A, and takes a seventh


def test_a_gradient_that_reaches_only_some_times_is_taken_there():
    field, times = field_of("blackbox"), grids()
    x0 = initial_states(2)
    gradients = []
    for solver in (CompiledSolver(), FixedStepSolver("dormand_prince")):
        states = solver(field, x0, times).states
        gradients.append(torch.autograd.grad(states[1, 2, 0] + states[0, 0, 1], list(field.parameters())))
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_its_gradient_cannot_be_differentiated_again():
    field = field_of("blackbox")
    states = CompiledSolver()(field, initial_states(2), grids()).states
    gradient = torch.autograd.grad(states.square().sum(), list(field.parameters()), create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient[0].square().sum().backward()


def test_members_do_not_see_each_other():
    field, x0, times = field_of("blackbox", n_members=3), initial_states(2, 3, members=3), grids()
    parameters = list(field.parameters())
    states = CompiledSolver()(field, x0, times).states
    for p in torch.autograd.grad(states[1].square().sum(), parameters):
        assert p[1].abs().sum() > 0
        assert p[0].abs().sum() == p[2].abs().sum() == 0
    with torch.no_grad():
        parameters[-1][0] = 1e300  # one member runs away
        again = CompiledSolver()(field, x0, times).states
    assert torch.equal(again[1:], states[1:])


def test_a_network_that_runs_away_is_an_error_with_a_remedy():
    field = Blackbox(2, 1, 4, "relu")
    field.set_members({name: torch.full_like(p, 300.0) for name, p in field.named_parameters()})
    with pytest.raises(SolverError, match=r"broke down after time .* of 5, .*norm of the state was .*solver.max_step"):
        solve(field, initial_states(2), np.linspace(0, 5, 21))


def test_without_numba_and_for_other_fields_torch_computes_the_same(monkeypatch, caplog):
    class Decay(VectorField):
        def forward(self, t, x):
            return -x

    module._say_once.cache_clear()
    x0, times = initial_states(2), grids()
    with caplog.at_level(logging.INFO, logger="sciml_bench"):
        states = CompiledSolver()(Decay(2), x0, times).states
        CompiledSolver()(Decay(2), x0, times)
    elapsed = torch.from_numpy(times - times[:, :1])[..., None]
    torch.testing.assert_close(states, x0[:, None] * torch.exp(-elapsed), rtol=1e-5, atol=1e-5)
    assert [r.message for r in caplog.records] == [
        "solver=compiled integrates step by step in torch: the vector field is no perceptron"
    ]
    field = field_of("blackbox")
    compiled = CompiledSolver()(field, x0, times).states
    monkeypatch.setattr(module, "numba_is_here", lambda: False)
    torch.testing.assert_close(CompiledSolver()(field, x0, times).states, compiled, rtol=1e-12, atol=1e-12)
