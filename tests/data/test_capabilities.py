"""What a horizon means, what a forecast consists of, and what may be gone on from."""

import typing

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.data import RecordSpec, Trajectories
from sciml_bench.data.capabilities import (
    EquationDiscoverer,
    Forecast,
    Forecaster,
    KnowsRecord,
    horizon_steps,
    horizon_times,
    require_ability,
    require_past,
)


def regular():
    """Two trajectories on a clock of 0.5, of which the first begins at step 3."""
    return Trajectories((np.zeros((4, 1)), np.zeros((2, 1))), time_step=0.5, first_rows=(3, 0))


def irregular():
    return Trajectories((np.zeros((3, 1)),), time_step=0.5, times=(np.array([0.0, 0.4, 1.1]),))


def test_steps_go_on_from_the_last_row_of_every_trajectory():
    first, second = horizon_times(regular(), 2)
    np.testing.assert_array_equal(first, [3.5, 4.0])
    np.testing.assert_array_equal(second, [1.0, 1.5])
    np.testing.assert_array_equal(horizon_times(regular(), -2)[0], [2.5, 2.0])
    np.testing.assert_allclose(horizon_times(irregular(), 2)[0], [1.6, 2.1])


def test_times_are_shared_or_each_trajectorys_own_and_lie_after_the_last_row():
    shared = horizon_times(regular(), np.array([3.5, 7.0]))
    assert [grid.tolist() for grid in shared] == [[3.5, 7.0]] * 2
    own = horizon_times(regular(), [np.array([3.25]), np.array([0.75, 0.8])])
    assert [grid.tolist() for grid in own] == [[3.25], [0.75, 0.8]]
    with pytest.raises(ConfigurationError, match="at 3, on"):
        horizon_times(regular(), np.array([3.0, 3.5]))
    with pytest.raises(ConfigurationError, match="at least one step"):
        horizon_times(regular(), 0)
    with pytest.raises(DataError, match="1 arrays of times for 2 trajectories"):
        horizon_times(regular(), [np.array([4.0])])


def test_a_method_in_discrete_time_takes_times_on_its_clock_alone():
    assert horizon_steps(regular(), -4) == -4
    assert horizon_steps(regular(), [np.array([3.5, 4.0]), np.array([1.0])]) == 2
    with pytest.raises(ConfigurationError, match=r"steps by 0\.5"):
        horizon_steps(regular(), [np.array([3.5, 4.1]), np.array([1.0])])
    with pytest.raises(ConfigurationError, match=r"steps by 0\.5"):
        horizon_steps(regular(), [np.array([4.0]), np.array([1.0])])


def test_the_members_of_an_ensemble_have_a_sample_deviation_and_one_alone_has_none():
    members = np.array([1.0, 3.0, 5.0]).reshape(3, 1, 1, 1) * np.ones((3, 1, 2, 1))
    times = np.array([[1.0, 2.0]])
    forecast = Forecast(members.mean(axis=0), times, members=members)
    np.testing.assert_array_equal(forecast.deviation, np.full((1, 2, 1), 2.0))
    assert forecast.status == ("ok",)
    assert Forecast(members[0], times, members=members[:1]).deviation is None
    assert Forecast(members[0], times).deviation is None


def test_a_forecast_is_of_a_known_kind_and_has_a_time_for_each_state():
    with pytest.raises(DataError, match="guess"):
        Forecast(np.zeros((1, 2, 1)), np.zeros((1, 2)), "guess")


def test_a_past_is_long_enough_of_the_same_states_and_on_the_same_clock():
    spec = RecordSpec.of(Trajectories((np.arange(4.0)[:, None],), time_step=0.5))
    past = Trajectories((np.arange(3.0)[:, None],), time_step=0.5)
    require_past(past, spec, 3)
    with pytest.raises(DataError, match=r"at least 4 of the shape \(1,\)"):
        require_past(past, spec, 4)
    with pytest.raises(DataError, match=r"3 states of the shape \(2,\)"):
        require_past(Trajectories((np.eye(3)[:, :2],), time_step=0.5), spec, 1)
    with pytest.raises(DataError, match=r"0\.25 time apart; what was learned steps by 0\.5: give rows that far apart"):
        require_past(Trajectories((np.arange(3.0)[:, None],), time_step=0.25, time_unit="time"), spec, 1)


def test_what_is_learned_from_a_record_says_so_by_its_spec():
    class Learned:
        past_length = 1

        def __init__(self):
            self.spec = RecordSpec.__new__(RecordSpec)

        def forecast(self, past, horizon, inputs=None):
            raise NotImplementedError

    assert isinstance(Learned(), KnowsRecord)
    assert isinstance(Learned(), Forecaster)
    assert not isinstance(regular(), KnowsRecord)


def test_a_method_in_discrete_time_goes_on_from_rows_without_gaps():
    times = np.array([0.0, 1.0, 2.0, 4.0, 5.0])
    past = Trajectories((times[:, None],), times=(times,))
    spec = RecordSpec.of(Trajectories((np.zeros((4, 1)),)))
    require_past(past, spec, 2)
    with pytest.raises(DataError, match="last 3 rows are not one step"):
        require_past(past, spec, 3)


class Repeats:
    def forecast(self):
        """Nothing else."""


@pytest.mark.parametrize("learned", [Repeats, Repeats()])
def test_what_lacks_a_capability_is_told_before_a_fit_and_after_it(learned):
    require_ability(learned, Forecaster)
    with pytest.raises(NotApplicableError, match=r"^Repeats finds no equations$"):
        require_ability(learned, EquationDiscoverer)
    with pytest.raises(NotApplicableError, match=r"^int does not forecast$"):
        require_ability(3, Forecaster)


def test_what_is_not_known_before_the_fit_is_not_refused_before_it():
    require_ability(typing.Any, EquationDiscoverer)
