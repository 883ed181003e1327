"""The figures of a comparison, made from the arrays that the runs left."""

from matplotlib.figure import Figure

from sciml_bench.report.comparison import Comparison
from sciml_bench.report.figures.accuracy_against_step import accuracy_against_step
from sciml_bench.report.figures.eigenfunctions import eigenfunctions
from sciml_bench.report.figures.forecast_images import forecast_images

DRAWINGS = {
    "accuracy_against_step": accuracy_against_step,
    "forecast_images": forecast_images,
    "eigenfunctions": eigenfunctions,
}
"""Each gives its figure, or None where no run has what it shows, and a line per method that is left out."""

TOLD_NOTES = 2
"""Of a figure; others are counted."""


def comparison_figures(comparison: Comparison) -> tuple[dict[str, Figure], list[str]]:
    """Draw what the runs have arrays for.

    Args:
        comparison: the methods.

    Returns:
        the figures by name, and a line for what could not be drawn.
    """
    figures: dict[str, Figure] = {}
    left_out: list[str] = []
    for name, draw in DRAWINGS.items():
        figure, notes = draw(comparison)
        if figure is not None:
            figures[name] = figure
        more = [f"{len(notes) - TOLD_NOTES} more are left out as well"] if len(notes) > TOLD_NOTES else []
        left_out += [f"{name}.png: {note}" for note in [*notes[:TOLD_NOTES], *more]]
    return figures, left_out
