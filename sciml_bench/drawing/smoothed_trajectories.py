"""Observed, true and smoothed states against time."""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from sciml_bench.data import Observations, ObservationSpec
from sciml_bench.drawing.style import styled

_MOST_COMPONENTS = 6


def smoothed_trajectories(
    observations: Observations,
    smoothed: Float[np.ndarray, "batch time dim"],
    spec: ObservationSpec,
    trajectory: int = 0,
) -> Figure:
    """Every component of one trajectory.

    Args:
        observations: what was smoothed.
        smoothed: the same rows.
        spec: names and units.
        trajectory: which one.
    """
    seen = observations.interpolation[trajectory]
    times = observations.times[trajectory, seen]
    n_shown = min(observations.dim, _MOST_COMPONENTS)
    with styled():
        figure = Figure(figsize=(8.4, 1.2 + 2.0 * n_shown))
        axes = figure.subplots(n_shown, 1, sharex=True, squeeze=False)[:, 0]
        for component, axis in enumerate(axes):
            observed = observations.states[trajectory, seen, component]
            axis.plot(times, observed, ".", color="0.6", markersize=4, label="observed")
            if observations.clean is not None:
                clean = observations.clean[trajectory, seen, component]
                axis.plot(times, clean, "--", color="black", linewidth=0.9, label="truth")
            axis.plot(times, smoothed[trajectory, seen, component], color="#0072B2", linewidth=1.6, label="smoothed")
            axis.set_ylabel(spec.component_names[component])
        axes[-1].set_xlabel(f"time [{spec.time_unit}]" if spec.time_unit != "time" else "time")
        axes[0].legend(ncols=3, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure
