"""Roll-outs of sequence models beside the truth, and the growth of their error."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.style import styled

if TYPE_CHECKING:
    from sciml_bench.sequences.sequence_evaluation import SequenceEvaluation

_MOST_PATHS = 10
_PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def error_growth(evaluation: "SequenceEvaluation") -> Figure:
    """Relative squared error against time: each trajectory, their mean, and persistence."""
    times = evaluation.times
    with styled():
        figure = Figure(figsize=(6.4, 3.8))
        axis = figure.subplots()
        axis.plot(times, evaluation.errors.T, color="#0072B2", linewidth=0.5, alpha=0.25)
        axis.plot(times, evaluation.errors.mean(axis=0), color="#0072B2", linewidth=2, label="model, mean")
        persistence = evaluation.persistence_errors.mean(axis=0)
        axis.plot(times, persistence, color="#D55E00", linestyle="--", label="persistence, mean")
        linear = evaluation.linear_errors.mean(axis=0)
        axis.plot(times, linear, color="#009E73", linestyle="-.", label="linear extrapolation, mean")
        for threshold in evaluation.thresholds:
            axis.axhline(threshold, color="0.5", linewidth=0.7, linestyle=":")
        axis.axvline(evaluation.spec.n_outputs * evaluation.spec.time_step, color="0.5", linewidth=0.7)
        axis.text(times[0], 1.0, " first call | its own predictions", transform=axis.get_xaxis_transform(), fontsize=7)
        axis.set(yscale="log", xlabel=_time_label(evaluation), ylabel="relative squared error")
        axis.legend(fontsize=8)
    return figure


def body_errors(evaluation: "SequenceEvaluation") -> Figure:
    """Distance of every body from its place against time, root mean square over trajectories.

    Args:
        evaluation: of states (bodies, axes).
    """
    spec, times = evaluation.spec, evaluation.times
    difference = np.asarray(evaluation.prediction - evaluation.reference, dtype=np.float64)
    distances = np.sqrt(np.square(difference).sum(axis=-1).mean(axis=0))
    unit = spec.component_names[0].partition("[")[2]
    with styled():
        figure = Figure(figsize=(6.4, 4.2))
        axis = figure.subplots()
        for body, name in enumerate(spec.body_names or ()):
            # a body that positions are relative to has no error
            if np.any(distances[:, body] > 0):
                style = "-" if body < len(_PALETTE) else "--"
                axis.plot(times, distances[:, body], style, color=_PALETTE[body % len(_PALETTE)], label=name)
        label = "distance from the reference" + (f" [{unit}" if unit else "")
        axis.set(yscale="log", xlabel=_time_label(evaluation), ylabel=label)
        axis.legend(fontsize=7, ncols=2)
    return figure


def fields(evaluation: "SequenceEvaluation", trajectory: int = 0) -> Figure:
    """A one-dimensional field over space and time: the truth, the roll-out and their difference.

    Args:
        evaluation: of fields.
        trajectory: which one.
    """
    truth, rolled = evaluation.reference[trajectory], evaluation.prediction[trajectory]
    grid, times = evaluation.spec.grid, evaluation.times
    bound = float(np.abs(truth).max())
    difference = rolled - truth
    finite = np.abs(difference[np.isfinite(difference)])
    small = min(float(finite.max()) if finite.size else bound, bound) or 1.0
    name = evaluation.spec.component_names[0]
    with styled():
        figure = Figure(figsize=(9.6, 3.6))
        axes = figure.subplots(1, 3, sharey=True)
        panels = (("reference", truth, bound), ("roll-out", rolled, bound), ("difference", difference, small))
        for axis, (title, values, limit) in zip(axes, panels, strict=True):
            image = axis.pcolormesh(
                grid, times, values, cmap="RdBu_r", vmin=-limit, vmax=limit, shading="auto", rasterized=True
            )
            axis.grid(False)
            axis.set(title=title, xlabel="position")
            figure.colorbar(image, ax=axis, label=name, shrink=0.85)
        axes[0].set_ylabel(_time_label(evaluation))
    return figure


def paths(evaluation: "SequenceEvaluation", trajectory: int = 0) -> Figure:
    """The first components of every body (the last axis of a state) against time, and in their plane.

    Args:
        evaluation: of states whose last axis holds components.
        trajectory: which one.
    """
    spec, times = evaluation.spec, evaluation.times
    n_components = spec.state_shape[-1]
    truth = evaluation.reference[trajectory].reshape(len(times), -1, n_components)
    rolled = evaluation.prediction[trajectory].reshape(truth.shape)
    second = min(1, n_components - 1)
    with styled():
        figure = Figure(figsize=(9.6, 4.0))
        against_time, plane = figure.subplots(1, 2)
        for body in range(min(truth.shape[1], _MOST_PATHS)):
            color = f"C{body % 7}"
            against_time.plot(times, truth[:, body, 0], color=color, linewidth=0.8, linestyle="--")
            against_time.plot(times, rolled[:, body, 0], color=color, linewidth=1.4)
            plane.plot(truth[:, body, 0], truth[:, body, second], color=color, linewidth=0.8, linestyle="--")
            plane.plot(rolled[:, body, 0], rolled[:, body, second], color=color, linewidth=1.4)
        shown = truth[:, :_MOST_PATHS]
        against_time.set(xlabel=_time_label(evaluation), ylabel=spec.component_names[0], ylim=_limits(shown[..., 0]))
        plane.set(xlabel=spec.component_names[0], ylabel=spec.component_names[second])
        plane.set(xlim=_limits(shown[..., 0]), ylim=_limits(shown[..., second]))
        for label, style in (("reference", "--"), ("roll-out", "-")):
            plane.plot([], [], color="0.3", linestyle=style, label=label)
        plane.legend(fontsize=8)
    return figure


def _time_label(evaluation: "SequenceEvaluation") -> str:
    unit = evaluation.spec.time_unit
    return "time since the last input" + ("" if unit == "time" else f" [{unit}]")


def _limits(values: np.ndarray) -> tuple[float, float]:
    """Room for the truth; a prediction that runs away leaves the picture."""
    low, high = float(values.min()), float(values.max())
    margin = 0.15 * (high - low) or 1.0
    return low - margin, high + margin
