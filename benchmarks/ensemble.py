"""Claim: eight seeds as one batch of RK4 steps cost at most three times as much as one seed.

Forward and backward over 100 points by networks 2-50-50-2, and whole runs of `ensemble=3` beside those of one seed.
A ratio of 1/3 means that the ensemble costs three times as much as one seed.
"""

import contextlib
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.lotka_volterra_field import N_TIMES, observed_motion
from benchmarks.measurement import Cost, Outcome, compare, compare_costs, cost_of, require_agreement
from benchmarks.presentation import main
from sciml_bench.node import Blackbox, CompiledSolver, FixedStepSolver, VectorField
from sciml_bench.node.solvers.solve import Solver

N_SEEDS = 8
N_SEEDS_OF_RUN = 3
SOLVERS: dict[str, tuple[Solver, float | None]] = {
    "fixed_step rk4": (FixedStepSolver("rk4"), 1 / 3),
    "compiled dormand_prince": (CompiledSolver(), None),
}
"""With the ratio that is claimed of each."""


def measure(n_times: int = N_TIMES, n_epochs: int = 60, repetitions: int = 7) -> list[Outcome]:
    # Steps of fixed length cost the same whatever the weights are, so that these need no training.
    fields = [_field_of(seed) for seed in range(N_SEEDS)]
    together = Blackbox.joined(fields)
    outcomes: list[Outcome] = []
    for name, (solver, target) in SOLVERS.items():
        of_one = gradient_of(fields[0], solver, n_times)
        of_all = gradient_of(together, solver, n_times)
        one_by_one = np.concatenate([gradient_of(field, solver, n_times)() for field in fields])
        require_agreement(f"gradients of {N_SEEDS} seeds, {name}", of_all(), one_by_one, 1e-9)
        claim = f"{N_SEEDS} seeds as one batch, {name}"
        outcomes.append(compare(claim, "one seed", of_all, of_one, target=target, repetitions=repetitions))
    run_cost(n_epochs, 1)  # the first run imports what all later ones share
    outcomes.append(
        compare_costs(
            f"run() with ensemble={N_SEEDS_OF_RUN}, homotopy, {n_epochs} epochs",
            "run() of one seed",
            lambda: run_cost(n_epochs, N_SEEDS_OF_RUN),
            lambda: run_cost(n_epochs, 1),
            repetitions=min(3, repetitions),
        )
    )
    return outcomes


def gradient_of(field: VectorField, solver: Solver, n_times: int) -> Callable[[], np.ndarray]:
    """The gradients (members, parameters) of the members' losses."""
    times, observed = observed_motion(n_times)
    start = observed[0].expand(field.n_members, 1, -1)
    parameters = list(field.parameters())

    def gradients() -> np.ndarray:
        states = solver(field, start, times[None]).states[:, 0]
        losses = (states - observed).square().mean(dim=(1, 2))
        pieces = torch.autograd.grad(losses.sum(), parameters)
        return np.concatenate([piece.flatten(1).numpy() for piece in pieces], axis=1)

    return gradients


def run_cost(n_epochs: int, n_seeds: int) -> Cost:
    """Of a whole run in a temporary folder, with its evaluation, figures and files."""
    from sciml_bench.training import run
    from sciml_bench.training.script import composed

    overrides = [
        "data=lotka_volterra_ko2023",
        "model=blackbox",
        "training=homotopy",
        f"training.coupling_schedule.epochs_per_step={max(1, n_epochs // 6)}",
        "logger=none",
        "trainer=cpu",
        *([] if n_seeds == 1 else [f"ensemble={n_seeds}"]),
    ]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
        cost = cost_of(lambda: run(composed("node_homotopy", overrides, folder)))
        record = json.loads((Path(folder) / "record.json").read_text())
    if record["status"] != "finished":
        raise RuntimeError(f"the run with {n_seeds} seeds ended as {record['status']}")
    return cost


def _field_of(seed: int) -> Blackbox:
    torch.manual_seed(seed)
    return Blackbox(2, hidden_layers=2, nodes_per_layer=50)


if __name__ == "__main__":
    main(measure)
