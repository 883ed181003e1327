"""The first against the last component (prey and predators, x and z), inside and beyond the learned window.

Arrays: `observed` and `prediction` (batch, time, dim); `window` (batch, time), 1 for rows that were learned from, 2 for
those beyond, 0 for padding; `component_names` (dim,) and, where they are known, `component_units`.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.axes import component_labels, learned_and_ahead, limits_around
from sciml_bench.drawing.picture import Arrays, picture


@picture("observed", "prediction", "window", "component_names", optional=("component_units",))
def draw(arrays: Arrays) -> Figure:
    """The first trajectory."""
    learned, ahead = learned_and_ahead(arrays["window"])
    observed, prediction = arrays["observed"][0], arrays["prediction"][0]
    ends = [0, observed.shape[1] - 1]
    (x, y), (found_x, found_y) = observed[:, ends].T, prediction[:, ends].T
    figure = Figure(figsize=(5.0, 4.4))
    axis = figure.subplots()
    axis.plot(x[learned], y[learned], ".", color="0.55", label="learned from")
    if ahead.any():
        axis.plot(x[ahead], y[ahead], "x", color="0.7", markersize=4, label="not learned from")
        axis.plot(found_x[ahead], found_y[ahead], color="#D55E00", label="extrapolation")
    axis.plot(found_x[learned], found_y[learned], color="#0072B2", label="interpolation")
    if observed.shape[1] > 1:
        names = [component_labels(arrays)[end] for end in ends]
        axis.set(xlabel=names[0], ylabel=names[1])
    seen = learned | ahead
    axis.set_xlim(*limits_around(np.concatenate([x[seen], found_x[learned]])))
    axis.set_ylim(*limits_around(np.concatenate([y[seen], found_y[learned]])))
    axis.legend(fontsize=8)
    return figure
