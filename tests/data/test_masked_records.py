"""data.missing=mask: rows stay, and nothing that is missing reaches a pair, a loss or a score."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import LaggedPairs, LaggedPairsView, Trajectories, WholeTrajectoriesView, WindowsView
from sciml_bench.data.capabilities import Forecast
from sciml_bench.data.held_out import end_of, past_and_future, up_to_gaps
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.scores.forecast_scores import forecast_scores

MISSING = [3, 4, 17, 18, 30, 38, 44]


def states_with(missing=MISSING, n_rows=60):
    rows = np.stack([np.arange(n_rows), 100.0 + np.arange(n_rows)], axis=1)
    rows[missing, 0] = np.nan
    return rows


def masked(missing=MISSING, **options):
    record = TrajectoryFiles.from_arrays(None, states_with(missing), missing="mask", **options)
    record.setup()
    return record


def test_rows_stay_and_a_line_counts_what_is_missing():
    record = masked()
    assert {name: part.lengths for name, part in record.splits.items()} == {
        "train": (36,),
        "validation": (12,),
        "test": (12,),
    }
    assert "7 missing values are left out, in 7 of 60 rows" in record.reading
    present = np.delete(np.arange(36), [3, 4, 17, 18, 30])
    np.testing.assert_allclose(record.spec.mean, [present.mean(), 100 + present.mean()])
    with pytest.raises(DataError, match=r"7 values are missing .* data\.missing=mask"):
        TrajectoryFiles.from_arrays(None, states_with()).setup()


@settings(max_examples=40, deadline=None)
@given(st.sets(st.integers(0, 39), max_size=14), st.sets(st.integers(1, 38), max_size=6), st.integers(1, 4))
def test_pairs_touch_no_missing_row_and_cross_no_gap(missing, gone, lag):
    """Against all pairs of rows, one by one."""
    times = np.delete(np.arange(40.0), sorted(gone))
    states = np.stack([times, -times], axis=1)
    states[[row for row, time in enumerate(times) if time in missing], 1] = np.nan
    trajectories = Trajectories((states,), times=(times,), masked=True)
    wanted = [
        (now, now + lag)
        for now in times
        if {now, now + lag} <= set(times) - missing and all(now + step in times for step in range(lag))
    ]
    pieces = np.split(times, np.flatnonzero(np.diff(times) > 1) + 1)
    if max(map(len, pieces)) <= lag or not wanted or 2 * (len(pieces) - 1) > len(times) - 1:
        return
    pairs = LaggedPairs(trajectories, lag)
    now, later = (part.numpy()[:, 0] for part in pairs.batch(np.arange(len(pairs))))
    assert list(zip(now.tolist(), later.tolist(), strict=True)) == wanted


def test_every_view_leaves_out_what_is_missing_or_says_that_it_cannot():
    view = LaggedPairsView(masked(), batch_size=4, standardize=True)
    assert all(bool(part.isfinite().all()) for batch in view.train_loader() for part in batch)
    whole = WholeTrajectoriesView(masked())
    assert whole.train.lengths.tolist() == [31]
    np.testing.assert_array_equal(whole.train.times[0], np.delete(np.arange(36), [3, 4, 17, 18, 30]))
    assert np.isfinite(whole.train.states).all()
    assert whole.record.spec.lengths == (31,)
    with pytest.raises(ConfigurationError, match=r"data\.missing=mask: windows cannot .* data\.missing=interpolate"):
        WindowsView(masked(), 2, 2, 2)


def test_a_forecast_begins_with_a_filled_past_and_is_scored_where_something_was_observed():
    record = masked([*MISSING, 47])
    past, future = past_and_future(record, 2)
    np.testing.assert_array_equal(past.states[0][[3, 4, 44, 47], 0], [3, 4, 44, 46])  # the last one is held
    assert end_of(record, 3).states[0].tolist() == [[57, 157], [58, 158], [59, 159]]
    gap = masked([50, 51])
    past, future = past_and_future(gap, 1)
    assert up_to_gaps(past, future, 1).lengths == (12,)
    guess = np.array(gap.splits["test"].states[0])[None] + 1.0
    guess[0, 2:4] = 1e9  # where nothing is known
    told = Forecast(guess, future.times_of(0)[None])
    scores = forecast_scores(told, past, future, gap.spec)
    assert scores["forecast_mse"] == 1.0
    assert all(np.isfinite(value) for value in scores.values())


def test_nothing_left_is_told_by_its_key():
    states = states_with(list(range(1, 36)))
    with pytest.raises(DataError, match=r"data\.missing=mask: of 36 rows of .* only 1 have all their values"):
        TrajectoryFiles.from_arrays(None, states, missing="mask").setup()
    alternating = TrajectoryFiles.from_arrays(None, states_with(list(range(1, 60, 2))), missing="mask")
    alternating.setup()
    with pytest.raises(DataError, match=r"data\.missing=mask: the train split has no pair of states 1 steps"):
        LaggedPairsView(alternating, batch_size=2)
    assert len(LaggedPairsView(alternating, lag=2, batch_size=2).pairs("train")) == 17


def test_transforms_pass_on_what_is_missing():
    record = TrajectoryFiles.from_arrays(None, states_with([20]), missing="mask").transform(difference=1, delays=1)
    record.setup()
    part = record.splits["train"]
    assert part.times_of(0)[~part.complete_rows(0)].tolist() == [20, 21, 22]
    record = TrajectoryFiles.from_arrays(None, states_with([20]), missing="mask").transform(resample=0.5)
    record.setup()
    part = record.splits["train"]
    assert part.times_of(0)[~part.complete_rows(0)].tolist() == [19.5, 20.0, 20.5]
