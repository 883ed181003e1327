"""Inferred beside true parameters, and the trajectories that they explain."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.data.logistic_trajectories import Populations
from sciml_bench.drawing.style import styled

if TYPE_CHECKING:
    from sciml_bench.mechnn.parameters.parameter_recovery import RecoveredParameters

_SHOWN_PARAMETERS = 100
_SHOWN_TRAJECTORIES = 5


def inferred_against_true(truth: Populations, found: "RecoveredParameters") -> Figure:
    """Growth rates and capacities of the first 100 trajectories; on the line where they are right.

    Args:
        truth: of the trajectories.
        found: what was inferred.
    """
    panels = {
        "growth rate [1/time]": (truth.growth_rates, found.growth_rates),
        "capacity": (truth.capacities, found.capacities),
    }
    with styled():
        figure = Figure(figsize=(8.4, 3.9))
        for axis, (name, (true, inferred)) in zip(figure.subplots(1, 2), panels.items(), strict=True):
            true, inferred = true[:_SHOWN_PARAMETERS], inferred[:_SHOWN_PARAMETERS]
            given = np.concatenate([true, inferred[np.isfinite(inferred)]])
            limits = [float(given.min()), float(given.max())]
            axis.plot(limits, limits, color="0.6", linewidth=1.0)
            axis.plot(true, inferred, "o", markersize=4, alpha=0.7)
            axis.set(xlabel=f"true {name}", ylabel=f"inferred {name}")
            axis.set_title(f"median error {np.median(np.abs(inferred / true - 1)):.2%}", fontsize=10)
    return figure


def explained_trajectories(truth: Populations, found: "RecoveredParameters") -> Figure:
    """Some trajectories as observed, smoothed and explained, and below by how much these differ from the truth.

    Args:
        truth: of the trajectories.
        found: what was inferred.
    """
    with styled():
        figure = Figure(figsize=(8.4, 5.2))
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        colors = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"]
        for row, color in zip(range(min(_SHOWN_TRAJECTORIES, len(truth.observed))), colors, strict=False):
            first = row == 0
            above.plot(truth.times, truth.observed[row], ".", color="0.55", markersize=4, label=_if(first, "observed"))
            above.plot(truth.times, found.smoothed[row], ":", color=color, linewidth=2.2, label=_if(first, "smoothed"))
            above.plot(truth.times, found.states[row], color=color, linewidth=1.2, label=_if(first, "explained"))
            below.plot(truth.times, found.smoothed[row] - truth.clean[row], ":", color=color, linewidth=1.2)
            below.plot(truth.times, found.states[row] - truth.clean[row], color=color, linewidth=1.2)
        above.set_ylabel("population")
        below.set(xlabel="time", ylabel="difference to the truth")
        above.legend(ncols=3, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def _if(wanted: bool, label: str) -> str | None:
    return label if wanted else None
