"""The loss along lines in the space of parameters, such as one direction at several coupling strengths.

Arrays: `losses` (lines, points), nan or infinite where the model broke down; `positions` (points,) of all lines;
`line_names` (lines,); `position_name`, what the positions measure, where it is known.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture


@picture("positions", "losses", "line_names", optional=("position_name",))
def draw(arrays: Arrays) -> Figure:
    """One curve per line, with gaps where the model broke down."""
    figure = Figure(figsize=(6.4, 3.6))
    axis = figure.subplots()
    for name, losses in zip(arrays["line_names"], arrays["losses"], strict=True):
        axis.plot(arrays["positions"], np.where(np.isfinite(losses), losses, np.nan), linewidth=1.4, label=str(name))
    label = str(arrays.get("position_name", "position along the direction"))
    axis.set(xlabel=label, ylabel="loss", yscale="log")
    axis.legend(fontsize=8)
    return figure
