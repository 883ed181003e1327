"""The loss of known dynamics against one of their parameters, one curve per coupling strength.

Arrays: `losses` (strengths, values), nan or infinite where the motion escapes, at the `values` (values,) of the
parameter called `parameter`; `coupling_strengths` (strengths, dim) in 1/time; `true_value` of the parameter, where it
is known.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.losses.synchronization import strength_name
from sciml_bench.drawing.picture import Arrays, picture

_DECADES = 5
"""Of losses, below the largest: at its true value, the parameter of a known system leaves no error at all."""


@picture("parameter", "values", "losses", "coupling_strengths", optional=("true_value",))
def draw(arrays: Arrays) -> Figure:
    """Curves with gaps where the motion escapes."""
    losses = arrays["losses"]
    figure = Figure(figsize=(6.4, 3.6))
    axis = figure.subplots()
    for strengths, curve in zip(arrays["coupling_strengths"], losses, strict=True):
        finite = np.where(np.isfinite(curve), curve, np.nan)
        axis.plot(arrays["values"], finite, linewidth=1.4, label=strength_name(strengths))
    if "true_value" in arrays:
        axis.axvline(float(arrays["true_value"]), color="black", linestyle=":", linewidth=1, label="true value")
    axis.set(xlabel=str(arrays["parameter"]).replace("_", " "), ylabel="mean squared error", yscale="log")
    visible = losses[np.isfinite(losses) & (losses > 0)]
    if len(visible):
        axis.set_ylim(bottom=max(0.5 * visible.min(), visible.max() * 10.0**-_DECADES))
    axis.legend(fontsize=8)
    return figure
