import json
import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.formats.zarr_stores import read_zarr
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.views.lagged_pairs import LaggedPairs

STATES = np.random.default_rng(0).standard_normal((3, 50, 2))


@pytest.fixture
def zarr():
    return pytest.importorskip("zarr", reason="needs the extra `files`")


def test_a_folder_and_a_zip_file_hold_the_same_trajectories(tmp_path, zarr):
    zarr.save_array(tmp_path / "x.zarr", STATES)
    with zarr.storage.ZipStore(tmp_path / "x.zip", mode="w") as store:
        zarr.create_array(store, data=STATES, chunks=(1, 20, 2))
    for name in ("x.zarr", "x.zip"):
        trajectories = TrajectoryFiles(str(tmp_path / name)).load()
        assert trajectories.lengths == (50, 50, 50)
        np.testing.assert_array_equal(trajectories.states[2], STATES[2])


def test_a_group_has_one_trajectory_per_array(tmp_path, zarr):
    group = zarr.open_group(tmp_path / "x.zarr", mode="w")
    for name in ("a", "b"):
        group.create_array(name, data=STATES[0])
    assert TrajectoryFiles(str(tmp_path / "x.zarr")).load().n_trajectories == 2
    assert TrajectoryFiles(str(tmp_path / "x.zarr"), key="b").load().n_trajectories == 1


@pytest.mark.parametrize("layout", ["many", "single"])
def test_large_arrays_stay_on_disk_and_give_the_same_pairs(tmp_path, zarr, layout):
    zarr.save_array(tmp_path / "x.zarr", STATES)
    lazy = TrajectoryFiles(str(tmp_path / "x.zarr"), layout=layout, in_memory_gigabytes=0).load()
    memory = TrajectoryFiles(str(tmp_path / "x.zarr"), layout=layout).load()
    assert lazy.on_disk
    assert not memory.on_disk
    indices = np.random.default_rng(0).integers(0, len(LaggedPairs(lazy)), 20)
    for one, other in zip(LaggedPairs(lazy).batch(indices), LaggedPairs(memory).batch(indices), strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_the_package_the_message_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(DataError, match=r"pip install 'sciml-bench\[files\]"):
        read_zarr(tmp_path)


def test_a_folder_that_is_not_zarr_is_refused(tmp_path, zarr):
    (tmp_path / "x.zarr").mkdir()
    with pytest.raises(DataError, match=r"x.zarr"):
        read_zarr(tmp_path / "x.zarr")


@pytest.mark.parametrize("dtype", ["|O", "<f8"])
def test_chunks_that_are_pickles_are_never_decoded(tmp_path, zarr, dtype):
    marker, folder = tmp_path / "executed", tmp_path / "x.zarr"

    class Trap:
        def __reduce__(self):
            return (open, (str(marker), "w"))

    folder.mkdir()
    metadata = {
        "zarr_format": 2, "shape": [4, 1], "chunks": [4, 1], "dtype": dtype, "fill_value": 0, "order": "C",
        "compressor": None, "filters": [{"id": "pickle", "protocol": 5}],
    }  # fmt: skip
    (folder / ".zarray").write_text(json.dumps(metadata))
    (folder / "0.0").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(DataError, match=r"cannot be read|only real numbers"):
        TrajectoryFiles(str(folder)).load()
    assert not marker.exists()


FORMATS = pytest.mark.parametrize("zarr_format", [2, 3])
FIELD = np.round(np.random.default_rng(1).standard_normal((12, 4)), 2)


def labelled(path, zarr, zarr_format, values, fill_value, chunks=(3, 4), attributes=None):
    """An array with named axes as xarray marks them, written by zarr alone."""
    group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
    names = {"dimension_names": ("time", "x")} if zarr_format == 3 else {}
    array = group.create_array(
        "u", shape=values.shape, chunks=chunks, dtype=values.dtype, fill_value=fill_value, **names
    )
    array.attrs.update({"_ARRAY_DIMENSIONS": ["time", "x"]} if zarr_format == 2 else {})
    array.attrs.update(attributes or {})
    array[:] = values
    return array


@FORMATS
def test_true_zeros_are_numbers_in_both_formats(tmp_path, zarr, zarr_format):
    pytest.importorskip("xarray", reason="needs the extra `files`")
    values = np.where(np.arange(48).reshape(12, 4) % 5 == 0, 0.0, FIELD)
    labelled(tmp_path / "x.zarr", zarr, zarr_format, values, 0.0)
    record = TrajectoryFiles(str(tmp_path / "x.zarr"), split={"train": 1.0})
    record.setup()
    np.testing.assert_array_equal(record.splits["train"].states[0], values)
    assert ("zeros of u are numbers" in record.reading) is (zarr_format == 2)


@FORMATS
@pytest.mark.parametrize("with_axes", [True, False])
def test_chunks_that_are_not_in_the_store_are_told(tmp_path, zarr, zarr_format, with_axes):
    path = tmp_path / "x.zarr"
    labelled(path, zarr, zarr_format, FIELD if with_axes else FIELD.astype(np.float32), 0.0)
    if not with_axes:
        zarr.open_group(path, mode="w", zarr_format=zarr_format).create_array("u", data=FIELD, chunks=(3, 4))
    else:
        pytest.importorskip("xarray", reason="needs the extra `files`")
    (path / "u" / ("1.0" if zarr_format == 2 else "c/1/0")).unlink()
    record = TrajectoryFiles(str(path), split={"train": 1.0})
    record.setup()
    assert "1 of 4 chunks of u are not in the store and read as 0" in record.reading
    assert not record.splits["train"].states[0][3:6].any()


@FORMATS
def test_chunks_of_missing_values_are_missing(tmp_path, zarr, zarr_format):
    pytest.importorskip("xarray", reason="needs the extra `files`")
    labelled(tmp_path / "x.zarr", zarr, zarr_format, FIELD, np.nan)
    (tmp_path / "x.zarr" / "u" / ("1.0" if zarr_format == 2 else "c/1/0")).unlink()
    with pytest.raises(DataError, match="12 values are missing"):
        TrajectoryFiles(str(tmp_path / "x.zarr")).load()


@FORMATS
def test_packed_numbers_of_xarray_are_unpacked_and_their_fill_is_missing(tmp_path, zarr, zarr_format):
    xarray = pytest.importorskip("xarray", reason="needs the extra `files`")
    values = FIELD.copy()
    values[7, 2] = np.nan
    encoding = {"u": {"dtype": "i2", "scale_factor": 0.01, "add_offset": 5.0, "_FillValue": -32767}}
    data = {"u": (("time", "x"), values)}
    xarray.Dataset(data, coords={"time": 2 * np.arange(12)}).to_zarr(
        tmp_path / "x.zarr", zarr_format=zarr_format, encoding=encoding, consolidated=False
    )
    with pytest.raises(DataError, match=r"1 values are missing.*row 7"):
        TrajectoryFiles(str(tmp_path / "x.zarr")).load()
    found = TrajectoryFiles(str(tmp_path / "x.zarr"), missing="interpolate").load()
    np.testing.assert_allclose(np.delete(found.states[0], 7, axis=0), np.delete(FIELD, 7, axis=0), atol=1e-6)
    assert found.time_step == 2


@FORMATS
def test_arrays_in_groups_are_chosen_by_their_path(tmp_path, zarr, zarr_format):
    root = zarr.open_group(tmp_path / "x.zarr", mode="w", zarr_format=zarr_format)
    for name in ("one", "two"):
        group = root.create_group(f"runs/{name}")
        group.create_array("x", data=FIELD + (name == "two"))
        group.create_array("t", data=np.arange(12.0) * (1 + (name == "two")))
    found = TrajectoryFiles(str(tmp_path / "x.zarr"), key="runs/two/x").load()
    np.testing.assert_array_equal(found.states[0], FIELD + 1)
    np.testing.assert_array_equal(found.times_of(0), 2.0 * np.arange(12))
    assert TrajectoryFiles(str(tmp_path / "x.zarr"), key="runs").load().lengths == (12, 12)


def without_the_second_chunk(path, zarr, zarr_format, kind, dtype="f8"):
    """Twelve rows in chunks of three, written by zarr without its second; a fill value of null in format 2."""
    values = (10 * FIELD + 50).astype(dtype)
    if kind == "axes":
        labelled(path, zarr, zarr_format, values, 0)
    else:
        group = zarr.open_group(path, mode="w", zarr_format=zarr_format)
        shards = {"shards": (6, 4)} if kind == "shards" else {}
        group.create_array("u", shape=(12, 4), chunks=(3, 4), dtype=dtype, fill_value=None, **shards)[:] = values
    part = "0" if kind == "shards" else "1"
    (path / "u" / (f"{part}.0" if zarr_format == 2 else f"c/{part}/0")).unlink()
    return values


@pytest.mark.parametrize("dtype", ["f4", "i4"])
@pytest.mark.parametrize(
    ("zarr_format", "kind"), [(2, "axes"), (3, "axes"), (2, "plain"), (3, "plain"), (3, "zip"), (3, "shards")]
)
def test_absent_chunks_are_missing_where_a_person_says_what_to_do_with_missing_values(
    tmp_path, zarr, zarr_format, kind, dtype
):
    path = tmp_path / "x.zarr"
    values = without_the_second_chunk(path, zarr, zarr_format, kind, dtype)
    if kind == "zip":
        path = Path(shutil.make_archive(str(tmp_path / "x"), "zip", path))
    record = TrajectoryFiles(path, missing="split", split={"train": 1.0})
    record.setup()
    rows = [values[6:]] if kind == "shards" else [values[:3], values[6:]]
    pieces = record.splits["train"].between_gaps().states
    for found, expected in zip(pieces, rows, strict=True):
        np.testing.assert_array_equal(found, expected)
    absent = "1 of 2 shards" if kind == "shards" else "1 of 4 chunks"
    assert f"{absent} of u are not in the store and count as missing" in record.reading
    masked = TrajectoryFiles(path, missing="mask").load().states[0]
    assert np.isnan(masked).sum() == (24 if kind == "shards" else 12)
    assert not TrajectoryFiles(path).load().states[0][3:6].any()


def test_chunks_across_the_state_and_of_several_trajectories_are_missing_where_they_are(tmp_path, zarr):
    array = zarr.create_array(tmp_path / "x.zarr", shape=(2, 12, 4), chunks=(1, 5, 3), dtype="f8")
    values = np.random.default_rng(2).standard_normal((2, 12, 4))
    array[:] = values
    (tmp_path / "x.zarr" / "c/1/1/1").unlink()
    (tmp_path / "x.zarr" / "c/0/2/0").unlink()
    found = TrajectoryFiles(tmp_path / "x.zarr", missing="mask").load()
    values[1, 5:10, 3:] = values[0, 10:, :3] = np.nan
    np.testing.assert_array_equal(np.stack(found.states), values)
    one = TrajectoryFiles(tmp_path / "x.zarr", missing="mask", first_row=4).load()
    np.testing.assert_array_equal(one.states[1], values[1, 4:])


def test_a_single_array_and_a_row_beside_its_clock_may_lack_chunks(tmp_path, zarr):
    zarr.create_array(tmp_path / "x.zarr", data=np.arange(1.0, 13), chunks=(3,))
    (tmp_path / "x.zarr" / "c/1").unlink()
    group = zarr.open_group(tmp_path / "y.zarr", mode="w")
    group.create_array("t", data=np.arange(12.0), chunks=(12,))
    group.create_array("u", data=np.arange(1.0, 13)[None], chunks=(1, 3))
    (tmp_path / "y.zarr" / "u/c/0/1").unlink()
    for name in "xy":
        found = TrajectoryFiles(tmp_path / f"{name}.zarr", missing="interpolate").load()
        np.testing.assert_allclose(found.states[0][:, 0], np.arange(1.0, 13))


def test_a_chunk_of_zeros_that_zarr_leaves_out_is_read_as_zeros(tmp_path, zarr):
    for fill, zarr_format in ((None, 2), (0, 2), (0, 3)):
        group = zarr.open_group(tmp_path / "x.zarr", mode="w", zarr_format=zarr_format)
        array = group.create_array("u", shape=(12, 4), chunks=(3, 4), dtype="f8", fill_value=fill)
        array[:] = np.where(np.arange(12)[:, None] // 3 == 1, 0, FIELD)
        assert array.nchunks_initialized == 3
        assert not TrajectoryFiles(tmp_path / "x.zarr").load().states[0][3:6].any()


@pytest.mark.parametrize("named_axes", [True, False])
def test_arrays_of_a_store_come_by_their_names(tmp_path, zarr, named_axes):
    """It keeps no order of them: a listing of the folder may have another one every time."""
    names = list("hgfedcba")
    if named_axes:
        xarray = pytest.importorskip("xarray")
        fields = {name: (("time", "x"), np.full((9, 3), float(number))) for number, name in enumerate(names)}
        xarray.Dataset(fields).to_zarr(tmp_path / "x.zarr", consolidated=False)
    else:
        group = zarr.open_group(tmp_path / "x.zarr", mode="w")
        for number, name in enumerate(names):
            group.create_array(name, data=np.full((9, 3), float(number)))
    for _ in range(3):
        content = read_zarr(tmp_path / "x.zarr")
        found = content.fields if named_axes else content.arrays
        assert list(found) == sorted(names)


def test_shards_are_counted_as_they_are_kept(tmp_path, zarr):
    """Chunks of the last ones may lie beyond the array: a whole store lacks nothing, and what is lost is told."""
    values = np.arange(1.0, 49).reshape(6, 8)
    group = zarr.open_group(tmp_path / "x.zarr", mode="w")
    group.create_array("u", shape=(6, 8), chunks=(2, 2), shards=(4, 4), dtype=float)[:] = values
    assert read_zarr(tmp_path / "x.zarr").notes == []
    (tmp_path / "x.zarr" / "u" / "c" / "1" / "1").unlink()
    assert read_zarr(tmp_path / "x.zarr").notes == ["1 of 4 shards of u are not in the store and read as 0"]
    found = read_zarr(tmp_path / "x.zarr", absent_is_missing=True).arrays["u"]
    np.testing.assert_array_equal(np.isnan(found[:]), (np.arange(6) >= 4)[:, None] & (np.arange(8) >= 4))


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_single_number_beside_fields_changes_nothing(tmp_path, zarr, zarr_format):
    """Such as the height of a temperature: packed values and dates are read as without it."""
    xarray = pytest.importorskip("xarray")
    pandas = pytest.importorskip("pandas")
    values = 20 + np.random.default_rng(0).normal(size=(30, 4))
    values[3, 1] = np.nan
    packed = {"dtype": "i2", "scale_factor": 0.01, "add_offset": 20.0, "_FillValue": -32767}
    clock = {"time": pandas.date_range("1999-12-31", periods=30, freq="D"), "height": 2.0}
    dataset = xarray.Dataset({"u": (("time", "x"), values)}, clock)
    dataset.to_zarr(tmp_path / "x.zarr", zarr_format=zarr_format, encoding={"u": packed})
    with pytest.raises(DataError, match="1 values are missing"):
        TrajectoryFiles(str(tmp_path / "x.zarr")).load()
    found = TrajectoryFiles(str(tmp_path / "x.zarr"), missing="interpolate").load()
    present = np.isfinite(values)
    np.testing.assert_allclose(found.states[0][present], values[present], atol=0.0051)
    assert (found.time_unit, found.time_origins[0].moment) == ("day", "1999-12-31")
