"""Share of forecasts of images in which the oracle reads the right class, against the step.

Arrays: `forecast_steps` (steps,), increasing and without 0; `forecast_accuracy` (steps,); `n_classes`, for the line of
chance; `oracle_accuracy` on the held-out images themselves, where it is known.
"""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Real
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture


@picture("forecast_steps", "forecast_accuracy", "n_classes", optional=("oracle_accuracy",))
def draw(arrays: Arrays) -> Figure:
    """One curve on each side of the present."""
    figure = Figure(figsize=(6.4, 3.6))
    axis = figure.subplots()
    draw_curve(axis, arrays["forecast_steps"], arrays["forecast_accuracy"][None], "this run")
    oracle = float(arrays["oracle_accuracy"]) if "oracle_accuracy" in arrays else None
    complete_axis(axis, oracle, [1 / int(arrays["n_classes"])])
    axis.legend(fontsize=8, loc="lower left", ncols=2)
    return figure


def draw_curve(
    axis: Axes,
    steps: Real[np.ndarray, " steps"],
    accuracies: Real[np.ndarray, "seeds steps"],
    label: str,
    marker: str = "o",
) -> None:
    """The mean over seeds in a band from the worst to the best; step 0 is given, not forecast, and parts the curve.

    The marker is a second sign of the curve besides its colour.
    """
    color, style = None, {"marker": marker, "markersize": 3.5, "linewidth": 1.3}
    for side, shown in ((steps < 0, None), (steps > 0, label)):
        values = accuracies[:, side]
        (line,) = axis.plot(steps[side], values.mean(axis=0), color=color, label=shown, **style)
        color = line.get_color()
        axis.fill_between(steps[side], values.min(axis=0), values.max(axis=0), color=color, alpha=0.18, linewidth=0)


def complete_axis(axis: Axes, oracle_accuracy: float | None, chances: Iterable[float]) -> None:
    """The lines of the oracle, on real images, and of chance, and the labels."""
    if oracle_accuracy is not None:
        axis.axhline(oracle_accuracy, color="black", linestyle="--", linewidth=1, label="oracle on real images")
    for chance in chances:
        axis.axhline(chance, color="0.5", linestyle=":", linewidth=1.2, label="chance")
    axis.axvline(0, color="0.8", linewidth=0.8, zorder=0)
    axis.set(xlabel="step (lags; negative: back in time)", ylabel="forecast accuracy", ylim=(0, 1.03))
