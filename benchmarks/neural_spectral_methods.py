"""Operators trained on spectral coefficients beside grid-trained ones at equal CPU time, and beside our own numerical
solver at equal error: python -m benchmarks.neural_spectral_methods

nsm and sno with the spectral loss, fno with finite differences on grids, of the same width, depth and modes, each for
the same CPU seconds; the schedule of the learning rate ends with them. Figures: error against training time, and error
against inference time beside the numerical solver at 2^n points. Claim, for Navier–Stokes: after equal time the error
of fno is at least 3 times ours. Runs, tables and figures go below --output; repeating a command continues it, and
finished runs are taken as they are.
"""

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from rich.console import Console

from benchmarks.coarse_solvers import RESOLUTIONS
from benchmarks.measurement import Comparison, Outcome, Skipped, compare_costs, compare_errors, cost_of
from benchmarks.operator_inference import compared_inference
from benchmarks.operator_trainings import (
    MARKERS,
    OURS,
    RESOLUTION,
    Training,
    common_settings,
    iteration,
    methods,
    missing_memory,
    plans,
    repetitions_for,
    train,
)
from benchmarks.presentation import measure_and_show
from benchmarks.tables import Row, write_table
from sciml_bench.drawing.style import save_figure, styled
from sciml_bench.training.identity import name_of_overrides

GRIDS = {"poisson": ("32", "64", "128"), "reaction_diffusion": ("32", "64", "128"), "navier_stokes": ("16x32x32", "64")}
"""On which fno is trained; coarse ones too, on which it gets more iterations for the same seconds."""
CPU_SECONDS = 75.0
OUTPUT = Path("outputs") / "benchmarks" / "neural_spectral_methods"
TARGETS = {"navier_stokes": 3.0}
"""How many times larger the error of a grid-trained operator has to be."""


def measure(
    pde: str = "reaction_diffusion",
    cpu_seconds: float = CPU_SECONDS,
    seed: int = 0,
    grids: Sequence[str] | None = None,
    overrides: Sequence[str] = (),
    output: Path = OUTPUT,
    resolutions: tuple[int, ...] = RESOLUTIONS,
) -> list[Outcome]:
    folder = output / pde / name_of_overrides([f"cpu_seconds={cpu_seconds:g}", *overrides]) / f"seed={seed}"
    progress = Console(stderr=True)
    on_grids = {f"fno, grid {grid}": resolution_of(grid) for grid in (GRIDS[pde] if grids is None else grids)}
    settings = {name: [*common_settings(pde, seed, overrides), *own] for name, own in methods(on_grids).items()}
    outcomes: list[Outcome] = []
    for name, resolution in on_grids.items():
        reason = missing_memory(settings[name], resolution, folder)
        if reason is not None:
            del settings[name]
            outcomes.append(Skipped(f"{pde}: {name}", reason))
    iterations, seconds = compared_iterations(pde, settings, folder)
    outcomes += iterations
    trainings = []
    for name, plan in plans(seconds, cpu_seconds, folder / "plan.json").items():
        progress.print(f"{pde}: {name}, {plan.iterations} iterations for {cpu_seconds:g} CPU s …", style="dim")
        trainings.append(train(name, settings[name], plan, folder / "runs" / name_of_overrides([name])))
    outcomes += [
        compare_errors(
            f"{pde}: error of {OURS} after {cpu_seconds:g} CPU s",
            f"{training.name}, same time",
            trainings[0].errors(RESOLUTION),
            training.errors(RESOLUTION),
            target=TARGETS.get(pde) if training.name.startswith("fno") else None,
        )
        for training in trainings[1:]
    ]
    draw_trainings(trainings, pde, folder / "error_against_training_time.png")
    print(write_table(training_rows(trainings), folder / "trainings"))
    outcomes += compared_inference(pde, trainings, resolutions, folder)
    progress.print(f"tables and figures: {folder}", style="dim")
    return outcomes


def compared_iterations(
    pde: str, settings: Mapping[str, Sequence[str]], folder: Path
) -> tuple[list[Comparison], dict[str, float]]:
    """Every other method's iteration beside ours, and the CPU seconds of each."""
    calls = {name: iteration(own, folder) for name, own in settings.items()}
    once = {}
    for name, call in calls.items():
        call()  # the first call fills caches
        once[name] = cost_of(call).cpu
    rows = []
    for name, call in list(calls.items())[1:]:
        longer = max(once[name], once[OURS])
        counts = {which: min(20, max(1, round(longer / once[which]))) for which in (name, OURS)}
        rows.append(
            compare_costs(
                f"{pde}: iteration of {OURS}",
                f"{name}, iteration",
                partial(cost_of, calls[OURS], counts[OURS]),
                partial(cost_of, call, counts[name]),
                repetitions=repetitions_for(2 * longer),
            )
        )
    seconds = {OURS: float(np.median([row.ours.median for row in rows])) if rows else once[OURS]}
    others = [name for name in settings if name != OURS]
    return rows, seconds | {name: row.reference.median for name, row in zip(others, rows, strict=True)}


def resolution_of(grid: str) -> list[int]:
    """Points per axis, of 16x32x32; a single number, such as 64, holds for all axes."""
    return [int(points) for points in grid.split("x")]


def training_rows(trainings: Sequence[Training]) -> list[Row]:
    """One per method. FLOPs are those of matrix products and Fourier transforms."""
    ours = trainings[0].folder.metrics[f"relative_l2_{RESOLUTION}"]
    rows: list[Row] = []
    for training in trainings:
        metrics, record = training.folder.metrics, training.folder.record
        error = metrics[f"relative_l2_{RESOLUTION}"]
        rows.append(
            {
                "method": training.name,
                "weights": int(record["parameters"]),
                "CPU s per iteration": training.plan.cpu_seconds_per_iteration,
                "GFLOP per iteration": metrics["flops_per_iteration"] / 1e9,
                "iterations": training.plan.iterations,
                "CPU s of the iterations": float(training.curve[0][-1]),
                **{key: value for key, value in metrics.items() if key.startswith("relative_l2_")},
                f"error / {OURS}": error / ours,
            }
        )
    return rows


def draw_trainings(trainings: Sequence[Training], pde: str, file: Path) -> None:
    """Validation error against CPU seconds."""
    with styled():
        figure, axis = plt.subplots(figsize=(6.4, 4.2))
        for training, marker in zip(trainings, MARKERS, strict=False):
            seconds, errors = training.curve
            axis.plot(seconds, errors, marker=marker, markersize=4, label=training.name)
        axis.set(xlabel="CPU time of the training [s]", ylabel="relative L² error, validation", yscale="log")
        axis.set(title=pde.replace("_", " "))
        axis.legend()
        save_figure(figure, file)
        plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pde", default="reaction_diffusion", choices=tuple(GRIDS))
    parser.add_argument("--cpu-seconds", type=float, default=CPU_SECONDS, help="of the training of every method")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--grids", nargs="*", metavar="GRID", help="that fno trains on: 64 points along every axis, or 16x32x32"
    )
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder of runs, tables and figures")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the outcomes here")
    parser.add_argument("overrides", nargs="*", help="settings of all runs, such as model.width=16")
    asked = parser.parse_args(arguments)
    ours = partial(measure, asked.pde, asked.cpu_seconds, asked.seed, asked.grids, asked.overrides, asked.output)
    measure_and_show([ours], asked.json)


if __name__ == "__main__":
    main()
