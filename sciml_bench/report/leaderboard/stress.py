"""How fast the operators of a task break: their error beside the ratios by which it grows."""

from typing import NamedTuple

from sciml_bench.report.leaderboard.ranking import Cell, ScoredTask

RATIOS = {
    "error_ratio_twice_viscosity": "twice the viscosity",
    "error_ratio_twice_roughness": "twice the roughness",
    "error_ratio_twice_resolution": "twice the resolution",
}
"""Metrics and what they are called in a heading."""

HOW_TO_READ = (
    "Times the error of the test. Methods were trained at one viscosity, roughness and resolution and are told no "
    "other; the solver gives the truth. An error near 1 has nothing to lose, so a ratio near 1 beside it says nothing."
)


class StressTable(NamedTuple):
    """Ratios of a task.

    Args:
        main: the error that they multiply.
        columns: the metrics that any method has, the error first.
        rows: methods in the order of the task, with their cells.
    """

    main: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell | None, ...]], ...]


def stress_table(task: ScoredTask) -> StressTable | None:
    """The ratios of a task, or None where no method has any."""
    ratios = tuple(name for name in RATIOS if name in task.columns)
    if not ratios or task.main is None:
        return None
    columns = (task.main, *ratios)
    stressed = [entry.label for entry in task.order if any(name in task.cells.get(entry.label, {}) for name in ratios)]
    rows = tuple((label, tuple(task.cells[label].get(name) for name in columns)) for label in stressed)
    return StressTable(task.main, columns, rows)
