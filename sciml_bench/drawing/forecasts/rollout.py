"""The rollout of the first trajectory beside the truth: a field over space and time, or the paths of bodies.

Arrays: `times` (time,) since the last input, in `time_unit`; `prediction` and `reference` (batch, time, *state);
`component_names`, one for a field, otherwise one per entry of the last axis; `grid` (points,), the positions of a
one-dimensional field, where states are one; `time_name`, of its axis, where the times are others.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.axes import limits_around, time_label
from sciml_bench.drawing.picture import Arrays, picture

_MOST_PATHS = 10


@picture("times", "prediction", "reference", "component_names", "time_unit", optional=("grid", "time_name"))
def draw(arrays: Arrays) -> Figure:
    """A field with the difference beside it, or the first components of every body against time and in their plane."""
    return _field(arrays) if "grid" in arrays else _paths(arrays)


def _field(arrays: Arrays) -> Figure:
    truth, rolled = arrays["reference"][0], arrays["prediction"][0]
    bound = float(np.abs(truth).max())
    difference = rolled - truth
    finite = np.abs(difference[np.isfinite(difference)])
    small = min(float(finite.max()) if finite.size else bound, bound) or 1.0
    figure = Figure(figsize=(9.6, 3.6))
    axes = figure.subplots(1, 3, sharey=True)
    panels = (("reference", truth, bound), ("rollout", rolled, bound), ("difference", difference, small))
    for axis, (title, values, limit) in zip(axes, panels, strict=True):
        place = arrays["grid"], arrays["times"]
        image = axis.pcolormesh(*place, values, cmap="RdBu_r", vmin=-limit, vmax=limit, shading="auto", rasterized=True)
        axis.grid(False)
        axis.set(title=title, xlabel="position")
        figure.colorbar(image, ax=axis, label=str(arrays["component_names"][0]), shrink=0.85)
    name = str(arrays.get("time_name", "time since the last input"))
    axes[0].set_ylabel(time_label(arrays["time_unit"], name))
    return figure


def _paths(arrays: Arrays) -> Figure:
    times, names = arrays["times"], [str(name) for name in arrays["component_names"]]
    n_components = arrays["reference"].shape[-1]  # a field over several axes has one name
    truth = arrays["reference"][0].reshape(len(times), -1, n_components)
    rolled = arrays["prediction"][0].reshape(truth.shape)
    second = min(1, n_components - 1)
    figure = Figure(figsize=(9.6, 4.0))
    against_time, plane = figure.subplots(1, 2)
    for body in range(min(truth.shape[1], _MOST_PATHS)):
        color = f"C{body % 7}"
        against_time.plot(times, truth[:, body, 0], color=color, linewidth=0.8, linestyle="--")
        against_time.plot(times, rolled[:, body, 0], color=color, linewidth=1.4)
        plane.plot(truth[:, body, 0], truth[:, body, second], color=color, linewidth=0.8, linestyle="--")
        plane.plot(rolled[:, body, 0], rolled[:, body, second], color=color, linewidth=1.4)
    shown = truth[:, :_MOST_PATHS]
    against_time.set_xlabel(time_label(arrays["time_unit"], "time since the last input"))
    against_time.set(ylabel=names[0], ylim=limits_around(shown[..., 0]))
    plane.set(xlabel=names[0], ylabel=names[min(second, len(names) - 1)])
    plane.set(xlim=limits_around(shown[..., 0]), ylim=limits_around(shown[..., second]))
    for label, style in (("reference", "--"), ("rollout", "-")):
        plane.plot([], [], color="0.3", linestyle=style, label=label)
    plane.legend(fontsize=8)
    return figure
