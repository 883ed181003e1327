import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import TrajectoryFiles

TIMES = np.linspace(0, 2, 21)
STATES = np.stack([np.sin(TIMES), np.cos(TIMES)], axis=1)


def load(path, **options):
    record = TrajectoryFiles(str(path), **{"split": {"train": 1.0}, "split_by": "time"} | options)
    record.setup()
    return record, record.splits["train"]


def cells(*parts):
    found = np.empty((1, len(parts)), dtype=object)
    found[0] = [*parts]
    return found


class Matlab73:
    """Writes variables the way MATLAB's `save -v7.3` lays them out."""

    def __init__(self, path):
        h5py = pytest.importorskip("h5py", reason="needs the extra `files`")
        self.h5py, self.path = h5py, path
        self.file = h5py.File(path, "w", userblock_size=512)
        self.n_references = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        with self.path.open("r+b") as file:
            file.write(
                b"MATLAB 7.3 MAT-file, Platform: PCWIN64, Created on: Mon Jun  1 2020".ljust(124) + b"\x00\x02IM"
            )

    def write(self, value, name, parent=None):
        parent = self.file if parent is None else parent
        if isinstance(value, dict):
            group = parent.create_group(name)
            group.attrs["MATLAB_class"] = np.bytes_("struct")
            for field, inner in value.items():
                self.write(inner, field, group)
        elif isinstance(value, list):  # cells
            self._references(parent, name, value).attrs["MATLAB_class"] = np.bytes_("cell")
        elif isinstance(value, tuple):  # an array of structures
            group = parent.create_group(name)
            group.attrs["MATLAB_class"] = np.bytes_("struct")
            for field in value[0]:
                self._references(group, field, [one[field] for one in value])
        elif isinstance(value, str):
            codes = np.frombuffer(value.encode("utf-16-le"), "<u2")[:, None]
            array = parent.create_dataset(name, data=codes)
            array.attrs["MATLAB_class"], array.attrs["MATLAB_int_decode"] = np.bytes_("char"), np.int32(2)
        elif value is None:  # []
            array = parent.create_dataset(name, data=np.zeros(2, dtype="u8"))
            array.attrs["MATLAB_class"], array.attrs["MATLAB_empty"] = np.bytes_("double"), np.uint8(1)
        else:
            array = parent.create_dataset(name, data=np.atleast_2d(value).T)
            array.attrs["MATLAB_class"] = np.bytes_("double")
        return parent[name]

    def _references(self, parent, name, values):
        hidden = self.file.require_group("#refs#")
        found = []
        for value in values:
            self.n_references += 1
            found.append(self.write(value, f"r{self.n_references}", hidden).ref)
        return parent.create_dataset(name, data=np.array([found], dtype=object).T, dtype=self.h5py.ref_dtype)


def write_5(path, variables):
    def plain(value):
        if isinstance(value, dict):
            return {name: plain(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return cells(*map(plain, value))
        if isinstance(value, tuple):
            fields = list(value[0])
            found = np.zeros((1, len(value)), dtype=[(name, object) for name in fields])
            for number, one in enumerate(value):
                for name in fields:
                    found[0, number][name] = plain(one[name])
            return found
        return np.zeros((0, 0)) if value is None else value

    savemat(path, {name: plain(value) for name, value in variables.items()})


def write_7_3(path, variables):
    with Matlab73(path) as file:
        for name, value in variables.items():
            file.write(value, name)


versions = pytest.mark.parametrize("write", [write_5, write_7_3])


@versions
def test_rows_are_moments_and_text_names_components(tmp_path, write):
    write(tmp_path / "x.mat", {"t": TIMES, "X": STATES, "names": ["hare", "lynx"], "units": ["mV", "kg"], "who": "me"})
    record, found = load(tmp_path / "x.mat")
    np.testing.assert_array_equal(found.states[0], STATES)
    np.testing.assert_array_equal(found.times_of(0), TIMES)
    assert found.component_names == ("hare", "lynx")
    assert found.facts["component_units"] == ("mV", "kg")
    assert record.reading == "hare, lynx: 21 rows, every 0.1 time; the array t is the time"


@versions
def test_a_matrix_with_the_time_along_its_columns_is_turned(tmp_path, write):
    write(tmp_path / "x.mat", {"t": TIMES, "y": STATES.T})
    record, found = load(tmp_path / "x.mat")
    np.testing.assert_array_equal(found.states[0], STATES)
    assert "the last axis of array y is the time" in record.reading


@versions
def test_fields_of_a_structure_are_chosen_by_its_name(tmp_path, write):
    runs = {"fast": {"t": TIMES, "x": STATES}, "slow": {"t": 10 * TIMES, "x": 2 * STATES}, "note": "two runs"}
    write(tmp_path / "x.mat", {"run": runs, "mass": 3.0})
    for key in ("run.slow.x", "run.slow"):
        found = load(tmp_path / "x.mat", key=key)[1]
        np.testing.assert_array_equal(found.states[0], 2 * STATES)
        np.testing.assert_array_equal(found.times_of(0), 10 * TIMES)
    both = load(tmp_path / "x.mat", key="run")[1]
    np.testing.assert_array_equal(both.times_of(0), TIMES)
    np.testing.assert_array_equal(both.times_of(1), 10 * TIMES)
    with pytest.raises(ConfigurationError, match=r"data\.key=run\.x: .*its arrays are .*run\.fast\.t, run\.fast\.x"):
        load(tmp_path / "x.mat", key="run.x")


@versions
def test_cells_are_trajectories_with_their_own_clocks(tmp_path, write):
    write(tmp_path / "x.mat", {"x": [STATES, STATES[:15]], "t": [TIMES, 3 * TIMES[:15]]})
    for options in ({}, {"key": "x"}, {"key": "x", "times_key": "t"}):
        found = load(tmp_path / "x.mat", **options)[1]
        assert found.lengths == (21, 15)
        np.testing.assert_array_equal(found.states[1], STATES[:15])
        np.testing.assert_array_equal(found.times_of(1), 3 * TIMES[:15])
    write(tmp_path / "y.mat", {"x": [STATES, STATES + 1], "t": TIMES})
    shared = load(tmp_path / "y.mat")[1]
    np.testing.assert_array_equal(shared.times_of(1), TIMES)
    write(tmp_path / "z.mat", {"runs": [{"t": TIMES, "x": STATES}, {"t": TIMES + 5, "x": STATES[::-1]}]})
    structures = load(tmp_path / "z.mat", key="runs.x")[1]
    np.testing.assert_array_equal(structures.states[1], STATES[::-1])
    np.testing.assert_array_equal(structures.times_of(1), TIMES + 5)


@versions
def test_an_array_of_structures_is_one_trajectory_each(tmp_path, write):
    runs = tuple({"t": TIMES * number, "x": STATES * number, "name": f"run {number}"} for number in (1, 2, 3))
    write(tmp_path / "x.mat", {"s": runs})
    for key in (None, "s", "s.x"):
        found = load(tmp_path / "x.mat", key=key)[1]
        assert found.lengths == (21, 21, 21)
        np.testing.assert_array_equal(found.states[2], 3 * STATES)
        np.testing.assert_array_equal(found.times_of(2), 3 * TIMES)
    single = load(tmp_path / "x.mat", key="s(2).x")[1]
    np.testing.assert_array_equal(single.states[0], 2 * STATES)


@versions
def test_what_is_empty_is_left_out_and_told(tmp_path, write):
    write(tmp_path / "x.mat", {"x": STATES, "nothing": None, "dt": 0.25})
    record, found = load(tmp_path / "x.mat")
    assert found.time_step == 0.25
    assert "nothing, an empty array, is left out; dt is the time between two rows" in record.reading


def test_objects_and_functions_of_version_7_3_are_left_out_and_told(tmp_path):
    with Matlab73(tmp_path / "x.mat") as file:
        file.write(STATES, "x")
        table = file.write(np.arange(6.0), "table")
        table.attrs["MATLAB_class"], table.attrs["MATLAB_object_decode"] = np.bytes_("table"), np.int32(3)
    record, found = load(tmp_path / "x.mat")
    np.testing.assert_array_equal(found.states[0], STATES)
    assert "table, an object, is left out" in record.reading


def test_sparse_matrices_are_filled(tmp_path):
    matrix = csc_matrix(np.where(STATES > 0.5, STATES, 0))
    savemat(tmp_path / "x.mat", {"x": matrix})
    np.testing.assert_array_equal(load(tmp_path / "x.mat")[1].states[0], matrix.toarray())
    with Matlab73(tmp_path / "y.mat") as file:
        group = file.file.create_group("x")
        group.attrs["MATLAB_class"], group.attrs["MATLAB_sparse"] = np.bytes_("double"), np.uint64(21)
        for name, values in (("data", matrix.data), ("ir", matrix.indices), ("jc", matrix.indptr)):
            group.create_dataset(name, data=values)
    np.testing.assert_array_equal(load(tmp_path / "y.mat")[1].states[0], matrix.toarray())


def test_complex_numbers_of_version_7_3_are_refused(tmp_path):
    with Matlab73(tmp_path / "x.mat") as file:
        pairs = np.zeros((1, 21), dtype=[("real", "f8"), ("imag", "f8")])
        file.file.create_dataset("z", data=pairs).attrs["MATLAB_class"] = np.bytes_("double")
    with pytest.raises(DataError, match=r"array 'z' has the type .*; only real numbers"):
        load(tmp_path / "x.mat")


def test_a_structure_that_holds_itself_ends(tmp_path):
    with Matlab73(tmp_path / "x.mat") as file:
        file.write(STATES, "x")
        loop = file.file.create_dataset("loop", (9, 9), dtype=file.h5py.ref_dtype)
        loop.attrs["MATLAB_class"] = np.bytes_("cell")
        loop[...] = loop.ref
    record, _ = load(tmp_path / "x.mat")
    assert "loop{1}, a loop, is left out" in record.reading


def test_a_step_beside_cells_and_groups_is_that_of_each(tmp_path):
    """It was an array of another shape, and the file refused; also where the clock was named."""
    h5py = pytest.importorskip("h5py", reason="needs the extra `files`")
    angle = 0.05 * np.arange(50)
    cells = np.empty((1, 2), dtype=object)
    with h5py.File(tmp_path / "runs.h5", "w") as file:
        for number in range(2):
            cells[0, number] = np.column_stack([np.cos(angle + number), np.sin(angle + number)])
            file.create_dataset(f"run{number}/x", data=cells[0, number])
        file["dt"] = 0.05
    savemat(tmp_path / "cells.mat", {"x": cells, "dt": 0.05})
    savemat(tmp_path / "clock.mat", {"x": cells[0, 0], "t": angle, "dt": 0.05})
    for name, clock, n_trajectories in (("runs.h5", None, 2), ("cells.mat", None, 2), ("clock.mat", "t", 1)):
        record = TrajectoryFiles(str(tmp_path / name), split={"train": 1.0}, times_key=clock)
        record.setup()
        assert record.splits["train"].lengths == (50,) * n_trajectories
        assert record.spec.time_step == pytest.approx(0.05)


def test_times_of_two_axes_on_disk_are_one_clock_for_each_trajectory(tmp_path):
    with Matlab73(tmp_path / "x.mat") as file:
        for name, values in (("x", np.stack([TIMES, TIMES**2])), ("when", np.stack([TIMES, 2 * TIMES]))):
            file.write(values, name)
    found = load(tmp_path / "x.mat", key="x", layout="many", times_key="when")[1]
    np.testing.assert_array_equal(found.states[1][:, 0], TIMES**2)
    np.testing.assert_array_equal(found.times_of(1), 2 * TIMES)
