"""Discovered equations: their coefficients, what they make of the data, and where they lead."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.style import styled

if TYPE_CHECKING:
    from sciml_bench.mechnn.discovery.discovery_evaluation import DiscoveryEvaluation

_MOST_COMPONENTS = 6
_MOST_ROWS = 600


def coefficients(evaluation: "DiscoveryEvaluation") -> Figure:
    """Every coefficient of every component, with its standard error and the truth where they are known.

    Args:
        evaluation: equations beside their data.
    """
    equations = evaluation.discovery.equations
    names, components = equations.library.names, equations.library.spec.component_names
    shown = equations.support.any(axis=1)
    if evaluation.truth is not None:
        shown |= (evaluation.truth != 0).any(axis=1)
    terms = np.flatnonzero(shown)
    with styled():
        figure = Figure(figsize=(max(4.5, 1.6 + 0.55 * len(terms)), 0.8 + 1.5 * len(components)))
        axes = figure.subplots(len(components), 1, sharex=True, squeeze=False)[:, 0]
        for component, axis in enumerate(axes):
            place = np.arange(len(terms))
            errors = evaluation.discovery.standard_errors
            axis.bar(
                place,
                equations.coefficients[terms, component],
                0.6,
                yerr=None if errors is None else errors[terms, component],
                ecolor="0.3",
                label="found",
            )
            if evaluation.truth is not None:
                axis.plot(place, evaluation.truth[terms, component], "_", color="#D55E00", markersize=16, label="true")
            axis.axhline(0, color="0.4", linewidth=0.7)
            axis.set_yscale("symlog", linthresh=1.0, linscale=0.6)
            axis.set_ylabel(f"d{components[component]}/dt")
        axes[-1].set_xticks(np.arange(len(terms)), [names[term] for term in terms])
        axes[0].legend(ncols=2, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def trajectories(evaluation: "DiscoveryEvaluation", trajectory: int = 0) -> Figure:
    """The end of what was learned from, denoised, and the forecast; the rows that were not learned from are shaded.

    Args:
        evaluation: equations beside their data.
        trajectory: which one.
    """
    data, spec = evaluation.observations, evaluation.discovery.equations.library.spec
    arrays = evaluation.arrays
    learned = np.flatnonzero(data.interpolation[trajectory])
    ahead = np.flatnonzero(data.extrapolation[trajectory])[:_MOST_ROWS]
    rows = np.concatenate([learned[-_MOST_ROWS:], ahead])
    times = data.times[trajectory]
    n_shown = min(data.dim, _MOST_COMPONENTS)
    with styled():
        figure = Figure(figsize=(8.4, 1.0 + 1.7 * n_shown))
        axes = figure.subplots(n_shown, 1, sharex=True, squeeze=False)[:, 0]
        for component, axis in enumerate(axes):
            observed = data.states[trajectory, rows, component]
            axis.plot(times[rows], observed, ".", color="0.6", markersize=3, label="observed")
            axis.plot(times[rows], arrays["denoised"][trajectory, rows, component], label="denoised")
            if len(ahead):
                axis.plot(times[ahead], arrays["forecast"][trajectory, ahead, component], label="forecast")
                axis.axvspan(times[learned[-1]], times[ahead[-1]], color="0.5", alpha=0.12, linewidth=0)
            margin = 0.15 * np.ptp(observed) or 1.0
            axis.set_ylim(observed.min() - margin, observed.max() + margin)
            axis.set_ylabel(spec.component_names[component])
        axes[-1].set_xlabel(f"time [{spec.time_unit}]" if spec.time_unit != "time" else "time")
        axes[0].legend(ncols=3, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def phase_portrait(evaluation: "DiscoveryEvaluation", trajectory: int = 0) -> Figure:
    """The data and a simulation of the equations from the same state, first against last component.

    Args:
        evaluation: equations beside their data.
        trajectory: which one.
    """
    data, spec = evaluation.observations, evaluation.discovery.equations.library.spec
    seen = data.window[trajectory] != 0
    last = data.dim - 1
    with styled():
        figure = Figure(figsize=(8.4, 3.9))
        axes = figure.subplots(1, 2, sharex=True, sharey=True)
        panels = (("observed", data.states), ("simulated from the equations", evaluation.simulation))
        for axis, (title, states) in zip(axes, panels, strict=True):
            part = states[trajectory, seen]
            axis.plot(part[:, 0], part[:, last], linewidth=0.5)
            axis.set(title=title, xlabel=spec.component_names[0])
        axes[0].set_ylabel(spec.component_names[last])
        observed = data.states[trajectory, seen]
        for index, limits in ((0, axes[0].set_xlim), (last, axes[0].set_ylim)):
            margin = 0.1 * np.ptp(observed[:, index]) or 1.0
            limits(observed[:, index].min() - margin, observed[:, index].max() + margin)
    return figure
