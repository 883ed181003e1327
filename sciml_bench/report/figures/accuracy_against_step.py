"""How far ahead and back in time each method forecasts labelled images that a classifier still reads rightly."""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.forecasts.accuracy_against_step import complete_axis, draw_curve
from sciml_bench.drawing.style import styled
from sciml_bench.report.comparison import Comparison
from sciml_bench.report.figures.labels import wrapped
from sciml_bench.report.figures.required_arrays import with_arrays

MARKERS = "osD^v<>P"
"""A second sign of each curve besides its colour, for more methods than there are colours."""


def accuracy_against_step(comparison: Comparison) -> tuple[Figure | None, list[str]]:
    """One curve per method, the mean over seeds, in a band from the worst to the best seed.

    Args:
        comparison: methods on labelled images.

    Returns:
        the figure, or None where no run has accuracies, and a line per run that is left out.
    """
    everything = [(method, run) for method in comparison.methods for run in method.runs]
    complete, notes = with_arrays(everything, ("forecast_steps", "forecast_accuracy"))
    if not complete:
        return None, notes
    curves: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for method in comparison.methods:
        runs = [run for member, run in complete if member is method]
        if not runs:
            continue
        steps = runs[0].arrays["forecast_steps"]
        if any(not np.array_equal(run.arrays["forecast_steps"], steps) for run in runs):
            notes.append(f"{method.label} is left out: its seeds forecast different steps")
            continue
        curves[method.label] = steps, np.stack([run.arrays["forecast_accuracy"] for run in runs])
    with styled():
        figure = Figure(figsize=(8.2, 4.0))
        axis = figure.subplots()
        # the legend reads from the best curve to the worst, as the curves do
        ranked = sorted(curves, key=lambda label: -curves[label][1].mean())
        for number, label in enumerate(ranked):
            draw_curve(axis, *curves[label], wrapped(label), MARKERS[number % len(MARKERS)])
        oracle = [run.metrics["oracle_accuracy"] for _, run in complete if "oracle_accuracy" in run.metrics]
        labels = [run.arrays["labels_test"] for _, run in complete if "labels_test" in run.arrays]
        chances = sorted({1 / len(np.unique(classes)) for classes in labels})
        complete_axis(axis, float(np.mean(oracle)) if oracle else None, chances)
        seeds = max(len(values) for _, values in curves.values()) if curves else 1
        if seeds > 1:
            axis.set_title(f"Mean over up to {seeds} seeds; bands: from the worst to the best", fontsize=9)
        figure.legend(*axis.get_legend_handles_labels(), fontsize=8, loc="outside right center")
    return figure, notes
