"""Forecasts of what was learned in coordinates are told in the person's components."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.capabilities import Forecast, horizon_steps, horizon_times, require_past
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.own_components import in_own_components
from sciml_bench.data.past_file import read_past
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.stored_past import past_tensors, stored_past

TIMES = np.arange(40.0)
GROWING = np.stack([np.exp(0.05 * TIMES), 3 + 0.5 * TIMES], axis=1)


class StraightOn:
    """Goes on along the line through the last two rows, which is exact for logarithms of exponentials."""

    past_length = 2

    def __init__(self, record):
        self.spec, self.past = record.spec, record.splits["train"].tail(2)

    def forecast(self, past, horizon):
        require_past(past, self.spec, 2)
        steps = np.arange(1, horizon_steps(past, horizon) + 1)
        last = np.stack([read_block(part)[-2:] for part in past.states])
        states = last[:, 1:] + steps[None, :, None] * np.diff(last, axis=1)
        return Forecast(states, np.stack(horizon_times(past, len(steps))), members=np.stack([states, states]))


def learned_from(states=GROWING, **options):
    record = TrajectoryFiles.from_arrays(TIMES, states, component_names=["hare", "lynx"], split={"train": 30})
    record.transform(**options).setup()
    return in_own_components(StraightOn(record)), record


@pytest.mark.parametrize(
    "options",
    [
        {"logarithm": ["hare"]},
        {"logarithm": ["hare"], "delays": 3},
        {"logarithm": ["hare"], "difference": 1},
        {"logarithm": ["hare"], "difference": 1, "delays": 2},
    ],
)
def test_a_forecast_goes_on_from_a_raw_past_or_from_the_end_of_the_record(options):
    forecaster, record = learned_from(**options)
    past = record.as_observed.splits["train"]
    reach = sum(options.get(name, 0) for name in ("difference", "delays"))
    assert forecaster.past_length == 2 + reach
    assert forecaster.spec.component_names == ("hare", "lynx")
    for given, horizon in ((past, 5), (forecaster.past, 5), (past, TIMES[30:35])):
        told = forecaster.forecast(given, horizon)
        assert_allclose(told.states[0], GROWING[30:35], rtol=1e-9)
        assert_allclose(told.members[1], told.states, rtol=1e-12)
        assert_allclose(told.times[0], TIMES[30:35])
    with pytest.raises(
        DataError, match=rf"needs at least {2 + reach} of the shape \(2,\): a row is made of {1 + reach}"
    ):
        forecaster.forecast(past.tail(1 + reach), 5)


def test_sums_count_the_steps_that_nobody_asked_for():
    forecaster, record = learned_from(logarithm=["hare"], difference=1)
    past = record.as_observed.splits["train"]
    told = forecaster.forecast(past, TIMES[[31, 32, 37]])
    assert_allclose(told.states[0], GROWING[[31, 32, 37]], rtol=1e-9)
    with pytest.raises(ConfigurationError, match=r"horizon: data\.difference=1 sums up steps of 1 time"):
        forecaster.forecast(past, np.array([31.5]))
    with pytest.raises(ConfigurationError, match=r"horizon=-2: data\.difference=1 sums up what comes"):
        forecaster.forecast(past, -2)


def test_the_stored_end_of_a_record_knows_the_persons_own_rows():
    forecaster, record = learned_from(logarithm=True, difference=1)
    again = stored_past(past_tensors(forecaster.past), record.spec)
    assert_allclose(forecaster.forecast(again, 4).states[0][:, 0], GROWING[30:34, 0], rtol=1e-9)


def test_what_was_learned_in_the_persons_components_is_left_as_it_is():
    for options in ({}, {"observe": ["lynx"]}, {"resample": 2.0}):
        forecaster, _ = learned_from(**options)
        assert type(forecaster) is StraightOn


def test_a_past_may_be_a_file_like_that_of_the_record_or_hold_what_was_chosen(tmp_path):
    forecaster, record = learned_from(observe=["lynx"], resample=2.0, delays=1)
    path = tmp_path / "raw.csv"
    np.savetxt(path, np.column_stack([TIMES, GROWING]), delimiter=",", header="t,hare [k],lynx [k]", comments="")
    past = read_past(path, record.spec)
    assert (past.component_names, past.time_step) == (("lynx",), 2.0)
    assert_allclose(past.states[0][:, 0], GROWING[::2, 1])
    assert_allclose(forecaster.forecast(past, 3).states[0][:, 0], [22 + 1, 22 + 2, 22 + 3])
    np.savetxt(path, np.column_stack([TIMES[::2], GROWING[::2, 1]]), delimiter=",", header="t,lynx", comments="")
    assert_allclose(read_past(path, record.spec).states[0], past.states[0])


def test_a_past_may_hold_what_was_chosen_where_nothing_else_was_asked_for(tmp_path):
    _, record = learned_from(observe=["lynx"])
    path = tmp_path / "chosen.csv"
    np.savetxt(path, np.column_stack([TIMES, GROWING[:, 1]]), delimiter=",", header="t,lynx", comments="")
    assert_allclose(read_past(path, record.spec).states[0][:, 0], GROWING[:, 1])
