"""Inferred against true parameters of trajectories that were not learned from; on the line where they are right.

Arrays: `growth_rates_test` and `capacities_test` (batch,), and the same with `inferred_` before them, of which
those that could not be inferred are not finite.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

_MOST_SHOWN = 100
_PANELS = {"growth_rates_test": "growth rate [1/time]", "capacities_test": "capacity"}


@picture(*_PANELS, *(f"inferred_{name}" for name in _PANELS))
def draw(arrays: Arrays) -> Figure:
    """The first hundred trajectories."""
    figure = Figure(figsize=(8.4, 3.9))
    for axis, (name, label) in zip(figure.subplots(1, 2), _PANELS.items(), strict=True):
        true, inferred = arrays[name][:_MOST_SHOWN], arrays[f"inferred_{name}"][:_MOST_SHOWN]
        given = np.concatenate([true, inferred[np.isfinite(inferred)]])
        limits = [float(given.min()), float(given.max())]
        axis.plot(limits, limits, color="0.6", linewidth=1.0)
        axis.plot(true, inferred, "o", markersize=4, alpha=0.7)
        axis.set(xlabel=f"true {label}", ylabel=f"inferred {label}")
        axis.set_title(f"median error {np.median(np.abs(inferred / true - 1)):.2%}", fontsize=10)
    return figure
