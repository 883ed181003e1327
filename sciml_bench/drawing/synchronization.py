"""What a coupling does to known dynamics: responses that follow their driver, and a loss without ruggedness."""

import numpy as np
from jaxtyping import Float
from matplotlib.figure import Figure

from sciml_bench.drawing.style import styled
from sciml_bench.node.synchronization import ParameterScan, SynchronizationResult

_SMALLEST_ERROR = 1e-16
_DECADES = 5
"""Of losses, below the largest: at its true value, the parameter of a known system leaves no error at all."""


def synchronization_figure(result: SynchronizationResult, time_unit: str | None = None) -> Figure:
    """Up to three components of driver and responses, and below them the distance between the two.

    Args:
        result: driver and responses.
        time_unit: unit of the times, where they have one.
    """
    n_components = min(3, result.driver.shape[1])
    with styled():
        figure = Figure(figsize=(6.4, 2.4 + 1.4 * n_components))
        axes = figure.subplots(n_components + 1, 1, sharex=True, height_ratios=[1.0] * n_components + [1.6])
        for component, axis in enumerate(axes[:-1]):
            axis.plot(result.times, result.driver[:, component], color="0.7", linewidth=3, label="driver")
            for strength, response in zip(result.coupling_strengths, result.responses, strict=True):
                axis.plot(result.times, response[:, component], linewidth=1, label=_strength_name(strength))
            axis.set_ylabel(f"component {component + 1}")
        for strength, error in zip(result.coupling_strengths, result.errors, strict=True):
            visible = np.where(error > _SMALLEST_ERROR, error, np.nan)
            axes[-1].plot(result.times, visible, linewidth=1.2, label=_strength_name(strength))
        axes[-1].set(
            xlabel=f"time [{time_unit}]" if time_unit else "time", ylabel="distance from the driver", yscale="log"
        )
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, fontsize=8, loc="outside upper center", ncols=min(5, len(names)))
    return figure


def parameter_scan_figure(scan: ParameterScan, true_value: float | int | None = None) -> Figure:
    """The loss against the parameter, one curve per coupling strength; gaps where the motion escapes.

    Args:
        scan: the losses.
        true_value: of the parameter, where known.
    """
    with styled():
        figure = Figure(figsize=(6.4, 3.6))
        axis = figure.subplots()
        for strength, losses in zip(scan.coupling_strengths, scan.losses, strict=True):
            finite = np.where(np.isfinite(losses), losses, np.nan)
            axis.plot(scan.values, finite, linewidth=1.4, label=_strength_name(strength))
        if true_value is not None:
            axis.axvline(true_value, color="black", linestyle=":", linewidth=1, label="true value")
        axis.set(xlabel=scan.parameter.replace("_", " "), ylabel="mean squared error", yscale="log")
        finite = scan.losses[np.isfinite(scan.losses) & (scan.losses > 0)]
        if len(finite):
            axis.set_ylim(bottom=max(0.5 * finite.min(), finite.max() * 10.0**-_DECADES))
        axis.legend(fontsize=8)
    return figure


def _strength_name(strength: Float[np.ndarray, " dim"]) -> str:
    if (strength == strength[0]).all():
        return f"k = {strength[0]:g}" if strength[0] else "uncoupled"
    return "k = (" + ", ".join(f"{value:g}" for value in strength) + ")"
