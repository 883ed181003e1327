"""The end of what equations were discovered from, denoised, and their forecast, every component against time.

Arrays: `times` (batch, time) in `time_unit`; `observed`, `denoised` and `forecast` (batch, time, dim), nan where there
is none; `window` (batch, time), 1 for rows that were learned from, 2 for those beyond, 0 for padding; `component_names`
(dim,) and, where they are known, `component_units`.
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
_MOST_ROWS = 600


@picture(
    "times", "observed", "denoised", "forecast", "window", "component_names", "time_unit", optional=("component_units",)
)
def draw(arrays: Arrays) -> Figure:
    """The first trajectory; what is held out is shaded."""
    is_learned, is_ahead = learned_and_ahead(arrays["window"])
    learned, ahead = map(np.flatnonzero, (is_learned, is_ahead))
    ahead = ahead[:_MOST_ROWS]
    rows, times = np.concatenate([learned[-_MOST_ROWS:], ahead]), arrays["times"][0]
    n_shown = min(arrays["observed"].shape[-1], _MOST_COMPONENTS)
    labels = component_labels(arrays)
    figure = Figure(figsize=(8.4, 1.0 + 1.7 * n_shown))
    axes = figure.subplots(n_shown, 1, sharex=True, squeeze=False)[:, 0]
    for component, axis in enumerate(axes):
        observed = arrays["observed"][0, rows, component]
        axis.plot(times[rows], observed, ".", color="0.6", markersize=3, label="observed")
        axis.plot(times[rows], arrays["denoised"][0, rows, component], label="denoised")
        if len(ahead):
            axis.plot(times[ahead], arrays["forecast"][0, ahead, component], label="forecast")
            whole = arrays["observed"][0, :, component]
            if (given := last_given(whole, is_ahead)) is not None:
                draw_persistence(axis, times[[given, *ahead]], whole[given])
            shade_parts(axis, times[: ahead[-1] + 1], is_learned[: ahead[-1] + 1], is_ahead[: ahead[-1] + 1])
        axis.set_ylim(*limits_around(observed))
        axis.set_ylabel(labels[component])
    axes[-1].set_xlabel(of_components(time_label(arrays["time_unit"]), n_shown, arrays["observed"].shape[-1]))
    axes[0].legend(ncols=5, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure
