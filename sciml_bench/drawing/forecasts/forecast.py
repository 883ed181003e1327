"""A held-out trajectory and its conditional expectation given the first state, for up to three components.

Arrays: `forecast_times` (steps,) since the given state, in `time_unit`; `forecast_states` and `true_states`
(steps, dim); `training_mean` (dim,), to which a forecast decays; `given_state` (dim,), from which it begins, and which
persistence repeats; `component_names` (dim,), where they have names, and `component_units`, where they are known.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.axes import component_labels, draw_persistence, limits_around, of_components
from sciml_bench.drawing.picture import Arrays, picture

_MOST_COMPONENTS = 3
_MARGIN = 1.0
"""Room around what came, relative to its range, in which a forecast is shown."""


@picture(
    *("forecast_times", "forecast_states", "true_states", "training_mean", "time_unit"),
    optional=("given_state", "component_names", "component_units"),
)
def draw(arrays: Arrays) -> Figure:
    """One panel per component."""
    times, true, mean = arrays["forecast_times"], arrays["true_states"], arrays["training_mean"]
    count = min(_MOST_COMPONENTS, true.shape[1])
    numbered = ["state"] if true.shape[1] == 1 else [f"component {number + 1}" for number in range(count)]
    names = component_labels(arrays) if "component_names" in arrays else numbered
    figure = Figure(figsize=(6.4, 1.2 + 1.5 * count))
    axes = np.atleast_1d(figure.subplots(count, 1, sharex=True))
    for component, axis in enumerate(axes):
        forecast = arrays["forecast_states"][:, component]
        axis.plot(times, true[:, component], color="black", linewidth=1, label="held-out trajectory")
        axis.plot(times, forecast, "--", label="forecast from the first state")
        if "given_state" in arrays:
            draw_persistence(axis, np.array([0.0, times[-1]]), arrays["given_state"][component])
        axis.axhline(mean[component], color="0.6", linestyle=":", label="mean of the training data")
        given = arrays["given_state"][component] if "given_state" in arrays else mean[component]
        low, high = limits_around(np.array([*true[:, component], mean[component], given]), _MARGIN)
        if not ((low < forecast) & (forecast < high)).all():
            axis.set_ylim(low, high)  # a forecast that runs away leaves the picture
        axis.set_ylabel(str(names[component]))
    axes[-1].set_xlabel(of_components(f"time since the given state [{arrays['time_unit']}]", count, true.shape[1]))
    axes[0].legend(fontsize=8, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure
