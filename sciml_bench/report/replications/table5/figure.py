"""Our errors beside the paper's, in the order of its Table 5."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sciml_bench.drawing.style import STYLE, styled
from sciml_bench.report.comparison import Estimate
from sciml_bench.report.figures.labels import wrapped
from sciml_bench.report.replications.table5.cells import Table5
from sciml_bench.report.replications.table5.published import COLUMNS, METHODS, WINDOWS, PublishedScore, published_score

MARKERS = {"vanilla": "s", "multiple_shooting": "^", "homotopy": "o"}
SPACING, BESIDE = 0.26, 0.1
"""Distances between two methods and between ours and the paper's, in columns."""


def beside_the_paper(table: Table5) -> Figure:
    """One panel per window: filled marks are ours with every seed as a dot, hollow ones the paper's.

    Args:
        table: the runs.
    """
    with styled():
        figure = Figure(figsize=(8.2, 6.4))
        axes = figure.subplots(len(WINDOWS), 1, sharex=True)
        for axis, window in zip(axes, WINDOWS, strict=True):
            _draw(axis, table, window)
        axes[-1].set_xticks(range(len(COLUMNS)), [wrapped_title(column.title) for column in COLUMNS.values()])
        axes[0].set_title("Filled: ours, mean ± standard error, dots: seeds; hollow: Ko et al., Table 5", fontsize=9)
        handles = axes[0].get_legend_handles_labels()
        figure.legend(*handles, fontsize=8, ncols=len(METHODS), loc="outside lower center")
    return figure


def wrapped_title(title: str) -> str:
    """A column's title, the system above the model."""
    system, _, model = title.partition(" ")
    return f"{system}\n{wrapped(model)}"


def _draw(axis: Axes, table: Table5, window: str) -> None:
    colors = STYLE["axes.prop_cycle"].by_key()["color"]
    for number, (method, title) in enumerate(METHODS.items()):
        places = [place + (number - (len(METHODS) - 1) / 2) * SPACING for place in range(len(COLUMNS))]
        look = {"marker": MARKERS[method], "color": colors[number], "markersize": 6.5}
        ours = [table.summary(method, column, f"{window}_mse") for column in COLUMNS]
        _points(axis, [place - BESIDE / 2 for place in places], ours, {**look, "label": title})
        published = [published_score(method, column, window) for column in COLUMNS]
        _points(axis, [place + BESIDE / 2 for place in places], published, {**look, "markerfacecolor": "white"})
        for place, column in zip(places, COLUMNS, strict=True):
            seeds = table.values(method, column, f"{window}_mse")
            axis.plot([place - BESIDE] * len(seeds), seeds, ".", color=colors[number], alpha=0.5, markersize=4)
    for boundary in range(1, len(COLUMNS)):
        axis.axvline(boundary - 0.5, color="0.85", linewidth=0.8, zorder=0)
    axis.grid(visible=False, axis="x")
    axis.set(yscale="log", ylabel=f"{window} MSE\n(noisy data, state²)", xlim=(-0.5, len(COLUMNS) - 0.5))


def _points(
    axis: Axes, places: Sequence[float], scores: Sequence[Estimate | PublishedScore | None], look: dict[str, object]
) -> None:
    present = [(place, score) for place, score in zip(places, scores, strict=True) if score is not None]
    axis.errorbar(
        [place for place, _ in present],
        [score.mean for _, score in present],
        yerr=[score.standard_error or 0.0 for _, score in present],
        linestyle="none",
        elinewidth=1.2,
        capsize=2,
        **look,  # pyright: ignore[reportArgumentType]
    )
