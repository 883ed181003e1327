import subprocess
import sys

import numpy as np
import pytest
from scipy.io import savemat

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.readers import read_arrays
from sciml_bench.data.sources import TrajectoryFiles

STATES = np.random.default_rng(0).standard_normal((20, 3))


def test_npy_files_are_opened_as_memory_maps(tmp_path):
    np.save(tmp_path / "x.npy", STATES)
    array = read_arrays(tmp_path / "x.npy")[""]
    assert isinstance(array, np.memmap)
    np.testing.assert_array_equal(array, STATES)


def test_npz_arrays_come_by_name_in_their_order(tmp_path):
    np.savez(tmp_path / "x.npz", b=STATES, a=2 * STATES)
    assert list(read_arrays(tmp_path / "x.npz")) == ["b", "a"]
    np.testing.assert_array_equal(read_arrays(tmp_path / "x.npz", key="a")["a"], 2 * STATES)


def test_matlab_rows_are_moments_and_vectors_one_component(tmp_path):
    savemat(tmp_path / "x.mat", {"y": STATES, "row": np.arange(5.0)[None], "column": np.arange(5.0)[:, None]})
    arrays = read_arrays(tmp_path / "x.mat")
    np.testing.assert_array_equal(arrays["y"], STATES)
    assert arrays["row"].shape == arrays["column"].shape == (5,)


def test_an_unknown_key_lists_the_arrays(tmp_path):
    np.savez(tmp_path / "x.npz", first=STATES, second=STATES)
    with pytest.raises(ConfigurationError, match=r"data.key=third: .* its arrays are first, second"):
        read_arrays(tmp_path / "x.npz", key="third")


def test_an_unknown_suffix_lists_the_known_ones(tmp_path):
    (tmp_path / "x.parq").write_bytes(b"PAR1")
    with pytest.raises(ConfigurationError, match=r"unknown suffix '\.parq'; known are \.csv, .*\.npy, \.npz, \.mat"):
        read_arrays(tmp_path / "x.parq")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".mat", ".csv", ".zip"])
def test_an_empty_file_is_named(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.touch()
    with pytest.raises(DataError, match=f"{path}: the file is empty"):
        read_arrays(path)


@pytest.mark.parametrize("fraction", [0.02, 0.3, 0.6, 0.95])
@pytest.mark.parametrize("kind", ["npy", "npz", "mat", "mat-compressed"])
def test_a_truncated_file_is_named(tmp_path, kind, fraction):
    path = tmp_path / f"x.{kind.split('-')[0]}"
    values = np.random.default_rng(0).standard_normal((500, 3))
    if path.suffix == ".npy":
        np.save(path, values)
    elif path.suffix == ".npz":
        np.savez_compressed(path, x=values, y=values)
    else:
        savemat(path, {"x": values, "y": values}, do_compression="compressed" in kind)
    content = path.read_bytes()
    path.write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(DataError, match=f"data.path={path}"):
        read_arrays(path)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".mat", ".zip"])
def test_a_file_of_another_format_is_named(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_bytes(b"this is not what the suffix says\n" * 30)
    with pytest.raises(DataError, match=f"data.path={path}"):
        read_arrays(path)


def test_objects_are_never_unpickled(tmp_path):
    marker = tmp_path / "executed"

    class Trap:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    ragged = np.array([Trap(), None], dtype=object)
    np.save(tmp_path / "x.npy", ragged, allow_pickle=True)
    np.savez(tmp_path / "x.npz", x=ragged)
    for name in ("x.npy", "x.npz"):
        with pytest.raises(DataError, match="object array"):
            read_arrays(tmp_path / name)
    assert not marker.exists()


def test_an_array_of_objects_is_in_the_way_of_nobody_who_chooses_another(tmp_path):
    np.savez(tmp_path / "x.npz", x=STATES, about=np.array([{"rate": 3}, None], dtype=object))
    told = r"the array about holds objects, which are never loaded; .*data\.key=.* \(of x\)"
    with pytest.raises(DataError, match=told):
        TrajectoryFiles(str(tmp_path / "x.npz")).load()
    np.testing.assert_array_equal(TrajectoryFiles(str(tmp_path / "x.npz"), key="x").load().states[0], STATES)


def test_arrays_without_rows_and_values_without_squares_are_told(tmp_path):
    np.save(tmp_path / "x.npy", np.empty((0, 2)))
    with pytest.raises(DataError, match="has no rows; give one per moment"):
        TrajectoryFiles(str(tmp_path / "x.npy")).load()
    np.save(tmp_path / "x.npy", 1e-200 * STATES)
    with pytest.raises(DataError, match="so that their squares are zero; give them in another unit"):
        TrajectoryFiles(str(tmp_path / "x.npy")).setup()
    np.save(tmp_path / "x.npy", 1e-100 * STATES)
    TrajectoryFiles(str(tmp_path / "x.npy")).setup()


def test_complex_numbers_are_refused(tmp_path):
    savemat(tmp_path / "x.mat", {"s": {"a": 1j}, "x": STATES})
    with pytest.raises(DataError, match=r"array 's\.a' has the type complex128.*data\.key"):
        read_arrays(tmp_path / "x.mat")
    np.testing.assert_array_equal(read_arrays(tmp_path / "x.mat", key="x")["x"], STATES)


@pytest.mark.parametrize("offset", [0, 512])
def test_a_damaged_matlab_file_of_version_7_3_is_named(tmp_path, offset):
    pytest.importorskip("h5py", reason="needs the extra `files`")
    (tmp_path / "x.mat").write_bytes(b"MATLAB 7.3".ljust(offset)[:offset] + b"\x89HDF\r\n\x1a\n" + bytes(600))
    with pytest.raises(DataError, match=r"x\.mat cannot be read; it is truncated"):
        read_arrays(tmp_path / "x.mat")


def test_the_readers_load_no_package_of_a_format_before_it_is_needed():
    heavy = "{'zarr', 'scipy.io', 'h5py', 'xarray', 'pandas', 'pyarrow', 'wfdb', 'pyedflib', 'mdtraj'}"
    code = f"import sys, sciml_bench.data.files.readers; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_records_with_named_fields_are_columns(tmp_path):
    rows = np.zeros(20, dtype=[("t", "f8"), ("hare", "f4"), ("lynx", "i4")])
    rows["t"], rows["hare"], rows["lynx"] = np.arange(20) ** 1.1, STATES[:, 0], np.arange(20) % 3
    np.save(tmp_path / "x.npy", rows)
    np.savez(tmp_path / "x.npz", run=rows)
    for name in ("x.npy", "x.npz"):
        found = TrajectoryFiles(str(tmp_path / name)).load()
        assert found.component_names == ("hare", "lynx")
        np.testing.assert_array_equal(found.times_of(0), rows["t"])
        np.testing.assert_array_equal(found.states[0][:, 1], rows["lynx"])


def test_moments_are_a_clock(tmp_path):
    days = np.datetime64("2020-02-27") + np.arange(20)
    np.savez(tmp_path / "x.npz", when=days, time=days.astype("datetime64[ns]"), x=STATES)
    with pytest.raises(DataError, match=r"differ in shape \(when \(20,\), time \(20,\), x"):
        TrajectoryFiles(str(tmp_path / "x.npz")).load()
    found = TrajectoryFiles(str(tmp_path / "x.npz"), key="x").load()
    np.testing.assert_array_equal(found.times_of(0), np.arange(20))
    assert found.time_unit == "day"
