"""A model that adds what two states differ by: its forecast is a straight line."""

import numpy as np
import pytest
import torch
from torch import nn

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import Trajectories
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.sequences.sequence_forecaster import SequenceForecaster


class Straight(nn.Module):
    def forward(self, window):
        return (2 * window[:, -1] - window[:, -2])[:, None]


class Explosive(nn.Module):
    def forward(self, window):
        return window[:, -1:] ** 4


def spec(n_inputs=2, dtype=torch.float64):
    ones = np.ones(2)
    return WindowsSpec(
        state_shape=(2,),
        time_step=0.5,
        time_unit="time",
        component_names=("x", "y"),
        mean=0 * ones,
        deviation=ones,
        lengths=(4,),
        n_inputs=n_inputs,
        n_outputs=1,
        increment_deviation=ones,
        dtype=dtype,
    )


ONE = np.array([[9.0, 9.0], [0.0, 1.0], [1.0, 3.0]])
OTHER = np.array([[5.0, 5.0], [5.0, 4.0]])
PAST = Trajectories((ONE, OTHER), time_step=0.5)


def test_every_trajectory_goes_on_from_its_own_last_states_and_time():
    found = SequenceForecaster(Straight(), spec()).forecast(PAST, 3)
    np.testing.assert_allclose(found.states[0], [[2, 5], [3, 7], [4, 9]])
    np.testing.assert_allclose(found.states[1], [[5, 3], [5, 2], [5, 1]])
    np.testing.assert_allclose(found.times, [[1.5, 2.0, 2.5], [1.0, 1.5, 2.0]])
    assert (found.kind, found.status) == ("path", ("ok", "ok"))
    assert found.cost["seconds"] > 0


def test_the_function_that_is_exported_continues_states_as_the_forecast_does():
    function = SequenceForecaster(Straight(), spec(dtype=torch.float32)).exported()["next_states"]()
    assert function.difference(lambda rows: function.graph(torch.from_numpy(rows)).numpy()) < 1e-6
    rows = torch.tensor([[[0.0, 1.0], [1.0, 3.0]]], dtype=torch.float64)
    np.testing.assert_allclose(function.graph(rows), [[[2.0, 5.0]]], rtol=1e-6)


def test_the_past_that_is_needed_are_the_inputs():
    assert SequenceForecaster(Straight(), spec(3)).past_length == 3
    with pytest.raises(DataError, match="2"):
        SequenceForecaster(Straight(), spec(3)).forecast(PAST, 1)


def test_states_are_rounded_to_the_type_that_the_model_was_trained_in():
    past = Trajectories((ONE + 1e-12,), time_step=0.5)
    single = SequenceForecaster(Straight(), spec(dtype=torch.float32)).forecast(past, 1)
    assert single.states.dtype == np.float64
    np.testing.assert_array_equal(single.states[0, 0], [2, 5])


def test_a_trajectory_that_leaves_every_bound_says_so_and_the_others_do_not():
    past = Trajectories((np.full((2, 2), 1.0), np.full((2, 2), 1e20)), time_step=0.5)
    found = SequenceForecaster(Explosive(), spec()).forecast(past, 2)  # 1e80, then 1e320
    assert found.status == ("ok", "the forecast left every bound")
    np.testing.assert_array_equal(found.states[0], 1.0)
    np.testing.assert_allclose(found.states[1, 0], 1e80)


@pytest.mark.parametrize("horizon", [0, -1])
def test_it_goes_ahead_only(horizon):
    with pytest.raises(ConfigurationError, match=f"horizon={horizon}: what this run has learned goes ahead only"):
        SequenceForecaster(Straight(), spec()).forecast(PAST, horizon)


def test_evaluation_is_without_gradients_and_without_chance():
    model = nn.Sequential(Straight(), nn.Dropout(0.9))
    model.train()
    found = SequenceForecaster(model, spec()).forecast(PAST, 3)
    np.testing.assert_allclose(found.states[0], [[2, 5], [3, 7], [4, 9]])


def test_inputs_are_not_taken():
    with pytest.raises(ConfigurationError, match="takes no inputs"):
        SequenceForecaster(Straight(), spec()).forecast(PAST, 3, inputs=np.zeros(3))
