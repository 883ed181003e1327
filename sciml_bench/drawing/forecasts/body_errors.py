"""Distance of every body of a rollout from its place against time.

Arrays: `times` (time,) since the last input, in `time_unit`; `body_distances` (time, bodies), root mean squares over
trajectories; `body_names` (bodies,); `component_names`, the first of which tells the unit in brackets.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.axes import time_label
from sciml_bench.drawing.picture import Arrays, picture
from sciml_bench.drawing.style import PALETTE


@picture("times", "body_distances", "body_names", "component_names", "time_unit")
def draw(arrays: Arrays) -> Figure:
    """One curve per body."""
    times, distances = arrays["times"], arrays["body_distances"]
    unit = str(arrays["component_names"][0]).partition("[")[2]
    figure = Figure(figsize=(6.4, 4.2))
    axis = figure.subplots()
    for body, name in enumerate(arrays["body_names"]):
        # a body that positions are relative to has no error
        if np.any(distances[:, body] > 0):
            style = "-" if body < len(PALETTE) else "--"
            axis.plot(times, distances[:, body], style, color=PALETTE[body % len(PALETTE)], label=str(name))
    label = "distance from the reference" + (f" [{unit}" if unit else "")
    axis.set(yscale="log", xlabel=time_label(arrays["time_unit"], "time since the last input"), ylabel=label)
    axis.legend(fontsize=7, ncols=2)
    return figure
