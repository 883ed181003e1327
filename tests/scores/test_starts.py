"""Where forecasts begin: evenly over what is held out, the same rows for all, and never across a gap."""

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data import Record, Trajectories
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.scores.forecasting.starts import starts_in


class Given(Record):
    def __init__(self, trajectories, **options):
        super().__init__(**options)
        self._given = trajectories

    def load(self):
        return self._given


def counted(n_rows, missing=(), n_trajectories=1, **options):
    """The state of a row is its number, its time half of that; some rows are missing."""
    rows = np.setdiff1d(np.arange(n_rows), missing).astype(np.float64)
    states = tuple(rows[:, None] + 1000 * number for number in range(n_trajectories))
    times = (0.5 * rows,) * n_trajectories if len(missing) else None
    record = Given(Trajectories(states, time_step=0.5, times=times), **options)
    record.setup()
    return record


SPLIT = {"train": 0.5, "validation": 0.2, "test": 0.3}


def test_starts_are_spread_evenly_from_the_first_row_of_the_part_to_the_last_that_has_room():
    record = counted(200, split=SPLIT)
    starts = starts_in(record, "test", horizon=10, n_past=3, n_starts=6)
    assert starts.rows == [140, 150, 160, 170, 180, 190]
    np.testing.assert_array_equal(starts.future(10).states[-1].ravel(), np.arange(190, 200))
    past = starts.past(50)
    assert past.lengths == (50,) * 6
    np.testing.assert_array_equal(past.states[0].ravel(), np.arange(90, 140))  # from the parts before
    assert past.times_of(0)[-1] + 0.5 == starts.future(10).times_of(0)[0]


def test_at_least_twenty_where_the_part_has_room_and_as_many_as_there_are_else():
    record = counted(200, split=SPLIT)
    assert len(starts_in(record, "test", 41, 1, 20).rows) == 20
    assert starts_in(record, "test", 58, 1, 20).rows == [140, 141, 142]
    assert starts_in(record, "test", 60, 1, 20).rows == [140]


def test_calibration_starts_see_nothing_of_the_test_part():
    starts = starts_in(counted(200, split=SPLIT), "validation", 20, 3, 20)
    assert (starts.rows[0], starts.rows[-1]) == (100, 120)
    assert starts.whole.lengths == (140,)


def test_no_past_and_no_future_crosses_a_gap():
    record = counted(230, missing=np.arange(170, 200), split=SPLIT)  # rows 140 to 169 and 200 to 229 are the test
    starts = starts_in(record, "test", 10, 5, 50)
    first = np.array([part[0, 0] for part in starts.future(10).states])
    np.testing.assert_array_equal(first, [*range(140, 161), *range(205, 221)])
    for past, future in zip(starts.past(40).states, starts.future(10).states, strict=True):
        rows = np.concatenate([past.ravel(), future.ravel()])
        np.testing.assert_array_equal(np.diff(rows), 1)
    assert min(starts.past(40).lengths) == 5


def test_held_out_trajectories_begin_after_the_rows_that_all_methods_may_need():
    split = {"train": 1, "validation": 1, "test": 2}
    record = counted(50, n_trajectories=4, split=split, split_by="trajectory")
    starts = starts_in(record, "test", 30, 15, 100)
    assert starts.numbers == [0] * 6 + [1] * 6
    assert starts.rows == [*range(15, 21)] * 2
    assert starts.past(100).lengths == (*range(15, 21),) * 2


def test_a_horizon_that_outlasts_the_record_is_refused_in_one_sentence():
    record = counted(200, split=SPLIT)
    with pytest.raises(DataError, match=r"^evaluation.horizon=61: the test part has no more than 60 rows"):
        starts_in(record, "test", 61, 1, 20)
    with pytest.raises(DataError, match=r"evaluation.long_run_rows=99: .* larger data.split.test"):
        starts_in(record, "test", 99, 1, 1, "long_run_rows")
    with pytest.raises(DataError, match=r"data.split.test=0: nothing is held out"):
        starts_in(counted(20, split={"train": 1.0, "validation": 0, "test": 0}), "test", 1, 1, 1)


def test_many_short_trajectories_are_told_to_be_held_out_whole():
    record = TrajectoryFiles.from_arrays(None, np.random.default_rng(0).normal(size=(4, 40, 2)))
    record.setup()
    with pytest.raises(DataError, match=r"a larger data\.split\.test, or hold out .* data\.split_by=trajectory$"):
        starts_in(record, "test", 9, 1, 20)
