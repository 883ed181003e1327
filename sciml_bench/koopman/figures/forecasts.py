"""Forecasts beside what came: images, accuracy against the step, trajectories."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int
from matplotlib.figure import Figure

from sciml_bench.core.figures import styled


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
    columns = len(steps) + 1
    with styled():
        figure = Figure(figsize=(0.62 * columns + 0.4, 0.72 * len(initial) + 0.5))
        axes = figure.subplots(len(initial), columns, squeeze=False)
        for row in range(len(initial)):
            for column in range(columns):
                axis = axes[row, column]
                axis.set(xticks=[], yticks=[])
                axis.grid(visible=False)
                index = column if column < position else column - 1
                given = column == position
                image = initial[row] if given else forecasts[index, row]
                axis.imshow(image, cmap="gray_r", vmin=0, vmax=1)
                wrong = not given and read[index, row] != true[index, row]
                for spine in axis.spines.values():
                    spine.set(visible=given or wrong, color="#0072B2" if given else "#D55E00", linewidth=2)
                if row == 0:
                    axis.set_title("given" if given else f"{steps[index]:+d}", fontsize=7)
        figure.suptitle("Held-out images and their forecasts by step (framed: read wrongly by the oracle)", fontsize=9)
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
