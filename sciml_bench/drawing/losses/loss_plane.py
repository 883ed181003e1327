"""The loss over a plane in the space of parameters.

Arrays: `losses` (first, second) at the multiples `first` and `second` of two directions from the origin, nan or
infinite where the model broke down; `path` (epochs, 2), coordinates of a training path in the plane, and
`direction_names` (2,), where there are any.
"""

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator

from sciml_bench.core.errors import DataError
from sciml_bench.drawing.picture import Arrays, picture

_N_LEVELS = 24
_MAXIMAL_RATIO = 1e8
"""Of the highest to the lowest level: models that escape towards infinity must not use up the colours."""


@picture("first", "second", "losses", optional=("path", "direction_names"))
def draw(arrays: Arrays) -> Figure:
    """Contours, evenly spaced in the logarithm; grey where the model broke down; the path from circle to star.

    Raises:
        DataError: no loss is finite and positive.
    """
    first, second = arrays["first"], arrays["second"]
    shown = np.ma.masked_invalid(arrays["losses"].T)
    positive = shown[shown > 0].compressed()
    if len(positive) == 0:
        raise DataError("losses: none in the plane is finite and positive; scan a smaller neighbourhood of the origin")
    lowest = float(positive.min())
    highest = max(min(float(positive.max()), _MAXIMAL_RATIO * lowest), 1.001 * lowest)
    levels = np.geomspace(lowest, highest, _N_LEVELS)
    figure = Figure(figsize=(5.4, 4.3))
    axis = figure.subplots()
    axis.set_facecolor("0.8")
    # A loss of exactly 0 or beyond the last level belongs to the outermost colours, not to the grey.
    clipped = np.ma.clip(shown, lowest, highest)
    filled = axis.contourf(first, second, clipped, levels=levels, norm=LogNorm(lowest, highest), cmap="viridis")
    axis.contour(first, second, clipped, levels=levels, colors="white", linewidths=0.3, alpha=0.6)
    ticks = LogLocator(subs=(1.0,) if highest / lowest > 30 else (1.0, 2.0, 5.0))
    formatter = LogFormatterSciNotation(minor_thresholds=(np.inf, np.inf))
    bar = figure.colorbar(filled, ax=axis, label="loss", ticks=ticks, format=formatter)
    bar.ax.minorticks_off()
    if "path" in arrays:
        path = arrays["path"]
        axis.plot(path[:, 0], path[:, 1], color="#D55E00", linewidth=1.4, label="training")
        axis.plot(*path[0], "o", color="#D55E00", markeredgecolor="white", markersize=6)
        axis.plot(*path[-1], "*", color="#D55E00", markeredgecolor="white", markersize=12)
        axis.legend(fontsize=8, loc="upper right", frameon=True, facecolor="white", framealpha=0.8)
    axis.grid(visible=False)
    names = arrays.get("direction_names", ("first direction", "second direction"))
    axis.set(xlabel=str(names[0]), ylabel=str(names[1]), xlim=(first[0], first[-1]), ylim=(second[0], second[-1]))
    return figure
