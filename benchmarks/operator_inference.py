"""Trained operators as solvers, beside our own numerical solver at equal error.

Both give the solutions of a batch on the points of the tests. The operators compute in single precision with torch, the
numerical solver in double precision with NumPy; each on one thread.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch

from benchmarks.coarse_solvers import (
    Solve,
    SolverSetting,
    cheapest,
    coarse_solve,
    mean_relative_l2,
    steady_seconds,
    sweep,
)
from benchmarks.measurement import Comparison, Outcome, Skipped, compare, compare_costs, cost_of
from benchmarks.operator_trainings import MARKERS, RESOLUTION, Training, repetitions_for
from benchmarks.tables import Row, write_table
from sciml_bench.drawing.style import save_figure, styled
from sciml_bench.nsm.equations import Poisson
from sciml_bench.nsm.solving import prediction
from sciml_bench.training import restore

BATCH = 16
_COLUMNS = ("solver", "points", "steps", "CPU s per solution", "error", "note")


@dataclass(frozen=True, eq=False)
class Inference:
    """A trained operator as a solver.

    Args:
        error: mean relative L² over the batch.
        seconds: CPU seconds of one solution in the batch.
        solve: for the whole batch.
    """

    error: float
    seconds: float
    solve: Callable[[], torch.Tensor]


def compared_inference(
    pde: str, trainings: Sequence[Training], resolutions: tuple[int, ...], folder: Path
) -> list[Outcome]:
    """Each operator beside the cheapest setting of the numerical solver that is at least as good."""
    equation = restore(trainings[0].folder.path).learned.equation
    equation.setup()
    if isinstance(equation, Poisson) and not equation.zero_mean:
        return [Skipped(f"{pde}: inference", "the Galerkin solver of the bounded square has one resolution only")]
    parameters = equation.sampling.parameters("test")[:BATCH]
    truth = equation.sampling.solutions("test", RESOLUTION)[:BATCH].astype(np.float64)
    operators = {training.name: inference(training, parameters, truth) for training in trainings}
    settings = list(sweep(equation, parameters, truth, resolutions))
    print(write_table(inference_rows(operators, settings), folder / "inference"))
    draw_inference(operators, settings, len(parameters), pde, folder / "error_against_inference_time.png")
    outcomes: list[Outcome] = []
    for name, operator in operators.items():
        claim = f"{pde}: solution by {name}, batch of {len(parameters)}"
        setting = cheapest(settings, operator.error)
        if setting is None:
            outcomes.append(Skipped(claim, f"no setting of the numerical solver has an error of {operator.error:.2g}"))
            continue
        solve = coarse_solve(equation, parameters, setting.resolution, setting.n_steps, RESOLUTION)
        reference = f"{setting.name}, error {setting.error:.1e}"
        outcomes.append(compared(claim, reference, operator, solve, len(parameters)).with_error(operator.error))
    return outcomes


def compared(claim: str, reference: str, operator: Inference, solve: Solve, batch: int) -> Comparison:
    """Interleaved; of an operator that takes seconds, single calls, both having been made before."""
    seconds = batch * operator.seconds
    repetitions = repetitions_for(2 * seconds)
    if seconds < 1:
        return compare(claim, reference, operator.solve, solve, repetitions=repetitions)
    costs = partial(cost_of, operator.solve), partial(cost_of, solve, 10)
    return compare_costs(claim, reference, *costs, repetitions=repetitions)


def inference(training: Training, parameters: np.ndarray, truth: np.ndarray) -> Inference:
    """The operator's error and seconds."""
    operator = restore(training.folder.path).learned
    grid = operator.equation.test_grid(truth.shape[-1])
    solve = partial(prediction, operator.model, operator.equation, parameters, grid)
    error = mean_relative_l2(solve().numpy().astype(np.float64), truth)
    return Inference(error, steady_seconds(solve) / len(parameters), solve)


def inference_rows(operators: Mapping[str, Inference], settings: Sequence[SolverSetting]) -> list[Row]:
    """The operators, then every setting of the solver; the largest stable step of each resolution is marked."""
    rows: list[tuple[str | int | float | None, ...]] = [
        (name, None, None, one.seconds, one.error, "") for name, one in operators.items()
    ]
    for setting in settings:
        note = "largest stable step" if setting.coarsest else ""
        rows.append(("own solver", setting.resolution, setting.n_steps, setting.seconds, setting.error, note))
    return [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


def draw_inference(
    operators: Mapping[str, Inference], settings: Sequence[SolverSetting], batch: int, pde: str, file: Path
) -> None:
    """Error against CPU seconds of one solution."""
    with styled():
        figure, axis = plt.subplots(figsize=(6.8, 5.4))
        for (name, one), marker in zip(operators.items(), MARKERS, strict=False):
            axis.plot(one.seconds, one.error, marker=marker, markersize=9, linestyle="none", label=name, zorder=3)
        by_resolution: dict[int, list[SolverSetting]] = {}
        for setting in settings:
            by_resolution.setdefault(setting.resolution, []).append(setting)
        of_time = settings[0].n_steps is not None
        lines = list(by_resolution.values()) if of_time else [list(settings)]
        for number, line in enumerate(lines):
            drawn = [each.seconds for each in line], [each.error for each in line]
            steps = ", ".join(str(each.n_steps) for each in line)
            what = f"{line[0].resolution} points; {steps} steps" if of_time else "2ⁿ points"
            shade = str(0.75 * (1 - (number + 1) / len(lines)))  # darker the finer
            axis.plot(*drawn, color=shade, marker=".", linewidth=1, label=f"own solver, {what}")
            for each in [] if of_time else line:
                place = {"xytext": (4, 3), "textcoords": "offset points", "fontsize": 7}
                axis.annotate(str(each.resolution), (each.seconds, each.error), **place)
        axis.set(xlabel=f"CPU time per solution, in a batch of {batch} [s]", ylabel="relative L² error")
        axis.set(xscale="log", yscale="log", title=pde.replace("_", " "))
        figure.legend(loc="outside lower center", ncols=2, fontsize=7)
        save_figure(figure, file)
        plt.close(figure)
