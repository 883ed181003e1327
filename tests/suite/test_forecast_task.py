"""A forecast task end to end: learned objects whose forecasts are known have the scores that follow."""

from dataclasses import dataclass
from functools import cache, reduce

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.data import Trajectories
from sciml_bench.data.capabilities import Forecast, horizon_times
from sciml_bench.data.sources import SimulatedTrajectories, TrajectoryFiles
from sciml_bench.drawing import draw
from sciml_bench.report.leaderboard.intervals import bootstrap
from sciml_bench.suite import ForecastTask
from sciml_bench.suite.baselines import Persistence, TrainingMean
from sciml_bench.systems import Lorenz63, LotkaVolterra

SPLIT = {"train": 0.5, "validation": 0.25, "test": 0.25}


@cache
def lorenz():
    record = SimulatedTrajectories(Lorenz63(), burn_in=5.0, n_steps=1200, time_step=0.05, split=SPLIT)
    record.setup()
    return record


@dataclass
class Knows:
    """Forecasts what came, changed by a function of (states, numbers of starts × rows)."""

    record: object
    changed: object = staticmethod(lambda states: states)
    kind: str = "path"
    n_members: int = 0
    past_length = 1

    @property
    def spec(self):
        return self.record.spec

    def forecast(self, past, horizon, inputs=None):
        whole = reduce(Trajectories.joined_in_time, self.record.splits.values())
        grids = horizon_times(past, horizon)
        rows = [np.round(grid / whole.time_step).astype(int) for grid in grids]
        states = np.stack([whole.states[0][part] for part in rows]).astype(np.float64)
        members = None
        if self.n_members:
            rng = np.random.default_rng(len(grids[0]) + rows[0][0])
            noise = self.record.spec.deviation * rng.standard_normal((self.n_members + 1, *states.shape))
            members = states + 0.1 * noise[0] + 0.05 * noise[1:]  # a common error that the members do not know
        return Forecast(self.changed(states), np.stack(grids), self.kind, members=members)


def test_a_perfect_forecast_is_valid_to_the_end_and_wanders_like_the_truth():
    record = lorenz()
    results = ForecastTask(horizon=40, long_run_rows=300)(Knows(record), record)
    metrics, arrays = results.metrics, results.arrays
    assert metrics["forecast_standardised_error"] == 0
    assert metrics["valid_to_the_end"] == 1
    assert metrics["valid_prediction_time"] == pytest.approx(40 * 0.05)
    assert metrics["valid_prediction_lyapunov_times_median"] == pytest.approx(2 * 0.9056)
    assert metrics["histogram_distance"] == metrics["state_space_divergence"] == 0
    assert metrics["spectrum_hellinger_distance"] == pytest.approx(0, abs=1e-6)
    np.testing.assert_allclose(arrays["horizon_times"], 0.05 * np.arange(1, 41))
    assert {name: arrays[name].shape for name in arrays if name.startswith("start_")} == {
        "start_forecast_standardised_error": (20,),
        "start_forecast_relative_error": (20,),
        "start_valid_prediction_time": (20,),
        "start_valid_prediction_lyapunov_times": (20,),
    }


def test_an_error_that_grows_is_seen_row_by_row_and_start_by_start():
    record = lorenz()
    deviation = record.spec.deviation
    results = ForecastTask(horizon=10)(
        Knows(record, lambda states: states + 0.1 * np.arange(1, 11)[:, None] * deviation), record
    )
    np.testing.assert_allclose(results.arrays["error_against_horizon"], 0.1 * np.arange(1, 11))
    expected = 0.1 * np.sqrt(np.mean(np.arange(1, 11.0) ** 2))
    np.testing.assert_allclose(results.arrays["start_forecast_standardised_error"], expected)
    assert results.metrics["forecast_standardised_error"] == pytest.approx(expected)


def test_persistence_and_the_mean_are_what_they_are_compared_with():
    record = lorenz()
    task = ForecastTask(horizon=30, long_run_rows=300)
    stays = task(Persistence(record.spec).fit(record), record)
    settles = task(TrainingMean(record.spec).fit(record), record)
    for results, name in ((stays, "persistence"), (settles, "mean")):
        curve = results.arrays[f"{name}_error_against_horizon"]
        np.testing.assert_allclose(results.arrays["error_against_horizon"], curve)
    assert stays.metrics["spectrum_hellinger_distance"] == 1  # it rests
    assert not [name for name in settles.metrics if "divergence" in name or "histogram" in name or "hellinger" in name]


def test_an_expectation_has_no_long_run_statistics():
    record = lorenz()
    told = ForecastTask(horizon=5, long_run_rows=300)(Knows(record, kind="expectation"), record)
    assert "state_space_divergence" not in told.metrics


def test_intervals_of_an_ensemble_are_calibrated_on_the_validation_part():
    record = lorenz()
    metrics = ForecastTask(horizon=60)(Knows(record, n_members=6), record).metrics
    # residuals are the common error alone: 0.1 in deviations, independent in all rows and components
    assert metrics["coverage_90"] == pytest.approx(19 / 21, abs=0.02)  # the 19th of 20
    assert 2 * 1.645 * 0.1 < metrics["interval_width_90"] < 0.6
    assert "coverage_90" not in ForecastTask(horizon=60)(Knows(record), record).metrics


def test_without_room_to_calibrate_the_intervals_are_those_of_a_normal_law_and_it_is_said():
    record = SimulatedTrajectories(
        Lorenz63(), burn_in=5.0, n_steps=600, time_step=0.05, split={"train": 0.5, "validation": 0, "test": 0.5}
    )
    record.setup()
    results = ForecastTask(horizon=60)(Knows(record, n_members=6), record)
    assert results.metrics["coverage_90"] < 0.7
    assert "not calibrated: data.split.validation=0" in results.notes[0]


def test_what_a_system_conserves_is_scored_where_rows_are_whole_states():
    record = SimulatedTrajectories(LotkaVolterra(), n_steps=400, split=SPLIT)
    record.setup()
    drift = ForecastTask(horizon=20)(Knows(record), record).metrics
    assert drift["invariant_drift"] < 1e-8
    worse = ForecastTask(horizon=20)(Knows(record, lambda states: 1.1 * states), record)
    assert worse.metrics["invariant_drift"] > 1e-3
    assert worse.arrays["start_invariant_drift"].shape == (20,)
    expected = ForecastTask(horizon=20)(Knows(record, lambda states: 1.1 * states, kind="expectation"), record)
    assert "invariant_drift" not in expected.metrics  # the energy of a mean is not the mean energy


def test_forecasts_last_so_many_lyapunov_times_where_these_are_longer():
    record = lorenz()

    def reached(**options):
        return ForecastTask(**options)(Knows(record), record).arrays["horizon_times"][-1]

    assert reached(horizon=5, lyapunov_times=3) == pytest.approx(3 / 0.9056, abs=0.025)
    assert reached(horizon=100, lyapunov_times=3) == pytest.approx(100 * 0.05)
    assert reached(lyapunov_times=3, lyapunov_time=2.0) == pytest.approx(6.0)
    assert reached(lyapunov_times=0.1) == pytest.approx(100 * 0.05)  # the default


def test_the_lyapunov_time_is_that_of_the_system_also_of_some_of_its_components():
    record = SimulatedTrajectories(
        Lorenz63(), burn_in=5.0, n_steps=400, component_names=["x", "y", "z"], split=SPLIT
    ).transform(observe=["x"], delays=3)
    record.setup()
    learned = Persistence(record.spec).fit(record)
    assert ForecastTask(horizon=5)(learned, record).arrays["lyapunov_time"] == pytest.approx(1 / 0.9056)
    own = ForecastTask(horizon=5, lyapunov_time=2.0)(learned, record)
    assert own.metrics["valid_prediction_lyapunov_times"] == pytest.approx(own.metrics["valid_prediction_time"] / 2)


def test_rows_without_a_value_are_not_scored(tmp_path):
    times, states = 0.1 * np.arange(200), np.sin(0.3 * np.arange(200))
    values = ["" if row % 17 == 3 else f"{x:.6f}" for row, x in enumerate(states)]
    text = [f"{t:.1f},{value}" for t, value in zip(times, values, strict=True)]
    (tmp_path / "some.csv").write_text("t,x\n" + "\n".join(text) + "\n")
    record = TrajectoryFiles(tmp_path / "some.csv", missing="mask", split=SPLIT)
    record.setup()
    results = ForecastTask()(Persistence(record.spec).fit(record), record)
    assert len(results.arrays["horizon_times"]) == 25  # half of the test part
    assert np.isfinite(results.arrays["error_against_horizon"]).all()
    assert np.isfinite(results.metrics["valid_prediction_time"])
    error, rows = "forecast_standardised_error", results.arrays["start_scored_rows"]
    assert set(rows) == {23, 24}
    starts = results.arrays[f"start_{error}"]
    assert np.sqrt(np.average(starts**2, weights=rows)) == pytest.approx(results.metrics[error], rel=1e-9)
    interval = bootstrap([results.metrics[error]], [starts], [rows])
    assert interval is not None
    assert interval.low < results.metrics[error] < interval.high


def test_what_cannot_be_scored_is_refused():
    record = lorenz()
    with pytest.raises(NotApplicableError, match="does not forecast"):
        ForecastTask(horizon=5)(object(), record)
    with pytest.raises(DataError, match=r"evaluation.long_run_rows=301"):
        ForecastTask(horizon=5, long_run_rows=301)(Persistence(record.spec).fit(record), record)
    of_time = {"lyapunov_time": -1}, {"lyapunov_times": 0}
    for wrong in ({"horizon": 0}, {"n_starts": None}, {"long_run_rows": 1.5}, *of_time):
        with pytest.raises(ConfigurationError, match=f"evaluation.{next(iter(wrong))}"):
            ForecastTask(**wrong)


def test_the_pictures_are_drawn_from_the_arrays():
    record = lorenz()
    results = ForecastTask(horizon=10)(Persistence(record.spec).fit(record), record)
    assert results.pictures == ("error_against_horizon", "forecast")
    axis = draw("error_against_horizon", results.stored_arrays).axes[0]
    curves = {line.get_label(): line for line in axis.lines}
    assert set(curves) == {"forecast", "persistence", "mean"}
    np.testing.assert_allclose(curves["mean"].get_xdata(), 0.05 * 0.9056 * np.arange(1, 11))
    np.testing.assert_allclose(curves["mean"].get_ydata(), results.arrays["mean_error_against_horizon"])
    assert (axis.get_yscale(), axis.get_xlabel()) == ("log", "Lyapunov times since the last given row")
    without = {name: part for name, part in results.stored_arrays.items() if name != "lyapunov_time"}
    assert draw("error_against_horizon", without).axes[0].get_xlabel() == "time since the last given row"
    assert len(draw("forecast", results.stored_arrays).axes) == 3
