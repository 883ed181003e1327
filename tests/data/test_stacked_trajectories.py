"""Long tables, in which a column tells the trajectories apart, as pandas writes them."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.sources import TrajectoryFiles

ONE = pd.DataFrame({"t": np.arange(20) / 4, "x": np.sin(np.arange(20)), "y": np.cos(np.arange(20))})


def stacked(name: str = "id", labels: tuple = (3, 1, 2), later: float = 0) -> pd.DataFrame:
    parts = [ONE.assign(**{name: label, "t": ONE.t + later * n, "x": ONE.x + n}) for n, label in enumerate(labels)]
    return pd.concat(parts, ignore_index=True)[[name, "t", "x", "y"]]


def load(folder: Path, frame: pd.DataFrame, suffix: str = ".csv", index: bool = False, **options: object):
    path = folder / f"x{suffix}"
    frame.to_csv(path, index=index) if suffix == ".csv" else getattr(frame, f"to_{suffix[1:]}")(path)
    record = TrajectoryFiles(path, **{"split": {"train": 1.0}} | options)  # type: ignore[arg-type]
    record.setup()
    return record, record.splits["train"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".feather"])
@pytest.mark.parametrize("labels", [(3, 1, 2), ("a", "b", "c")])
@pytest.mark.parametrize("options", [{}, {"key": ["x", "y"]}, {"time_column": "t"}])
@pytest.mark.parametrize("mixed", [False, True])
def test_each_label_is_a_trajectory_with_the_clock_of_its_rows(tmp_path, suffix, labels, options, mixed):
    frame = stacked(labels=labels)
    frame = frame.sort_values("t", kind="stable", ignore_index=True) if mixed else frame
    record, found = load(tmp_path, frame, suffix, **options)
    assert (found.component_names, found.lengths) == (("x", "y"), (20, 20, 20))
    for n in range(3):
        np.testing.assert_allclose(found.states[n], ONE[["x", "y"]] + [n, 0])
        np.testing.assert_array_equal(found.times_of(n), ONE.t)
    assert "id tells 3 trajectories apart (data.key=[id, …]: it is a state)" in record.reading
    assert found.name(0).endswith(f"x{suffix}, id {labels[0]})")


@pytest.mark.parametrize("name", ["ID", "trajectory", "unique_id", "run", "particle", "trajectory_number"])
def test_such_a_column_has_one_of_many_names_and_stands_anywhere(tmp_path, name):
    frame = stacked(name)[["t", "x", name, "y"]]
    assert load(tmp_path, frame)[1].lengths == (20, 20, 20)
    assert load(tmp_path, frame, index=True)[1].component_names == ("x", "y")
    assert load(tmp_path, frame, time_column=0)[1].component_names == ("x", "y")


def test_trajectories_without_a_clock_or_on_one_that_goes_on_are_told_apart(tmp_path):
    assert load(tmp_path, stacked()[["id", "x", "y"]])[1].lengths == (20, 20, 20)
    assert load(tmp_path, stacked(later=5))[1].lengths == (20, 20, 20)
    assert load(tmp_path, stacked(later=5).sample(frac=1, random_state=0).sort_values("t"))[1].lengths == (20, 20, 20)
    dates = stacked().assign(t=np.tile(pd.date_range("2020-01-01", periods=20), 3))
    assert load(tmp_path, dates)[1].time_unit == "day"


def test_what_may_be_a_state_stays_one(tmp_path):
    assert load(tmp_path, stacked(later=5), key=["id", "x"])[1].component_names == ("id", "x")
    assert load(tmp_path, stacked("run", later=5))[1].component_names == ("run", "x", "y")
    for flags in (np.arange(20) % 2, np.random.default_rng(0).permutation(20), np.arange(20) // 4 / 8):
        frame = ONE.assign(run=flags)[["run", "x", "y"]]
        assert load(tmp_path, frame)[1].component_names == ("run", "x", "y")
    assert load(tmp_path, ONE.assign(id=7))[1].component_names == ("x", "y", "id")


def test_rows_that_stand_alone_are_told_and_a_fault_names_its_trajectory(tmp_path):
    record, found = load(tmp_path, stacked().iloc[:41])
    assert found.lengths == (20, 20)
    for told in ("id tells 3 trajectories apart", "1 of them with a single row are left out"):
        assert told in record.reading
    frame = stacked()
    frame.loc[frame.id == 1, "t"] = ONE.t.to_numpy()[::-1]
    with pytest.raises(DataError, match=r", id 1 has the clock t, whose times decrease; sort"):
        load(tmp_path, frame)
    with pytest.raises(DataError, match=r"trajectory 0 \(.*x.csv, id 3\): the time is 0.25 at row 2"):
        load(tmp_path, stacked().replace({"t": {0.5: 0.25}}))


def test_without_such_a_column_it_is_asked_for(tmp_path):
    with pytest.raises(DataError, match=r"the clock t begins again in row 20; .* a file each \(.*\) or a column id"):
        load(tmp_path, stacked()[["t", "x", "y"]])
