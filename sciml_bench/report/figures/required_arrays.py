"""What a figure needs from arrays.npz; a run that lacks it is left out of the figure, and a line says so."""

from collections.abc import Iterable, Sequence

from sciml_bench.core.errors import DataError
from sciml_bench.drawing.picture import missing_arrays
from sciml_bench.report.comparison import MethodRuns
from sciml_bench.report.runs import FinishedRun


def with_arrays(
    runs: Iterable[tuple[MethodRuns, FinishedRun]], names: Sequence[str]
) -> tuple[list[tuple[MethodRuns, FinishedRun]], list[str]]:
    """The runs that have all arrays of these names.

    Args:
        runs: runs, each with the method it repeats.
        names: of the arrays.

    Returns:
        those runs, and one line for each of the others, or a single line where there is none.
    """
    complete, notes = [], []
    for method, run in runs:
        try:
            missing = missing_arrays(run.arrays, names)
        except DataError as error:
            notes.append(f"{method.label} is left out: {error}")
            continue
        if missing:
            notes.append(f"{method.label} is left out: its arrays.npz has no {', '.join(missing)}")
        else:
            complete.append((method, run))
    if not complete and all("has no" in note for note in notes):
        return [], [f"not drawn, since no run has the arrays {', '.join(names)}"]
    return complete, list(dict.fromkeys(notes))


def representatives(methods: Iterable[MethodRuns]) -> list[tuple[MethodRuns, FinishedRun]]:
    """The run with the smallest seed of every method."""
    return [(method, method.runs[0]) for method in methods]
