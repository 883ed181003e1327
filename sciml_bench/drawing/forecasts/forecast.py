"""A held-out trajectory and its conditional expectation given the first state, for up to three components.

Arrays: `forecast_times` (steps,) since the given state, in `time_unit`; `forecast_states` and `true_states`
(steps, dim); `training_mean` (dim,), to which a forecast decays; `component_names` (dim,), where they have names, and
`component_units`, where they are known.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.axes import component_labels
from sciml_bench.drawing.picture import Arrays, picture

_MOST_COMPONENTS = 3


@picture(
    *("forecast_times", "forecast_states", "true_states", "training_mean", "time_unit"),
    optional=("component_names", "component_units"),
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
        axis.plot(times, true[:, component], color="black", linewidth=1, label="held-out trajectory")
        axis.plot(times, arrays["forecast_states"][:, component], "--", label="forecast from the first state")
        axis.axhline(mean[component], color="0.6", linestyle=":", label="mean of the training data")
        axis.set_ylabel(str(names[component]))
    axes[-1].set_xlabel(f"time since the given state [{arrays['time_unit']}]")
    axes[0].legend(fontsize=8, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure
