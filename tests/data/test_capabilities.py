import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.capabilities import Forecast, horizon_steps, horizon_times
from sciml_bench.data.trajectories import Trajectories

REGULAR = Trajectories((np.zeros((4, 1)), np.zeros((6, 1))), time_step=0.5, time_unit="s")
IRREGULAR = Trajectories((np.zeros((3, 1)),), time_step=1.0, times=(np.array([0.0, 1.0, 4.0]),))


def forecast(value, status=("ok", "ok"), n_times=3, **cost):
    times = np.tile(np.arange(float(n_times)), (2, 1))
    return Forecast(np.full((2, n_times, 1), value), times, "path", status, cost)


def test_a_horizon_in_steps_counts_on_from_the_last_row_of_every_trajectory():
    assert [grid.tolist() for grid in horizon_times(REGULAR, 2)] == [[2.0, 2.5], [3.0, 3.5]]
    assert [grid.tolist() for grid in horizon_times(REGULAR, -2)] == [[1.0, 0.5], [2.0, 1.5]]
    assert horizon_times(IRREGULAR, 2)[0].tolist() == [5.0, 6.0]
    part = Trajectories((np.zeros((50, 1)),), time_step=0.1).select(time=slice(0, 31))
    np.testing.assert_array_equal(horizon_times(part, 19)[0], 0.1 * np.arange(31, 50))


def test_times_may_be_shared_or_those_of_each_trajectory():
    assert [grid.tolist() for grid in horizon_times(REGULAR, np.array([4.0, 9.0]))] == [[4.0, 9.0]] * 2
    own = [np.array([2.0]), np.array([2.6, 7.0])]
    assert [grid.tolist() for grid in horizon_times(REGULAR, own)] == [[2.0], [2.6, 7.0]]


@pytest.mark.parametrize("times", [[1.5], [2.0, 2.0], [4.0, 3.0], []])
def test_times_must_go_on_from_the_past(times):
    with pytest.raises(ConfigurationError, match=r"increase from the last row of the past, at 1\.5"):
        horizon_times(REGULAR, np.array(times))


def test_what_is_no_horizon_is_refused():
    with pytest.raises(ConfigurationError, match="at least one step"):
        horizon_times(REGULAR, 0)
    with pytest.raises(DataError, match="1 arrays of times for 2 trajectories"):
        horizon_times(REGULAR, [np.array([9.0])])


def test_a_method_in_discrete_time_takes_times_on_its_clock_alone():
    assert horizon_steps(REGULAR, -3) == -3
    assert horizon_steps(REGULAR, [np.array([2.0, 2.5]), np.array([3.0])]) == 2
    with pytest.raises(ConfigurationError, match=r"steps by 0\.5 s"):
        horizon_steps(REGULAR, [np.array([2.0, 2.6]), np.array([3.0])])


def test_an_ensemble_forecasts_its_mean_and_keeps_its_members():
    joined = Forecast.joined([forecast(1.0, seconds=2.0), forecast(4.0, ("ok", "left every bound"), seconds=1.0)])
    assert (joined.states == 2.5).all()
    assert joined.members.shape == (2, 2, 3, 1)
    assert (joined.status, joined.cost, joined.kind) == (("ok", "left every bound"), {"seconds": 3.0}, "path")
    np.testing.assert_allclose(joined.deviation, np.std([1, 4], ddof=1))


def test_one_member_is_no_ensemble():
    single = forecast(1.0)
    assert Forecast.joined([single]) is single
    assert single.deviation is None
    assert forecast(1.0, status=()).status == ("ok", "ok")
    for forecasts in ([], [forecast(1.0), forecast(1.0, n_times=4)]):
        with pytest.raises(DataError, match="at the same times"):
            Forecast.joined(forecasts)


def test_a_forecast_is_of_a_known_kind():
    with pytest.raises(DataError, match="one of the kinds expectation, path, samples"):
        Forecast(np.zeros((2, 3, 1)), np.zeros((2, 3)), "guess")
