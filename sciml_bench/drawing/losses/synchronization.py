"""What a coupling does to known dynamics: responses that follow their driver, and the distance between the two.

Arrays: `times` (time,) in `time_unit`, where they have one; `driver` (time, dim); `responses` (strengths, time, dim)
and their distances `errors` (strengths, time); `coupling_strengths` (strengths, dim) in 1/time.
"""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from sciml_bench.drawing.axes import of_components, time_label
from sciml_bench.drawing.picture import Arrays, picture

_SMALLEST_ERROR = 1e-16
_MOST_COMPONENTS = 3


@picture("times", "driver", "responses", "errors", "coupling_strengths", optional=("time_unit",))
def draw(arrays: Arrays) -> Figure:
    """Up to three components of driver and responses, and the distances below."""
    times, driver = arrays["times"], arrays["driver"]
    names = [strength_name(strengths) for strengths in arrays["coupling_strengths"]]
    n_components = min(_MOST_COMPONENTS, driver.shape[1])
    figure = Figure(figsize=(6.4, 2.4 + 1.4 * n_components))
    axes = figure.subplots(n_components + 1, 1, sharex=True, height_ratios=[1.0] * n_components + [1.6])
    for component, axis in enumerate(axes[:-1]):
        axis.plot(times, driver[:, component], color="0.7", linewidth=3, label="driver")
        for name, response in zip(names, arrays["responses"], strict=True):
            axis.plot(times, response[:, component], linewidth=1, label=name)
        axis.set_ylabel(f"component {component + 1}")
    for name, error in zip(names, arrays["errors"], strict=True):
        visible = np.where(error > _SMALLEST_ERROR, error, np.nan)
        axes[-1].plot(times, visible, linewidth=1.2, label=name)
    label = of_components(time_label(arrays.get("time_unit")), n_components, driver.shape[1])
    axes[-1].set(xlabel=label, ylabel="distance from the driver", yscale="log")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside upper center", ncols=min(5, len(labels)))
    return figure


def strength_name(strengths: Float[np.ndarray, " dim"]) -> str:
    """How the curve of a coupling, with k of every component, is called."""
    if (strengths == strengths[0]).all():
        return f"k = {strengths[0]:g}" if strengths[0] else "uncoupled"
    return "k = (" + ", ".join(f"{value:g}" for value in strengths) + ")"
