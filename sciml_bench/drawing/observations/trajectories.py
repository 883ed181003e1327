"""What was observed, smoothed and predicted, every component against time.

Arrays: `times` (batch, time) in `time_unit`; `observed` and `smoothed` (batch, time, dim); `window` (batch, time), 1
for rows that were learned from, 2 for those beyond, 0 for padding; `component_names` (dim,); where there are any,
`prediction` from the initial states, `forecast` from the end of the past and `clean`, the truth, all of them
(batch, time, dim), and `component_units` (dim,).
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.axes import (
    component_labels,
    draw_persistence,
    last_given,
    learned_and_ahead,
    limits_around,
    of_components,
    shade_parts,
    time_label,
)
from sciml_bench.drawing.picture import Arrays, picture

_MOST_COMPONENTS = 6
_REQUIRED = ("times", "observed", "smoothed", "window", "component_names", "time_unit")


@picture(*_REQUIRED, optional=("prediction", "forecast", "clean", "component_units"))
def draw(arrays: Arrays) -> Figure:
    """The first trajectory; what is held out is shaded, and so is what was looked at to choose among weights."""
    learned, ahead = learned_and_ahead(arrays["window"])
    times, between = arrays["times"][0], np.zeros_like(learned)
    if ahead.any():
        between[np.flatnonzero(learned)[-1] + 1 : ahead.argmax()] = True
    seen = learned | between | ahead
    n_shown = min(arrays["observed"].shape[-1], _MOST_COMPONENTS)
    labels = component_labels(arrays)
    figure = Figure(figsize=(8.4, 1.0 + 1.9 * n_shown))
    axes = figure.subplots(n_shown, 1, sharex=True, squeeze=False)[:, 0]
    for component, axis in enumerate(axes):
        observed = arrays["observed"][0, :, component]
        axis.plot(times[seen], observed[seen], ".", color="0.55", markersize=4, label="observed")
        if "clean" in arrays:
            clean = arrays["clean"][0, :, component]
            axis.plot(times[seen], clean[seen], color="black", linewidth=0.9, linestyle="--", label="truth")
        style = {"color": "#0072B2", "linewidth": 1.6}
        smoothed = arrays["smoothed"][0, :, component]
        inside = [observed[seen], smoothed[learned]]
        if "prediction" in arrays:
            prediction = arrays["prediction"][0, :, component]
            axis.plot(times[learned], smoothed[learned], color="#E69F00", linewidth=1.2, label="smoothed")
            axis.plot(times[learned], prediction[learned], label="predicted", **style)
            axis.plot(times[between | ahead], prediction[between | ahead], **style)
            inside = [observed[seen], prediction[learned]]
        else:
            axis.plot(times[learned], smoothed[learned], label="smoothed", **style)
        axis.set_ylim(*limits_around(np.concatenate(inside)))
        axis.set_ylabel(labels[component])
        if ahead.any():
            if "forecast" in arrays:
                forecast = arrays["forecast"][0, :, component]
                axis.plot(times[ahead], forecast[ahead], color="#D55E00", linewidth=1.2, label="forecast")
                if (given := last_given(observed, ahead)) is not None:
                    draw_persistence(axis, times[np.r_[given, np.flatnonzero(ahead)]], observed[given])
            shade_parts(axis, times, learned, ahead)
    axes[-1].set_xlabel(of_components(time_label(arrays["time_unit"]), n_shown, arrays["observed"].shape[-1]))
    axes[0].legend(ncols=4, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure
