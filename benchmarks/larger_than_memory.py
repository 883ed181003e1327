"""Claims: a store larger than memory is learned from in 1.2 GB, and its steps cost at most 1 / 0.85 of those in memory.

The store is of a linear Gaussian process, int16 with a scale, written in blocks. Two methods run on it from the first
row to the last score: an operator in closed form and features that are learned by gradient steps. Then their steps are
taken in turn on the store and on a cut of it that memory holds, after the pages of the store were read once. Beside it
stands how long the disk takes to give the same bytes in their order. `--gigabytes 20` is the size that is claimed.
"""

import argparse
import contextlib
import io
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from scipy.signal import lfilter

from benchmarks.measurement import Comparison, Cost, Outcome, Skipped, compare_bytes, compare_costs
from benchmarks.presentation import measure_and_show
from sciml_bench.data import LaggedPairsView
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.views.pair_loader import PairLoader
from sciml_bench.koopman import VAMPLoss
from sciml_bench.networks import MultilayerPerceptron

N_COMPONENTS = 128
CHUNK_ROWS = 2048
SCALE = 5 / 32_000
"""Deviations of a component per step of its packed number."""
GIGABYTES = 0.25
CUT_BYTES = 2**31
"""Of the unpacked cut in memory, at most; of a smaller store a quarter."""
BATCH_SIZE = 1024
N_MODES = 8
TIMED_PAIRS = 150_000
MOST_MEMORY = 1.2e9
THROUGHPUT = 0.85
TRAININGS = {
    "closed form": ["training=linear_ridge"],
    "gradient steps": ["training=vamp", f"model.n_modes={N_MODES}", "trainer.max_epochs=1"],
}


def measure(gigabytes: float = GIGABYTES, parent: Path | None = None) -> list[Outcome]:
    try:
        import xarray  # noqa: F401
        import zarr  # noqa: F401
    except ImportError as error:
        return [Skipped("a store larger than memory", str(error))]
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        store = Path(folder) / "process.zarr"
        write_store(store, round(gigabytes * 1e9) // (2 * N_COMPONENTS))
        memory = [compare_memory(store, name, Path(folder) / "run") for name in TRAININGS]
        return [*memory, *compare_epochs(store, gigabytes)]


def write_store(path: Path, n_rows: int, seed: int = 0) -> None:
    """x_{t+1} = D x_t + noise of stationary deviation 1, with decay times from 2 to 50 steps.

    Args:
        path: of the zarr store.
        n_rows: of the process.
        seed: of its noise.
    """
    import zarr

    rng, decay = np.random.default_rng(seed), np.exp(-1 / np.geomspace(50, 2, N_COMPONENTS))
    group = zarr.open_group(path, mode="w")
    array = group.create_array(
        "x",
        shape=(n_rows, N_COMPONENTS),
        chunks=(CHUNK_ROWS, N_COMPONENTS),
        dtype="int16",
        fill_value=-32768,
        dimension_names=("time", "component"),
        compressors=None,
    )
    array.attrs.update(scale_factor=SCALE, _FillValue=-32768)
    last = rng.standard_normal(N_COMPONENTS)
    for start in range(0, n_rows, 8 * CHUNK_ROWS):
        rows = rng.standard_normal((min(8 * CHUNK_ROWS, n_rows - start), N_COMPONENTS)) * np.sqrt(1 - decay**2)
        for component, factor in enumerate(decay):
            state = [factor * last[component]]
            rows[:, component], _ = lfilter([1.0], [1.0, -factor], rows[:, component], zi=state)
        last = rows[-1]
        array[start : start + len(rows)] = np.clip(np.rint(rows / SCALE), -32767, 32767).astype(np.int16)


def compare_memory(store: Path, training: str, folder: Path) -> Comparison:
    """The largest resident size of a run from its first row to its last score, beside what is claimed."""
    from sciml_bench.training import run
    from sciml_bench.training.script import composed

    overrides = ["data=trajectories", f"data.path={store}", "data.in_memory_gigabytes=0", "force=true", "trainer=cpu"]
    overrides += ["trainer.threads=1", f"training.view.batch_size={BATCH_SIZE}", *TRAININGS[training]]
    with contextlib.redirect_stderr(io.StringIO()):
        run(composed("koopman", overrides, str(folder)))
    peak = json.loads((folder / "record.json").read_text())["peak_memory_mebibytes"] * 2**20
    claim = f"{training}: peak memory of a run, {size_of(store) / 1e9:.3g} GB"
    return compare_bytes(claim, "1.2 GB", [peak], [MOST_MEMORY], target=1.0)


def compare_epochs(store: Path, gigabytes: float, repetitions: int = 5) -> list[Comparison]:
    """Gradient steps on the store and on a cut in memory, and what reading alone takes beside the disk."""
    n_rows = round(gigabytes * 1e9) // (2 * N_COMPONENTS)
    cut = min(CUT_BYTES // (8 * N_COMPONENTS), n_rows // 4)
    stored, held = (pairs_of(store, rows, size) for rows, size in ((n_rows, 0.0), (cut, math.inf)))
    batches = {"stored": endless(stored), "held": endless(held)}
    steps = {name: gradient_steps() for name in batches}
    costs = {name: partial(wall_cost, partial(take, batches[name], steps[name])) for name in batches}
    for cost in costs.values():
        cost()
    title = f"gradient steps, {gigabytes:g} GB on disk: 10^5 pairs"
    timed = compare_costs(title, f"{8 * cut * N_COMPONENTS / 1e9:.2g} GB in memory", costs["stored"], costs["held"],
                          target=THROUGHPUT, repetitions=repetitions)  # fmt: skip
    alone = endless(stored)
    read = [wall_cost(partial(take, alone, lambda *_: None)) for _ in range(repetitions)]
    n_bytes = 1e5 * 2 * N_COMPONENTS
    disk = [n_bytes * seconds_per_byte(store) for _ in range(repetitions)]
    beside = iter(Cost(seconds, seconds) for seconds in disk)
    own = iter(read)
    reading = compare_costs("reading shuffled pairs: 10^5", "disk, the same bytes in order", lambda: next(own),
                            lambda: next(beside), repetitions=repetitions)  # fmt: skip
    return [timed, reading]


def pairs_of(store: Path, n_rows: int, in_memory_gigabytes: float) -> LaggedPairsView:
    record = TrajectoryFiles(
        str(store), n_rows=n_rows, split={"train": 1.0}, in_memory_gigabytes=min(in_memory_gigabytes, 1e9)
    )
    return LaggedPairsView(record, batch_size=BATCH_SIZE)


def endless(view: LaggedPairsView) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Training batches of one epoch after the other."""
    loader = view.train_loader()
    assert isinstance(loader, PairLoader)
    epoch = 0
    while True:
        loader.sampler.set_epoch(epoch)
        yield from loader
        epoch += 1


def gradient_steps() -> Callable[[torch.Tensor, torch.Tensor], None]:
    """A step of Adam on the VAMP loss of two small networks, for a batch of pairs."""
    torch.manual_seed(0)
    networks = [MultilayerPerceptron((N_COMPONENTS,), N_MODES, hidden=(64, 128, 64)) for _ in range(2)]
    loss, optimizer = VAMPLoss(), torch.optim.Adam([p for network in networks for p in network.parameters()], 1e-3)

    def step(now: torch.Tensor, later: torch.Tensor) -> None:
        optimizer.zero_grad()
        loss(networks[0](now), networks[1](later)).backward()
        optimizer.step()

    return step


def take(batches: Iterator[tuple[torch.Tensor, torch.Tensor]], step: Callable[..., None]) -> None:
    for _ in range(TIMED_PAIRS // BATCH_SIZE):
        step(*next(batches))


def wall_cost(function: Callable[[], None]) -> Cost:
    """Wall seconds of 10^5 pairs: reading ahead takes the time of another processor."""
    started = time.perf_counter()
    function()
    seconds = (time.perf_counter() - started) * 1e5 / (TIMED_PAIRS // BATCH_SIZE * BATCH_SIZE)
    return Cost(seconds, seconds)


def seconds_per_byte(store: Path, most_bytes: int = 2**29) -> float:
    """Of files that are read from the disk itself, one after the other."""
    files, n_bytes, seconds = sorted(file for file in store.rglob("*") if file.is_file()), 0, 0.0
    for file in files:
        with file.open("rb", buffering=0) as opened:
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            started = time.perf_counter()
            n_bytes += len(opened.read())
            seconds += time.perf_counter() - started
        if n_bytes > most_bytes:
            break
    return seconds / n_bytes


def size_of(store: Path) -> int:
    return sum(file.stat().st_size for file in store.rglob("*") if file.is_file())


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=GIGABYTES, help="of the store")
    parser.add_argument("--folder", type=Path, help="where the store is made, and removed at the end")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the outcomes here")
    asked = parser.parse_args(arguments)
    measure_and_show([partial(measure, asked.gigabytes, asked.folder)], asked.json)


if __name__ == "__main__":
    main()
