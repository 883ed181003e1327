"""Left and right singular functions of a one-dimensional system, with the truth beside them.

Arrays: `points` (points,), where the functions were evaluated; `left_functions` and `right_functions` (points, modes),
the constant first; `time_unit` of the state's clock; where they are known, `exact_left_functions` and
`exact_right_functions`, and `stationary_weights` (points,), by which their signs are matched to the estimate.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

_MOST_SHOWN = 4
_SIDES = {"left": "left (now)", "right": "right (one lag later)"}
_EXACT = ("exact_left_functions", "exact_right_functions", "stationary_weights")


@picture("points", "left_functions", "right_functions", "time_unit", optional=_EXACT)
def draw(arrays: Arrays) -> Figure:
    """Up to four functions of either side, the constant left out."""
    order = np.argsort(arrays["points"])
    points, count = arrays["points"][order], min(_MOST_SHOWN, arrays["left_functions"].shape[1] - 1)
    weights = arrays["stationary_weights"][order] if "stationary_weights" in arrays else 1
    figure = Figure(figsize=(2.9 * count, 4.6))
    axes = figure.subplots(2, count, sharex=True, squeeze=False)
    for row, (side, title) in zip(axes, _SIDES.items(), strict=True):
        for mode, axis in enumerate(row, start=1):
            values = arrays[f"{side}_functions"][order, mode]
            if f"exact_{side}_functions" in arrays:
                truth = arrays[f"exact_{side}_functions"][order, mode]
                sign = np.sign(np.sum(weights * truth * values)) or 1
                axis.plot(points, truth * sign, color="black", linewidth=1, label="exact")
            axis.plot(points, values, linestyle="--", label="estimated")
            axis.set_title(f"{title}, {mode + 1}", fontsize=9)
    for axis in axes[1]:
        axis.set_xlabel("state")
    axes[0, 0].legend(fontsize=8)
    caption = f"Leading singular functions (first = constant, clock in {arrays['time_unit']})"
    figure.suptitle(caption, fontsize=10)
    return figure
