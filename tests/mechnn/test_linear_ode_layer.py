"""The layer learns steps, pads orders and keeps nothing of a call."""

import pytest
import torch
from linear_ode_cases import random_inputs

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.mechnn import LinearODELayer, solve_linear_ode, with_taylor_order


@pytest.mark.parametrize("positive", ["sigmoid", "softplus"])
@pytest.mark.parametrize(
    ("steps_vary", "shape"),
    [("none", (1, 1)), ("interval", (8, 1)), ("state", (1, 2)), ("interval_and_state", (8, 2))],
)
def test_learned_steps_start_where_they_are_told_and_get_a_gradient(positive, steps_vary, shape):
    inputs = [value.float() for value in random_inputs(n_states=2)]
    layer = LinearODELayer(9, 2, step_size=0.1, steps_vary=steps_vary, positive=positive)
    torch.testing.assert_close(layer.step_sizes, torch.full(shape, 0.1))
    solution = layer(*inputs[:3])
    torch.testing.assert_close(solution.states, solve_linear_ode(*inputs[:3], 0.1).states, rtol=1e-4, atol=1e-4)
    solution.states.square().sum().backward()
    assert layer.unconstrained_steps.grad.shape == shape
    assert bool((layer.unconstrained_steps.grad != 0).all())


def test_a_layer_finds_the_step_of_its_data():
    # u'' + u = 0 sampled every 0.2, to be learned from 0.1
    coefficients, nothing = torch.tensor([1.0, 0.0, 1.0]).expand(1, 1, 30, 1, 3), torch.zeros(1, 1, 30)
    start, data = torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2), torch.sin(0.2 * torch.arange(30))
    layer = LinearODELayer(30, step_size=0.1, taylor_order=4)
    optimizer = torch.optim.Adam(layer.parameters(), 0.05)
    for _ in range(150):
        optimizer.zero_grad()
        loss = (layer(coefficients, nothing, start).states[0, :, 0, 0] - data).square().mean()
        loss.backward()
        optimizer.step()
    assert layer.step_sizes.item() == pytest.approx(0.2, rel=1e-3)


def test_batches_of_any_size_go_through_one_layer_and_calls_do_not_disturb_each_other():
    layer = LinearODELayer(9, taylor_order=3, slack_weight=0.2)
    calls = [[value.requires_grad_() for value in random_inputs(batch=batch, seed=batch)] for batch in (1, 5, 12)]
    solutions = [layer(*inputs) for inputs in calls]
    for inputs, solution in zip(calls, solutions, strict=True):
        padded = with_taylor_order(inputs[0], 3)
        alone = solve_linear_ode(padded, *inputs[1:], slack_weight=0.2)
        torch.testing.assert_close(solution.states, alone.states)
        found, expected = (torch.autograd.grad(s.states.square().sum(), inputs) for s in (solution, alone))
        torch.testing.assert_close(found, expected)
    assert list(layer.state_dict()) == []


def test_padding_adds_derivatives_and_leaves_the_equations_alone():
    coefficients = random_inputs().coefficients
    padded = with_taylor_order(coefficients, 5)
    assert padded.shape[-1] == 6
    torch.testing.assert_close(padded[..., :3], coefficients)
    assert not padded[..., 3:].any()
    assert with_taylor_order(coefficients, 2).shape == coefficients.shape


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps_vary": "batch"}, "steps_vary=batch: choose one of interval, interval_and_state, none, state"),
        ({"positive": "exp"}, "positive=exp: choose one of sigmoid, softplus"),
        ({"solver": "lu"}, "solver=lu"),
        ({"step_size": 1.5}, "below 1, or set positive=softplus"),
        ({"step_size": 0.0, "positive": "softplus"}, "give a positive number"),
        ({"n_steps": 1}, "at least 2 steps"),
    ],
)
def test_choices_that_make_no_layer_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        LinearODELayer(**{"n_steps": 9, **options})


def test_calls_that_do_not_fit_the_layer_are_refused():
    inputs = random_inputs()
    with pytest.raises(ConfigurationError, match="neither given nor learned"):
        LinearODELayer(9)(*inputs[:3])
    with pytest.raises(ConfigurationError, match="both given at the call and learned"):
        LinearODELayer(9, step_size=0.1)(*inputs)
    with pytest.raises(DataError, match="solves for 8 steps of 1 states"):
        LinearODELayer(8)(*inputs)
    with pytest.raises(ConfigurationError, match="taylor_order=1 is below the order 2"):
        LinearODELayer(9, taylor_order=1)(*inputs)
