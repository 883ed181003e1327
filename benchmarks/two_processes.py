"""Two processes beside one on this machine: an epoch of `trainer=ddp` with the same batches, each on one thread.

Batches are shared, so a process computes half of each and waits for the sum of the gradients. The wall ratio is what is
asked for; CPU seconds are those of the first process alone. Where other work takes a core, or a step takes less than
the sum, two are slower.
"""

import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.measurement import Comparison, Cost, Outcome, compare_costs, require_agreement
from benchmarks.presentation import main

SCRIPT = Path(__file__).resolve().parents[1] / "train_koopman.py"
PROCESSES = {1: ("trainer=cpu",), 2: ("trainer=ddp", "trainer.accelerator=cpu")}
SIZES = {"small steps": ([64, 128, 64], 256), "large steps": ([1024, 1024], 4096)}
"""Hidden layers and pairs per batch."""


def measure(repetitions: int = 3) -> list[Outcome]:
    return [compare_processes(name, repetitions) for name in SIZES]


def compare_processes(name: str, repetitions: int = 3, n_steps: int = 30_000, max_epochs: int = 6) -> Comparison:
    losses: dict[int, float] = {}

    def epochs(n_processes: int) -> Cost:
        cost, losses[n_processes] = run_epochs(name, n_processes, n_steps, max_epochs)
        return cost

    hidden, batch_size = SIZES[name]
    outcome = compare_costs(
        f"epoch of two processes, {name}: hidden {hidden}, batches of {batch_size}",
        "one process",
        partial(epochs, 2),
        partial(epochs, 1),
        repetitions=repetitions,
    )
    require_agreement("training loss of the last epoch", losses[2], losses[1], 1e-3)
    return outcome


def run_epochs(name: str, n_processes: int, n_steps: int, max_epochs: int) -> tuple[Cost, float]:
    """Cost per epoch, from the record of a run in a temporary folder, and the training loss of the last epoch."""
    hidden, batch_size = SIZES[name]
    with tempfile.TemporaryDirectory() as folder:
        words = [
            *("data=logistic_map", f"data.n_steps={n_steps}", "model=mlp", f"model.encoder.hidden={hidden}"),
            *("model.n_modes=16", f"training.view.batch_size={batch_size}", "training=nested_lora"),
            *("trainer.threads=1", f"trainer.max_epochs={max_epochs}", "logger=none"),
            *("evaluation.n_bootstrap=2", "evaluation.quadrature_points=50", f"hydra.run.dir={folder}/run"),
        ]
        command = [sys.executable, str(SCRIPT), *PROCESSES[n_processes], *words]
        subprocess.run(command, check=True, capture_output=True, cwd=folder)
        record = json.loads((Path(folder) / "run" / "record.json").read_text())
        with np.load(Path(folder) / "run" / "arrays.npz", allow_pickle=False) as arrays:
            loss = float(arrays["history_loss"][-1])
    return Cost(record["cpu_seconds_per_epoch"], record["wall_seconds_per_epoch"]), loss


if __name__ == "__main__":
    main(measure)
