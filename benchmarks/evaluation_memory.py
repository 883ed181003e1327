"""Claim: a run whose test part stays on disk is trained and evaluated in an eighth of the memory of commit 6850896.

`python -m benchmarks.evaluation_memory --against WORKTREE [--rows N]`: the same `.npy` file of a linear Gaussian
process, most of it held out, the same epoch of gradient steps and the same scores, in each checkout in a process of its
own. Peak memory is the largest resident size of the process, with what it imports.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from scipy.signal import lfilter

from benchmarks.measurement import Outcome, compare_bytes
from benchmarks.presentation import measure_and_show

N_ROWS, N_COMPONENTS = 4_000_000, 64
SHARE = 8.0
RUN = [
    "train_koopman.py",
    *("data=trajectories", "data.in_memory_gigabytes=0", "data.split={train: 0.1, validation: 0.05, test: 0.85}"),
    *("model=mlp", "training=vamp", "trainer.max_epochs=1", "trainer=cpu", "logger=none"),
]


def write_rows(path: Path, n_rows: int, seed: int = 0) -> None:
    """Components that forget within 2 to 50 steps, in single precision."""
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(n_rows, N_COMPONENTS))
    draws, decay = np.random.default_rng(seed), np.exp(-1 / np.geomspace(50, 2, N_COMPONENTS))
    for component, factor in enumerate(decay):
        noise = math.sqrt(1 - factor**2) * draws.standard_normal(n_rows)
        rows[:, component] = lfilter([1.0], [1.0, -factor], noise)
    rows.flush()


def peak_of(checkout: Path, path: Path, folder: Path) -> float:
    """Bytes of a whole run.

    Args:
        checkout: whose script it is.
        path: of the rows.
        folder: of the run.
    """
    batch = "data" if (checkout / "conf/koopman/data/trajectories.yaml").is_file() else "training.view"
    words = [*RUN, f"data.path={path}", f"{batch}.batch_size=1024", f"hydra.run.dir={folder}"]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    with (folder.parent / f"{folder.name}.log").open("w") as told:
        started, peak = (
            subprocess.Popen([sys.executable, *words], cwd=checkout, env=environment, stdout=told, stderr=told),
            0,
        )
        status = Path(f"/proc/{started.pid}/status")  # what wait4 tells begins with this process, which wrote the file
        while started.poll() is None:
            lines = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
            peak = max([peak, *(int(line.split()[1]) for line in lines)])
            time.sleep(0.02)
    if started.returncode:
        raise RuntimeError(f"{checkout}: {(folder.parent / f'{folder.name}.log').read_text()[-500:]}")
    return peak * 1024.0


def measure(against: Path, n_rows: int = N_ROWS) -> list[Outcome]:
    """Both checkouts on one file.

    Args:
        against: another checkout.
        n_rows: of the file.
    """
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "rows.npy"
        write_rows(path, n_rows)
        own = Path(__file__).parents[1]
        ours, theirs = (peak_of(each.resolve(), path, Path(name) / word) for each, word in ((own, "a"), (against, "b")))
    size = 4e-9 * n_rows * N_COMPONENTS
    return [compare_bytes(f"a run on {size:.3g} GB on disk", str(against.name), [ours], [theirs], target=SHARE)]


def main() -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True, help="a worktree of another commit")
    parser.add_argument("--rows", type=int, default=N_ROWS, help="of the file")
    asked = parser.parse_args()
    measure_and_show([partial(measure, asked.against, asked.rows)])


if __name__ == "__main__":
    main()
