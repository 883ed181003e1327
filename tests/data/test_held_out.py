import logging

import numpy as np
import pytest

from sciml_bench.data.held_out import end_of, past_and_future, shown_arrays, up_to_gaps
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.trajectories import Trajectories


def record_of(*lengths, **options):
    """State t of trajectory j is 100 j + t."""
    states = [100.0 * number + np.arange(float(n))[:, None] for number, n in enumerate(lengths)]
    record = TrajectoryFiles.from_arrays(None, states, **options)
    record.setup()
    return record


def rows(trajectories):
    return [np.asarray(states)[:, 0].tolist() for states in trajectories.states]


def test_the_past_of_a_split_by_time_is_everything_before_the_test():
    record = record_of(10, 20, split={"train": 0.5, "validation": 0.2, "test": 0.3})
    past, future = past_and_future(record, 2)
    assert rows(past) == [[*range(7)], [*range(100, 114)]]
    assert rows(future) == [[7, 8, 9], [*range(114, 120)]]
    assert future.times_of(0).tolist() == [7, 8, 9]
    without = record_of(10, split={"train": 6, "test": 4})
    assert rows(past_and_future(without, 2)[0]) == [[*range(6)]]


def test_there_is_no_forecast_without_a_test_part_or_with_too_short_a_past():
    assert past_and_future(record_of(10, split={"train": 0.6, "validation": 0.4}), 1) is None
    record = record_of(10, 20, split={"train": 0.5, "validation": 0.2, "test": 0.3})
    assert past_and_future(record, 7) is not None
    assert past_and_future(record, 8) is None


def test_whole_trajectories_are_given_as_many_rows_as_the_method_needs_and_no_more():
    record = record_of(9, 3, 8, 5, split={"train": 1, "test": 3}, split_by="trajectory")
    past, future = past_and_future(record, 4)
    assert rows(past) == [[200, 201, 202, 203], [300, 301, 302, 303]]
    assert rows(future) == [[204, 205, 206, 207], [304]]
    assert past_and_future(record, 8) is None


@pytest.mark.parametrize(
    ("split_by", "split", "expected"),
    [
        ("time", {"train": 0.5, "validation": 0.2, "test": 0.3}, [[8, 9], [108, 109]]),
        ("trajectory", {"train": 1, "test": 1}, [[108, 109]]),
    ],
)
def test_a_forecast_without_a_past_begins_at_the_end_of_the_record(split_by, split, expected):
    end = end_of(record_of(10, 10, split=split, split_by=split_by), 2)
    assert rows(end) == expected
    assert end.times_of(0).tolist() == [8, 9]
    assert not end.on_disk


def test_pictures_get_the_rows_learned_from_and_those_to_come_apart():
    record = record_of(6, 4, split={"train": 0.5, "test": 0.5})
    arrays = shown_arrays(*past_and_future(record, 1))
    assert arrays["window"].tolist() == [[1, 1, 1, 2, 2, 2], [1, 1, 2, 2, 0, 0]]
    assert arrays["observed"][1, :, 0].tolist() == [100, 101, 102, 103, 103, 103]
    assert arrays["times"].tolist() == [[0, 1, 2, 3, 4, 5]] * 2
    assert (arrays["component_names"].tolist(), str(arrays["time_unit"])) == (["x1"], "step")
    assert "clean" not in arrays
    assert (shown_arrays(record.part("train"), None)["window"] == [[1, 1, 1], [1, 1, 0]]).all()


@pytest.mark.parametrize(
    ("missing", "reached"), [([25], 5), ([20], None), ([19], None), ([18], None), ([17], 10), ([], 10)]
)
def test_a_future_ends_at_its_first_missing_row(missing, reached):
    times = np.delete(np.arange(30.0), missing)
    whole = Trajectories((times[:, None],), times=(times,))
    n_past = int((times < 20).sum())
    past, future = whole.select(time=slice(0, n_past)), whole.select(time=slice(n_past, None))
    found = up_to_gaps(past, future, n_rows=2)
    assert (found if found is None else found.lengths) == (reached if reached is None else (reached,))


@pytest.mark.parametrize("missing", [[25], [22, 27], [21], [20], [9], []])
def test_a_forecast_with_inputs_ends_where_nobody_knows_them(missing, caplog):
    """Of 30 rows the last 10 are to be forecast; what is missing before them ends nothing."""
    times = np.delete(np.arange(30.0), missing)
    n_learned = int((times < 20).sum())
    options = {"inputs": [1], "split": {"train": n_learned, "test": len(times) - n_learned}}
    record = TrajectoryFiles.from_arrays(times, np.column_stack([np.cos(times), np.sin(times)]), **options)
    record.setup()
    caplog.set_level(logging.INFO)
    found = past_and_future(record, 1)
    n_known = min([row - 20 for row in missing if row >= 20], default=10)
    assert (0 if found is None else found[1].lengths[0]) == n_known
    assert ("the forecast ends at a gap" in caplog.text) == (n_known < 10)
    free = TrajectoryFiles.from_arrays(times, np.cos(times)[:, None], split=options["split"])
    free.setup()
    assert past_and_future(free, 1)[1].lengths == (len(times) - n_learned,)
