import json
import pickle
import sys

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
