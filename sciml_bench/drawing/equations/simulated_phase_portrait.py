"""The data and a simulation of discovered equations from the same state, first against last component.

Arrays: `observed` and `simulation` (batch, time, dim); `window` (batch, time), 1 for rows that were learned from, 2 for
those beyond, 0 for padding; `component_names` (dim,) and, where they are
known, `component_units`.
"""

from matplotlib.figure import Figure

from sciml_bench.drawing.axes import component_labels, learned_and_ahead, limits_around
from sciml_bench.drawing.picture import Arrays, picture


@picture("observed", "simulation", "window", "component_names", optional=("component_units",))
def draw(arrays: Arrays) -> Figure:
    """The first trajectory."""
    learned, ahead = learned_and_ahead(arrays["window"])
    seen, names = learned | ahead, component_labels(arrays)
    figure = Figure(figsize=(8.4, 3.9))
    axes = figure.subplots(1, 2, sharex=True, sharey=True)
    panels = (("observed", arrays["observed"]), ("simulated from the equations", arrays["simulation"]))
    for axis, (title, states) in zip(axes, panels, strict=True):
        axis.plot(states[0, seen, 0], states[0, seen, -1], linewidth=0.5)
        axis.set(title=title, xlabel=names[0])
    axes[0].set_ylabel(names[-1])
    axes[0].set_xlim(*limits_around(arrays["observed"][0, seen, 0], 0.1))
    axes[0].set_ylim(*limits_around(arrays["observed"][0, seen, -1], 0.1))
    return figure
