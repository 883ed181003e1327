"""What was observed, smoothed and predicted, against time and in the plane of two components."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.style import styled

if TYPE_CHECKING:
    from sciml_bench.node.fitting.evaluation import Evaluation

_MOST_COMPONENTS = 6


def trajectories(evaluation: "Evaluation", trajectory: int = 0) -> Figure:
    """Every component against time; the extrapolation window is shaded.

    Args:
        evaluation: a prediction beside its data.
        trajectory: which one.
    """
    data, spec = evaluation.observations, evaluation.spec
    seen = data.window[trajectory] != 0
    times, learned = data.times[trajectory], data.interpolation[trajectory]
    n_shown = min(data.dim, _MOST_COMPONENTS)
    with styled():
        figure = Figure(figsize=(8.4, 1.0 + 1.9 * n_shown))
        axes = figure.subplots(n_shown, 1, sharex=True, squeeze=False)[:, 0]
        for component, axis in enumerate(axes):
            observed = data.states[trajectory, :, component]
            axis.plot(times[seen], observed[seen], ".", color="0.55", markersize=4, label="observed")
            if data.clean is not None:
                clean = data.clean[trajectory, :, component]
                axis.plot(times[seen], clean[seen], color="black", linewidth=0.9, linestyle="--", label="truth")
            smoothed = evaluation.smoothed[trajectory, :, component]
            axis.plot(times[learned], smoothed[learned], color="#E69F00", linewidth=1.2, label="smoothed")
            prediction = evaluation.prediction[trajectory, :, component]
            axis.plot(times[seen], prediction[seen], color="#0072B2", linewidth=1.6, label="predicted")
            _frame(axis, np.concatenate([observed[seen], prediction[learned]]))
            axis.set_ylabel(spec.component_names[component])
            if not learned[seen].all():
                axis.axvspan(times[learned][-1], times[seen][-1], color="0.5", alpha=0.12, linewidth=0)
        axes[-1].set_xlabel(f"time [{spec.time_unit}]" if spec.time_unit != "time" else "time")
        axes[0].legend(ncols=4, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def phase_portrait(evaluation: "Evaluation", trajectory: int = 0) -> Figure:
    """The first against the last component (prey and predators, x and z), inside and beyond the learned window.

    Args:
        evaluation: a prediction beside its data.
        trajectory: which one.
    """
    data, spec = evaluation.observations, evaluation.spec
    learned, forecast = data.interpolation[trajectory], data.extrapolation[trajectory]
    last = data.dim - 1
    with styled():
        figure = Figure(figsize=(5.0, 4.4))
        axis = figure.subplots()
        observed, prediction = data.states[trajectory], evaluation.prediction[trajectory]
        axis.plot(observed[learned, 0], observed[learned, last], ".", color="0.55", label="learned from")
        if forecast.any():
            axis.plot(
                observed[forecast, 0],
                observed[forecast, last],
                "x",
                color="0.7",
                markersize=4,
                label="not learned from",
            )
            axis.plot(prediction[forecast, 0], prediction[forecast, last], color="#D55E00", label="extrapolation")
        axis.plot(prediction[learned, 0], prediction[learned, last], color="#0072B2", label="interpolation")
        seen = learned | forecast
        if data.dim > 1:
            axis.set(xlabel=spec.component_names[0], ylabel=spec.component_names[last])
        for index, limits in ((0, axis.set_xlim), (last, axis.set_ylim)):
            limits(*_limits(np.concatenate([observed[seen, index], prediction[learned, index]])))
        axis.legend(fontsize=8)
    return figure


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Room for what is given; a prediction that runs away leaves the picture."""
    fine = values[np.isfinite(values)]
    low, high = float(fine.min()), float(fine.max())
    margin = 0.15 * (high - low) or 1.0
    return low - margin, high + margin


def _frame(axis: "object", values: np.ndarray) -> None:
    axis.set_ylim(*_limits(values))  # pyright: ignore[reportAttributeAccessIssue]
