"""What an error costs, one curve per solver."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from sciml_bench.drawing.style import styled

if TYPE_CHECKING:
    from sciml_bench.mechnn.solver_comparison import SolverScore

_LABELS = {"u": "u", "du": "du/dt", "ddu": "d²u/dt²"}
_COST_LABELS = {"seconds": "CPU seconds, one thread", "evaluations": "evaluations of the equation"}
_SMALLEST_SHOWN = 1e-16
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C8C8C")


def error_against_cost(scores: "list[SolverScore]", cost: str) -> Figure:
    """One row of panels per problem, one column per derivative; the block solid, the others dashed.

    Args:
        scores: of all solvers.
        cost: `seconds` or `evaluations`.
    """
    problems = list(dict.fromkeys(score.problem for score in scores))
    solvers = list(dict.fromkeys(score.solver for score in scores))
    with styled():
        figure = Figure(figsize=(10.5, 1.2 + 2.9 * len(problems)))
        axes = figure.subplots(len(problems), len(_LABELS), sharex=True, sharey=True, squeeze=False)
        for row, problem in zip(axes, problems, strict=True):
            for column, (axis, label) in enumerate(zip(row, _LABELS.values(), strict=True)):
                for number, solver in enumerate(solvers):
                    points = sorted(
                        (getattr(score, cost), max(score.errors[column], _SMALLEST_SHOWN))
                        for score in scores
                        if score.problem == problem and score.solver == solver
                    )
                    line, name = "o-" if solver.startswith("block") else "s--", solver.replace("_", " ")
                    color = _COLORS[number % len(_COLORS)]
                    axis.plot(*zip(*points, strict=True), line, color=color, markersize=4, label=name)
                axis.set(xscale="log", yscale="log", title=f"{problem}: {label}")
            row[0].set_ylabel("largest error")
        for axis in axes[-1]:
            axis.set_xlabel(_COST_LABELS[cost])
        figure.legend(*axes[0, 0].get_legend_handles_labels(), ncols=4, fontsize=8, loc="outside upper center")
    return figure
