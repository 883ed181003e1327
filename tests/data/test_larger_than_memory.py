"""Records that stay on disk: what is learned from them is what memory would give, and little of them is held."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import lazy_states
from sciml_bench.data.files.missing.missing_values import MissingValuesError
from sciml_bench.data.lazy_states import LazyStates, read_block, rows_per_block, without_rows
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.views import PaddedTrajectories, WindowsView, windows_view
from sciml_bench.data.views.lagged_pairs import LaggedPairs
from sciml_bench.data.views.lagged_pairs_view import LaggedPairsView

RNG = np.random.default_rng(0)
EVERYTHING = {"train": 0.6, "validation": 0.2, "test": 0.2}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(lazy_states, "BLOCK_BYTES", 400)


def holes(n_rows=600, dim=3, share=0.03, edges=True):
    values = RNG.standard_normal((n_rows, dim)).cumsum(axis=0)
    values[RNG.random(values.shape) < share] = np.nan
    values[200:260, 1] = np.nan  # longer than a block
    values[[0, 1, -1], :] = np.nan if edges else 0.0
    return values


def both(path, **options):
    """The same file on disk and in memory."""
    records = [TrajectoryFiles(str(path), in_memory_gigabytes=size, **options) for size in (0, 1)]
    for record in records:
        record.setup()
    assert records[0].splits["train"].on_disk
    assert not records[1].splits["train"].on_disk
    return records


@pytest.mark.parametrize("missing", ["split", "interpolate"])
@pytest.mark.parametrize("clock", [False, True])
@pytest.mark.parametrize("edges", [False, True])
def test_missing_values_on_disk_are_dealt_with_as_in_memory(tmp_path, missing, clock, edges):
    h5py = pytest.importorskip("h5py", reason="needs the extra `files`")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = holes(edges=edges)
        if clock:
            file["t"] = 0.5 * np.arange(600)
    disk, memory = both(tmp_path / "x.h5", missing=missing)
    assert disk.reading.partition("; 1.3")[0] == memory.reading
    for name, part in memory.splits.items():
        other = disk.splits[name]
        np.testing.assert_allclose(other.flattened, part.flattened, rtol=1e-12)
        np.testing.assert_array_equal(other.times_of(0), part.times_of(0))
    for one, other in zip(*(LaggedPairs(r.splits["train"], 2).stream(10**6) for r in (disk, memory)), strict=True):
        for side in zip(one, other, strict=True):
            torch.testing.assert_close(*side)


def test_missing_values_on_disk_are_refused_where_the_first_is_read(tmp_path):
    values = holes(edges=False)
    np.save(tmp_path / "x.npy", values)
    row = int(np.flatnonzero(np.isnan(values).any(axis=1))[0])
    absent = np.isnan(values)
    counted = rf"{absent.sum()} missing in all, in {absent.any(axis=1).sum()} of {len(values)} rows"
    with pytest.raises(MissingValuesError, match=rf"no value at row {row}, .*, {counted}; .*=interpolate or data.miss"):
        TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0).setup()
    empty = np.where(np.arange(values.shape[1]) == 1, np.nan, values)
    np.save(tmp_path / "x.npy", empty)
    with pytest.raises(
        MissingValuesError, match=r"rows, all those of 1 cells, which data\.drop_empty_cells=true leaves"
    ):
        TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0).setup()
    values[row:] = 0.0
    values[row] = np.inf
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(DataError, match=rf"holds inf at row {row}"):
        TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0).setup()


def test_a_run_says_that_its_file_stayed_on_disk(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((2**17, 4)) + np.arange(2**17)[:, None])
    told = [TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=size) for size in (0, 1)]
    for record in told:
        record.setup()
    assert "0.00391 GiB stay on disk and are read as they are needed" in told[0].reading
    assert "on disk" not in told[1].reading


def test_a_key_that_hides_what_is_read_beside_the_states_is_named(tmp_path):
    (tmp_path / "x.csv").write_text("t,x,v,w\n" + "".join(f"{n},{n % 7},{n % 5},{1 + n % 3}\n" for n in range(30)))
    for key in ("weights", "inputs"):
        with pytest.raises(
            ConfigurationError, match=rf"data\.{key}=w: data\.key=\('x', 'v'\) reads nothing else; .*observe"
        ):
            TrajectoryFiles(str(tmp_path / "x.csv"), key=["x", "v"], **{key: ["w"] if key == "inputs" else "w"}).load()
    assert TrajectoryFiles(str(tmp_path / "x.csv"), key=["x", "w"], weights="w").load().column_names == ("x",)


@pytest.mark.parametrize("gigabytes", [0, 1])
@pytest.mark.parametrize("kind", ["zarr", "h5"])
def test_a_store_with_a_damaged_chunk_is_refused_in_a_sentence(tmp_path, kind, gigabytes):
    values = np.random.default_rng(0).standard_normal((40, 3))
    path = tmp_path / f"x.{kind}"
    if kind == "zarr":
        zarr = pytest.importorskip("zarr", reason="needs the extra `files`")
        zarr.create_array(path, data=values, chunks=(10, 3))
        (path / "c" / "2" / "0").write_bytes(b"damaged")
    else:
        h5py = pytest.importorskip("h5py", reason="needs the extra `files`")
        with h5py.File(path, "w") as file:
            stored = file.create_dataset("x", data=values, chunks=(10, 3), compression="gzip")
            place = stored.id.get_chunk_info(2).byte_offset
        damaged = bytearray(path.read_bytes())
        damaged[place : place + 20] = bytes(20)
        path.write_bytes(damaged)
    with pytest.raises(DataError, match=rf"^data\.path=\S+x\.{kind}: .*rows of it are damaged .*; write the file anew"):
        TrajectoryFiles(str(path), in_memory_gigabytes=gigabytes).setup()


def test_an_empty_cell_of_a_table_above_the_limit_is_refused_with_what_to_do(tmp_path):
    """Tables are in memory, however large."""
    (tmp_path / "x.csv").write_text("t,x,v\n" + "".join(f"{n},{n % 7},{'' if n == 5 else n % 3}\n" for n in range(30)))
    with pytest.raises(
        DataError,
        match=r"row 5, time 5, component v, 1 missing in all, in 1 of 30 rows; say what to do with data\.miss",
    ):
        TrajectoryFiles(str(tmp_path / "x.csv"), in_memory_gigabytes=0).setup()


def test_rows_on_disk_are_not_masked(tmp_path):
    np.save(tmp_path / "x.npy", holes())
    with pytest.raises(ConfigurationError, match=r"data.missing=mask: .* data.missing=split, which learns"):
        TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0, missing="mask").load()


def test_more_values_than_can_be_put_in_their_place_are_refused(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", holes())
    monkeypatch.setattr("sciml_bench.core.budget.memory_bytes", lambda: 5000)
    monkeypatch.setattr("sciml_bench.data.sources.trajectory_files.require_memory", lambda *_: None)
    with pytest.raises(ConfigurationError, match=r"data.missing=interpolate: .* use data.missing=split"):
        TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0, missing="interpolate").load()


def test_a_component_without_values_on_disk_is_refused(tmp_path):
    values = holes()
    values[:, 2] = np.nan
    np.save(tmp_path / "x.npy", values)
    for missing, told in {"interpolate": "component 3 .* fewer than 2 values", "split": "no two rows"}.items():
        with pytest.raises(DataError, match=told):
            TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0, missing=missing).load()


def test_rows_that_are_left_out_are_skipped_and_a_long_hole_is_not_read_through():
    reads = []

    class Source:
        shape, dtype, values = (10_000, 1), np.dtype(float), np.arange(10_000.0)[:, None]

        def __getitem__(self, rows):
            reads.append(rows.stop - rows.start)
            return self.values[rows]

    gone = np.zeros(10_000, dtype=bool)
    gone[[3, 4, 17]] = gone[20:9000] = True
    kept = without_rows(LazyStates(Source()), gone)
    assert kept.shape == (int((~gone).sum()), 1)
    for start, stop in itertools.combinations([0, 3, 10, 16, 17, 18, 40, 1000], 2):
        np.testing.assert_array_equal(kept.read(start, stop), Source.values[~gone][start:stop])
    assert kept.read(4, 4).shape == (0, 1)
    assert max(reads) < 2000


@pytest.mark.parametrize(("chunk", "rows"), [(7, 7), (5, 10), (45, 45), (60, 12), (1, 12)])
def test_a_block_holds_whole_chunks_where_they_are_not_too_large(tmp_path, chunk, rows):
    zarr = pytest.importorskip("zarr", reason="needs the extra `files`")
    pytest.importorskip("xarray", reason="needs the extra `files`")
    group = zarr.open_group(tmp_path / "x.zarr", mode="w")
    names = {"dimension_names": ("time", "place")}
    packed = group.create_array("u", shape=(300, 4), chunks=(chunk, 2), dtype="int16", fill_value=-9, **names)
    packed.attrs.update(scale_factor=0.5, _FillValue=-9)
    packed[:] = RNG.integers(0, 100, (300, 4))
    record = TrajectoryFiles(str(tmp_path / "x.zarr"), in_memory_gigabytes=0)
    record.setup()
    assert ("chunks of 60 rows are read anew for every 12 rows" in record.reading) is (chunk == 60)
    (states,) = record.load().states
    assert states.dtype == np.float64
    assert rows_per_block(states) == rows
    doubled = lazy_states.mapped(states.window(0, 200), lambda block: np.repeat(block, 2, axis=1))
    assert doubled.chunk_rows == chunk


def test_packed_numbers_are_unpacked_a_block_at_a_time(tmp_path, monkeypatch):
    zarr = pytest.importorskip("zarr", reason="needs the extra `files`")
    pytest.importorskip("xarray", reason="needs the extra `files`")
    group = zarr.open_group(tmp_path / "x.zarr", mode="w")
    packed = group.create_array("u", shape=(900, 4), chunks=(50, 4), dtype="int16", fill_value=-9,
                                dimension_names=("time", "place"))  # fmt: skip
    packed.attrs.update(scale_factor=0.5, add_offset=3.0, _FillValue=-9)
    packed[:] = np.where(RNG.random((900, 4)) < 0.01, -9, RNG.integers(0, 100, (900, 4)))
    read = []
    original = LazyStates.read

    def watched(self, start, stop):
        read.append(stop - start)
        return original(self, start, stop)

    monkeypatch.setattr(LazyStates, "read", watched)
    disk, memory = both(tmp_path / "x.zarr", missing="split")
    assert max(rows for rows in read if rows < 900) <= 110  # and what was held in memory
    np.testing.assert_array_equal(disk.splits["test"].flattened, memory.splits["test"].flattened)


@pytest.mark.parametrize("interpolation", ["linear", "hold"])
@pytest.mark.parametrize("lag", [1, 3])
def test_inputs_on_disk_are_read_with_their_pairs_and_never_as_a_whole(tmp_path, interpolation, lag):
    for number in range(2):
        np.save(tmp_path / f"{number}.npy", RNG.standard_normal((300, 3)))
    disk, memory = both(tmp_path, inputs=[2], input_interpolation=interpolation)
    np.testing.assert_allclose(disk.spec.input_mean, memory.spec.input_mean)
    pairs = [LaggedPairs(record.splits["train"], lag) for record in (disk, memory)]
    for start, stop in [(0, 10), (170, 190), (0, len(pairs[0]))]:
        np.testing.assert_array_equal(*(part.inputs(start, stop) for part in pairs))


def test_statistics_of_the_view_are_those_of_memory_and_are_not_read_twice(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", 5 + RNG.standard_normal((500, 3)))
    disk, memory = both(tmp_path / "x.npy")
    scales = [LaggedPairsView(record, batch_size=8, standardize=True).spec.standardization for record in (disk, memory)]
    np.testing.assert_allclose(scales[0].mean, scales[1].mean, rtol=1e-12)
    np.testing.assert_allclose(scales[0].deviation, scales[1].deviation, rtol=1e-12)
    monkeypatch.setattr("sciml_bench.data.standardization.iterate_blocks", None)
    LaggedPairsView(disk, batch_size=8, standardize=True)


def test_windows_that_are_shuffled_have_the_same_memory_whatever_a_chunk_holds(tmp_path):
    np.save(tmp_path / "x.npy", RNG.standard_normal((500, 4)))
    record = TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0)
    record.setup()
    (states,) = record.splits["train"].states
    pairs = LaggedPairs(record.splits["train"])
    assert (pairs.block_size, pairs.blocks_per_window) == (12, 16)

    class Chunked:
        shape, dtype, chunks = states.shape, states.dtype, (40, 4)

        def __getitem__(self, rows):
            return np.asarray(states[rows])

    pairs = LaggedPairs(record.splits["train"].unchecked(states=(LazyStates(Chunked()),)))
    assert (pairs.block_size, pairs.blocks_per_window) == (40, 5)


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="needs the accounts of Linux")
def test_pages_of_a_memory_map_are_let_go_when_they_were_read(tmp_path, monkeypatch):
    monkeypatch.undo()
    values = RNG.standard_normal((1_000_000, 4)).astype(np.float32)
    np.save(tmp_path / "x.npy", values)
    record = TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0)
    record.setup()
    rows = np.concatenate([later.numpy() for _, later in LaggedPairs(record.splits["train"]).stream(50_000)])
    np.testing.assert_array_equal(rows, values[1:600_000])
    accounts = Path("/proc/self/smaps").read_text()
    resident = [int(kilobytes) for kilobytes in re.findall(r"x\.npy\n.*?Rss: *(\d+) kB", accounts, re.DOTALL)]
    assert resident
    assert sum(resident) < values.nbytes / 2**10 / 10


def test_whole_trajectories_that_do_not_fit_into_memory_are_refused_before_they_are_read(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", RNG.standard_normal((600, 4)))
    record = TrajectoryFiles(str(tmp_path / "x.npy"), in_memory_gigabytes=0)
    record.setup()
    assert PaddedTrajectories.of(record.splits["train"]).states.shape == (1, 360, 4)
    monkeypatch.setattr("sciml_bench.core.budget.memory_bytes", lambda: 20_000)
    with pytest.raises(ConfigurationError, match=r"whole trajectories of 360 rows .* take fewer rows with data.n_rows"):
        PaddedTrajectories.of(record.splits["train"])


def test_a_single_component_stays_on_disk_as_well(tmp_path):
    values = RNG.standard_normal(600)
    np.save(tmp_path / "x.npy", values)
    disk, _ = both(tmp_path / "x.npy")
    np.testing.assert_array_equal(disk.splits["train"].flattened[:, 0], values[:360])


@pytest.mark.parametrize("split_by", ["time", "trajectory"])
def test_windows_of_sequence_models_are_cut_from_rows_that_are_read_once(tmp_path, monkeypatch, split_by):
    np.save(tmp_path / "x.npy", RNG.standard_normal((5, 700, 2)))
    split = (
        {"train": 500, "validation": 100, "test": 100}
        if split_by == "time"
        else {"train": 3, "validation": 1, "test": 1}
    )
    disk = both(tmp_path / "x.npy", split_by=split_by, split=split)[0]
    view = WindowsView(disk, n_inputs=3, n_outputs=2, batch_size=7)
    blocks = []
    monkeypatch.setattr(
        windows_view, "read_block", lambda states, *rows: blocks.append(rows) or read_block(states, *rows)
    )
    windows = np.concatenate([batch.numpy() for batch in view.train_loader(seed=3)])
    part = disk.splits["train"]
    possible = np.concatenate([np.lib.stride_tricks.sliding_window_view(s, 5, axis=0) for s in part.states])
    possible = view.spec.to_model(np.moveaxis(possible, -1, 1)).numpy()
    assert len(windows) == len(possible) // 7 * 7
    found = {window.tobytes() for window in windows}
    assert len(found) == len(windows)
    assert found <= {window.tobytes() for window in possible}
    from_disk = [stop - start for start, stop in blocks if stop - start != 5]  # the others are cut from these
    assert sum(from_disk) < 1.5 * part.n_states
    assert len(from_disk) < part.n_states / 20
