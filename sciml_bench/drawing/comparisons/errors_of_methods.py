"""How the error of every method grows with the horizon.

Arrays: `times` (rows,) since the last given row, in `time_unit`; `errors` (methods, rows), in standard deviations of
the training states, best method first; `persistence_errors` and `mean_errors` (rows,), where they are known.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.axes import time_label
from sciml_bench.drawing.picture import Arrays, picture
from sciml_bench.drawing.style import PALETTE
from sciml_bench.drawing.svg import GREY, one_axis, plain_powers

MOST_COLOURED = 6
"""Methods that are told apart; the others are thin lines behind them."""

DASHES = ("-", (0, (5, 1.5)), (0, (2, 1.2)), (0, (6, 1.5, 1.5, 1.5)), (0, (1, 1)), (0, (8, 2)))
"""A second sign beside the colour."""

_WIDE = 30.0
LARGEST = 1e6
"""A forecast that runs away leaves the picture."""


@picture("times", "errors", optional=("persistence_errors", "mean_errors", "time_unit"))
def draw(arrays: Arrays) -> Figure:
    """The curves; on a logarithmic scale where they differ widely."""
    times, errors = arrays["times"], np.where(arrays["errors"] < LARGEST, arrays["errors"], np.nan)
    figure, axis = one_axis()
    for curve in errors[MOST_COLOURED:]:
        axis.plot(times, curve, color=GREY, linewidth=0.6)
    for number in reversed(range(min(len(errors), MOST_COLOURED))):
        axis.plot(times, errors[number], color=PALETTE[number], linestyle=DASHES[number], linewidth=1.8)
    for name, dashes in (("persistence_errors", (0, (1, 2))), ("mean_errors", (0, (4, 3)))):
        if name in arrays:
            axis.plot(times, arrays[name], color="#000000", linestyle=dashes, linewidth=1.1)
    axis.set(xlabel=time_label(arrays.get("time_unit"), "horizon"))
    axis.set_title("error [standard deviations]", loc="left", fontsize=10)
    shown = errors[np.isfinite(errors) & (errors > 0)]
    if shown.size and shown.max() > _WIDE * shown.min():
        axis.set_yscale("log")
        plain_powers(axis.yaxis)
    else:
        axis.set_ylim(bottom=0)
    return figure
