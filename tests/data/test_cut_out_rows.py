"""data.missing=split: rows are cut out of a record that stays one, and nothing is learned across them."""

import logging

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data import LaggedPairsView, Trajectories, WholeTrajectoriesView, WindowsView
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.transforms import resampled
from sciml_bench.data.views.whole_trajectories_view import spans_to_learn

PARTS = ("train", "validation", "test")


def scattered(n_rows=500, share=0.04, seed=0):
    """Rows that say when they are, with cells that are missing at random."""
    times = 0.5 * np.arange(n_rows)
    states = np.stack([times, 100 + times], axis=1)
    states[np.random.default_rng(seed).random(states.shape) < share] = np.nan
    return times, states


def record_of(times, states, **options):
    record = TrajectoryFiles.from_arrays(times, states, missing="split", **options)
    record.setup()
    return record


def complete(states):
    """Rows that are complete and do not stand alone between others."""
    there = ~np.isnan(states).any(axis=1)
    return there & (np.append(there[1:], False) | np.append(False, there[:-1]))


def test_the_split_by_time_is_over_the_whole_record_as_with_gaps_of_the_clock():
    times, states = scattered()
    kept = complete(states)
    apart = TrajectoryFiles.from_arrays(times[kept], states[kept])
    apart.setup()
    record = record_of(times, states)
    for name in PARTS:
        found, expected = record.splits[name], apart.splits[name]
        np.testing.assert_array_equal(found.states[0], expected.states[0])
        np.testing.assert_array_equal(found.times[0], expected.times[0])
        assert len(found.between_gaps().states) > 5
    pairs = [LaggedPairsView(each, lag=2, batch_size=8).pairs("train") for each in (record, apart)]
    assert len(pairs[0]) == len(pairs[1]) > 100
    now, later = (part.numpy()[:, 0] for part in pairs[0].batch(np.arange(len(pairs[0]))))
    np.testing.assert_array_equal(later - now, 1.0)
    assert np.isfinite(now).all()


def test_every_piece_is_one_trajectory_where_these_stay_whole():
    record = record_of(*scattered(), split_by="trajectory")
    pieces = [part for name in PARTS for part in record.splits[name].states]
    assert min(map(len, pieces)) < 10
    assert all((np.diff(part[:, 0]) == 0.5).all() for part in pieces)
    assert sum(map(len, pieces)) == complete(scattered()[1]).sum()
    assert min(WholeTrajectoriesView(record).train.lengths) >= 10  # shorter ones are left out


def test_pieces_that_are_too_short_are_left_out_and_that_is_said(caplog):
    record = record_of(*scattered(share=0.05))
    caplog.set_level(logging.INFO)
    view = WholeTrajectoriesView(record)
    assert min(view.train.lengths) >= 10
    for part in range(view.train.n_trajectories):
        rows = view.train.rows[part]
        np.testing.assert_allclose(np.diff(view.train.times[part, rows]), 0.5)
    n_rows = record.splits["train"].n_states - sum(view.train.lengths)
    assert f"left out of the train split: {n_rows} rows in pieces between gaps that are too short" in caplog.messages
    caplog.clear()
    LaggedPairsView(record, lag=4, batch_size=8)
    (line,) = caplog.messages
    assert "pieces between gaps that are too short" in line


def test_on_a_clock_of_its_own_a_row_that_was_cut_out_parts_the_record_as_well():
    times = np.cumsum(np.random.default_rng(1).uniform(0.5, 1.5, 60))
    states = np.stack([times, -times], axis=1)
    states[[20, 21, 40], 0] = np.nan
    record = record_of(times, states, split={"train": 1.0})
    part = record.splits["train"]
    assert part.lengths == (57,)
    assert WholeTrajectoriesView(record).train.lengths.tolist() == [20, 18, 19]
    later = part.select(time=slice(30, None))
    assert part.select(time=slice(0, 30)).joined_in_time(later).edges(0) == part.edges(0) == [0, 20, 38, 57]
    fine = resampled(part, 0.25)
    for cut in ([20, 21], [40]):
        between = (fine.times[0] > times[cut[0] - 1] + 1e-6) & (fine.times[0] < times[cut[-1] + 1] - 1e-6)
        assert not between.any()
    assert len(fine.between_gaps().states) == 3
    assert len(resampled(part, 5.0).cuts(0)) <= 2


def test_the_clock_is_that_of_the_whole_whoever_gives_it(tmp_path):
    states = np.arange(40.0)[:, None]
    states[10] = np.nan
    expected = np.delete(np.arange(40.0), 10)
    record = record_of(None, states, split={"train": 1.0})
    np.testing.assert_array_equal(record.splits["train"].times[0], expected)
    record = record_of(None, states, split={"train": 1.0}, time_step=0.1)
    np.testing.assert_allclose(record.splits["train"].times[0], 0.1 * expected)
    assert record.splits["train"].time_step == 0.1
    both = record_of(None, [states, np.arange(30.0)[:, None]], split={"train": 1.0}).splits["train"]
    assert both.lengths == (39, 30)
    np.testing.assert_array_equal(both.times[1], np.arange(30))
    assert both.between_gaps().lengths == (10, 29, 30)


def test_a_trajectory_without_a_long_piece_is_left_out_by_name_and_the_others_are_cut(caplog):
    """The second has two rows between its gaps: neither it nor the first may be followed across them."""
    first, second = np.delete(np.arange(60.0), [20, 21]), np.concatenate([[k, k + 1] for k in range(0, 60, 4)])
    inputs = tuple(np.sin(times)[:, None] for times in (first, second.astype(float)))
    record = Trajectories(
        (first[:, None], second[:, None].astype(float)),
        times=(first, second.astype(float)),
        inputs=inputs,
        names=("long.csv", "torn.csv"),
    )
    assert spans_to_learn(record) == [(0, slice(0, 20)), (0, slice(20, 58))]
    assert record.between_gaps(3).lengths == (20, 38)
    torn = record.select(trajectories=[1])
    with pytest.raises(DataError, match=r"torn\.csv\) has no 3 rows without a gap between them .*data\.missing="):
        spans_to_learn(torn)
    files = TrajectoryFiles.from_arrays(
        [first, second.astype(float)],
        [np.column_stack([np.cos(part), np.sin(part)]) for part in (first, second)],
        inputs=[1],
        split={"train": 1.0},
    )
    caplog.set_level(logging.INFO)
    assert WholeTrajectoriesView(files).train.lengths.tolist() == [20, 38]
    assert "30 rows in pieces between gaps that are too short, among them all of trajectory 1 (array 1)" in caplog.text


def test_windows_say_what_to_do_instead():
    with pytest.raises(DataError, match=r"windows need states at regular times; set data\.missing=interpolate"):
        WindowsView(record_of(*scattered()), 2, 2, 2)


def test_many_short_trajectories_are_taken_apart_in_a_time_that_grows_with_their_number() -> None:
    """Asking for all lengths once for each of them took an hour for 60 000."""
    asked = []

    class Counted(np.ndarray):
        @property
        def shape(self):
            asked.append(1)
            return super().shape

    states = [np.zeros((3, 1)).view(Counted) for _ in range(300)]
    found = Trajectories(tuple(states), time_step=1.0)
    asked.clear()
    assert found.select(trajectories=range(300), time=slice(0, 2)).n_trajectories == 300
    assert [found.edges(number) for number in range(300)] == 300 * [[0, 3]]
    assert len(asked) < 20 * 300
