"""Claim: an epoch of run() on the noisy logistic map costs at most 0.35 / 0.26 of a bare loop that learns the same.

run() includes validation, the guard against numbers gone wrong, logging and checkpoints; the loop has the network, the
batches, the masked loss, the optimiser and the schedule of the learning rate, and nothing else.
"""

import contextlib
import io
import json
import math
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.measurement import Cost, Outcome, compare_costs, require_agreement
from benchmarks.nested_lora import joint_by_masks
from benchmarks.presentation import main
from sciml_bench.systems import NoisyLogisticMap

N_STEPS = 50_000
TRAINING_SHARE = 0.8
BATCH_SIZE = 256
N_MODES = 20
LEARNING_RATE = 1e-2
TARGET = 0.26 / 0.35
"""CPU seconds per epoch of a bare loop and of run(), as measured for and demanded of the first version."""


def measure(max_epochs: int = 5, n_steps: int = N_STEPS, repetitions: int = 3) -> list[Outcome]:
    states = NoisyLogisticMap().sample(n_steps, 0)[0]
    training_states = torch.from_numpy(states[: int(TRAINING_SHARE * n_steps)]).float()
    run_epochs(1, n_steps)  # the first run imports what all later ones share
    losses: dict[str, float] = {}

    def ours() -> Cost:
        cost, losses["ours"] = run_epochs(max_epochs, n_steps)
        return cost

    def reference() -> Cost:
        cost, losses["reference"] = bare_epochs(training_states, max_epochs)
        return cost

    outcome = compare_costs(
        f"epoch of run(), logistic map: {N_MODES} modes",
        "bare loop",
        ours,
        reference,
        target=TARGET,
        repetitions=repetitions,
    )
    require_agreement("training loss of the last epoch", losses["ours"], losses["reference"], 0.05)
    return [outcome]


def run_epochs(max_epochs: int, n_steps: int) -> tuple[Cost, float]:
    """Cost per epoch, from the record of a run in a temporary folder, and the training loss of the last epoch."""
    from sciml_bench.training import run
    from sciml_bench.training.script import composed

    overrides = [
        "data=logistic_map",
        f"data.n_steps={n_steps}",
        f"training.view.batch_size={BATCH_SIZE}",
        "model=mlp",
        f"model.n_modes={N_MODES}",
        "training=nested_lora",
        f"training.learning_rate={LEARNING_RATE}",
        "schedule=one_cycle",
        "trainer=cpu",
        "trainer.threads=1",
        f"trainer.max_epochs={max_epochs}",
    ]
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.redirect_stderr(io.StringIO()):
            run(composed("koopman", overrides, folder))
        record = json.loads((Path(folder) / "record.json").read_text())
        with np.load(Path(folder) / "arrays.npz", allow_pickle=False) as arrays:
            loss = float(arrays["history_loss"][-1])
    return Cost(record["cpu_seconds_per_epoch"], record["wall_seconds_per_epoch"]), loss


def bare_epochs(states: Tensor, max_epochs: int) -> tuple[Cost, float]:
    """Cost per epoch of a loop written by hand, and the training loss of the last epoch."""
    torch.manual_seed(0)
    f_network, g_network = _network(), _network()
    optimizer = torch.optim.Adam([*f_network.parameters(), *g_network.parameters()], lr=LEARNING_RATE)
    n_pairs = len(states) - 1
    n_batches = n_pairs // BATCH_SIZE
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=max_epochs * n_batches)
    losses: list[float] = []
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(max_epochs):
        order = torch.randperm(n_pairs)[: n_batches * BATCH_SIZE]
        losses = []
        for index in order.split(BATCH_SIZE):
            f, g = _features(f_network, states[index]), _features(g_network, states[index + 1])
            loss = joint_by_masks(f, g)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    cost = Cost((time.process_time() - cpu) / max_epochs, (time.perf_counter() - wall) / max_epochs)
    return cost, sum(losses) / len(losses)


def _network() -> nn.Sequential:
    sizes = (2, 64, 128, 64)
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-1], N_MODES - 1))


def _features(network: nn.Module, states: Tensor) -> Tensor:
    phase = 2 * math.pi * states
    learned = network(torch.cat([phase.sin(), phase.cos()], dim=1))
    return torch.cat([torch.ones(len(states), 1), learned], dim=1)


if __name__ == "__main__":
    main(measure)
