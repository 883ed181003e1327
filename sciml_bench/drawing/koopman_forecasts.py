"""Forecasts beside what came: images, accuracy against the step, trajectories."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sciml_bench.drawing.style import styled

GAP = 2
"""White pixels around each image."""


def forecast_images(
    initial: Float[np.ndarray, "rows height width"],
    forecasts: Float[np.ndarray, "steps rows height width"],
    steps: Sequence[int],
    read: Int[np.ndarray, "steps rows"],
    true: Int[np.ndarray, "steps rows"],
) -> Figure:
    """One row per given image: the forecasts back in time, the image itself, the forecasts ahead.

    Args:
        initial: the given held-out images.
        forecasts: expected images at each step.
        steps: the steps, increasing, without 0.
        read: the class that the oracle reads in each forecast.
        true: the class that is right; a wrong reading is framed in vermilion.
    """
    position = int(np.searchsorted(steps, 0))
    n_rows, height, width = initial.shape
    pictures = np.insert(forecasts, position, initial, axis=0)
    padded = np.pad(pictures, ((0, 0), (0, 0), (GAP, GAP), (GAP, GAP)))
    cell_height, cell_width = height + 2 * GAP, width + 2 * GAP
    mosaic = padded.transpose(1, 2, 0, 3).reshape(n_rows * cell_height, len(pictures) * cell_width)
    with styled():
        figure = Figure(figsize=(0.5 * len(pictures) + 0.3, 0.5 * n_rows + 0.6))
        axis = figure.subplots()
        axis.imshow(mosaic, cmap="gray_r", vmin=0, vmax=1)
        for row in range(n_rows):
            for column in range(len(pictures)):
                index, given = column - (column > position), column == position
                if given or read[index, row] != true[index, row]:
                    corner = (column * cell_width + GAP / 2 - 0.5, row * cell_height + GAP / 2 - 0.5)
                    size = (cell_width - GAP, cell_height - GAP)
                    colour = "#0072B2" if given else "#D55E00"
                    axis.add_patch(Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=1.6))
        names = [f"{step:+d}" for step in steps]
        names.insert(position, "given")
        axis.set_xticks((np.arange(len(pictures)) + 0.5) * cell_width - 0.5, names, fontsize=7)
        axis.xaxis.tick_top()
        axis.tick_params(length=0)
        axis.set_yticks([])
        axis.grid(visible=False)
        axis.spines[:].set_visible(False)
        axis.set_title(
            "Held-out images and their forecasts by step (vermilion: read wrongly by the oracle)", fontsize=9
        )
    return figure


def accuracy_against_step(
    steps: Sequence[int],
    accuracies: dict[str, Sequence[float]],
    oracle_accuracy: float | None,
    n_classes: int,
) -> Figure:
    """Share of forecasts in which the oracle reads the right class, against the step.

    Args:
        steps: the steps, increasing, without 0.
        accuracies: one curve per name.
        oracle_accuracy: of the oracle on the held-out images themselves.
        n_classes: for the line of chance.
    """
    with styled():
        figure = Figure(figsize=(6.4, 3.6))
        axis = figure.subplots()
        for name, values in accuracies.items():
            (line,) = axis.plot([], [], "o-", markersize=4, label=name)
            for side in (np.less, np.greater):
                chosen = side(steps, 0)
                axis.plot(np.array(steps)[chosen], np.array(values)[chosen], "o-", markersize=4, color=line.get_color())
        if oracle_accuracy is not None:
            axis.axhline(oracle_accuracy, color="black", linestyle="--", linewidth=1, label="oracle on real images")
        axis.axhline(1 / n_classes, color="0.6", linestyle=":", label="chance")
        axis.set(xlabel="step (lags; negative: back in time)", ylabel="forecast accuracy", ylim=(0, 1.03))
        axis.legend(fontsize=8, loc="lower left", ncols=2)
    return figure


def forecast_states(
    times: Float[np.ndarray, " steps"],
    true: Float[np.ndarray, "steps dim"],
    expected: Float[np.ndarray, "steps dim"],
    stationary_mean: Float[np.ndarray, " dim"],
    time_unit: str,
) -> Figure:
    """A held-out trajectory and its conditional expectation given the first state, for up to three components.

    Args:
        times: since the given state.
        true: what came.
        expected: the forecast.
        stationary_mean: what a forecast decays to.
        time_unit: unit of `times`.
    """
    count = min(3, true.shape[1])
    with styled():
        figure = Figure(figsize=(6.4, 1.2 + 1.5 * count))
        axes = np.atleast_1d(figure.subplots(count, 1, sharex=True))
        for component, axis in enumerate(axes):
            axis.plot(times, true[:, component], color="black", linewidth=1, label="held-out trajectory")
            axis.plot(times, expected[:, component], "--", label="forecast from the first state")
            axis.axhline(stationary_mean[component], color="0.6", linestyle=":", label="mean of the training data")
            axis.set_ylabel("state" if count == 1 else f"component {component + 1}")
        axes[-1].set_xlabel(f"time since the given state [{time_unit}]")
        axes[0].legend(fontsize=8, ncols=3, loc="upper right")
    return figure
