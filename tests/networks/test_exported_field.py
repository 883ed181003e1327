"""Fields on their way out: the next state is the solution of the equation, also of one that is driven or in time."""

import numpy as np
import pytest
import torch
from torch import nn

from sciml_bench.core.errors import DataError
from sciml_bench.data import Trajectories
from sciml_bench.data.spec import RecordSpec
from sciml_bench.networks.exported_field import Derivative, NextState, Steps, field_functions

STEP = 0.3
T = torch.tensor([0.0, 2.0], dtype=torch.float64)
STATES = torch.tensor([[1.0], [-2.0]], dtype=torch.float64)


class Rates(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, t, x, u=None):
        return self.function(t, x, u)


def next_state(function, *inputs, held=False, steps=32):
    graph = NextState(Derivative(Rates(function), torch.float64), STEP, Steps(steps), held)
    return graph(T, STATES, *inputs)


def test_a_decay_under_inputs_that_hold_or_go_straight_arrives_where_the_formula_says():
    now, later = torch.tensor([[1.0], [3.0]]).double(), torch.tensor([[2.0], [-1.0]]).double()
    decay = float(np.exp(-STEP))
    free, slope = decay * STATES, (later - now) / STEP
    held = free + (1 - decay) * now
    straight = held + slope * (STEP - 1 + decay)  # of dx/dt = -x + u
    torch.testing.assert_close(next_state(lambda t, x, u: u - x, now, later), straight, rtol=1e-8, atol=0)
    torch.testing.assert_close(next_state(lambda t, x, u: u - x, now, held=True), held, rtol=1e-8, atol=0)


def test_a_field_that_depends_on_time_is_followed_from_the_time_of_every_state():
    def cubic(t, x, u):
        return t[:, None] ** 3 + 0 * x

    known = STATES + (((T + STEP) ** 4 - T**4) / 4)[:, None]
    torch.testing.assert_close(next_state(cubic, steps=3), known, rtol=1e-13, atol=0)


def test_as_many_steps_are_taken_as_the_run_s_own_solver_asks_for():
    spec = RecordSpec.of(Trajectories((np.random.default_rng(0).standard_normal((50, 1)),), time_step=STEP))

    def functions(rate):
        def arrived(t, states):
            return np.exp(-rate * STEP) * states

        return field_functions(Rates(lambda t, x, u: -rate * x), spec, None, lambda t, x: -rate * x, arrived)

    function = functions(3.0)["next_state"]()
    assert 2 <= function.facts["solver_steps"] <= 16
    difference = function.difference(lambda *rows: function.graph(*map(torch.from_numpy, rows)).numpy())
    assert difference < 1e-5
    with pytest.raises(DataError, match=r"more than 64 steps .* within 0\.3 .*; export the derivative"):
        functions(1e4)["next_state"]()
