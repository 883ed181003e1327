"""Clocks of several files count in one unit, and a clock for each trajectory is known by its name."""

from typing import Any

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.sources import TrajectoryFiles

T = np.arange(60) / 10


def runs(folder, factors):
    for number, factor in enumerate(factors):
        rows = np.column_stack([factor * T, np.sin(T + number)])
        np.savetxt(folder / f"run{number}.csv", rows, delimiter=",", header="t,x", comments="")
    return str(folder / "run*.csv")


def load(path, **options) -> Any:
    return TrajectoryFiles(path, **options).load()


def test_a_file_in_another_unit_is_named_with_its_factor_and_the_ways_out(tmp_path):
    path = runs(tmp_path, [1, 1, 1000, 1])
    with pytest.raises(
        DataError, match=r"the times of .*run2\.csv are 100 apart, those of .*run0\.csv 0\.1: .*1000, as be"
    ):
        load(path)
    with pytest.raises(DataError, match=r"as between ms and s; write all times in one unit.*data\.clocks=own"):
        load(path)
    assert load(path, clocks="own").n_trajectories == 4
    assert load(path, time_step=0.1).is_regular


@pytest.mark.parametrize(
    ("factors", "said"), [([1, 1 / 60], "s and min"), ([1, 3600, 3600], "s and h"), ([24, 1], "h and day")]
)
def test_of_two_files_both_are_named_whichever_is_wrong(tmp_path, factors, said):
    with pytest.raises(DataError, match=rf"run\d.* apart, those of .*run\d.*as between {said}"):
        load(runs(tmp_path, factors))


def test_files_with_other_rates_are_no_fault(tmp_path):
    assert load(runs(tmp_path, [1, 2, 10, 0.7])).n_trajectories == 4


def test_an_array_of_the_name_of_a_clock_that_rises_in_each_row_is_one_for_each_trajectory(tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "x.npz"
    times, states = rng.uniform(0.1, 0.2, (5, 40)).cumsum(axis=1), rng.normal(size=(5, 40, 3))
    for given in (times, times[..., None]):
        np.savez(path, x=states, times=given)
        found = load(path)
        assert (found.n_trajectories, found.state_shape, found.time_unit) == (5, (3,), "time")
        np.testing.assert_array_equal(found.times_of(4), times[4])
    np.savez(path, x=states[..., 0], v=states[..., 1], t=times)
    found = load(path)
    assert found.component_names == ("x", "v")
    np.testing.assert_array_equal(found.states[3], states[3, :, :2])
    np.savez(path, x=states[..., 0], times=times)
    assert (load(path).n_trajectories, load(path).state_shape) == (5, (1,))
    np.savez(path, x=states, times=rng.normal(size=(5, 40)))  # does not rise
    with pytest.raises(DataError, match="the arrays differ in shape"):
        load(path)
