"""The loss over a plane and along lines in the space of parameters."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation, LogLocator

from sciml_bench.core.errors import DataError
from sciml_bench.drawing.style import styled
from sciml_bench.node.landscape.loss_landscape import LineScan, LossPlane

_N_LEVELS = 24
_MAXIMAL_RATIO = 1e8
"""Of the highest to the lowest level: models that escape towards infinity must not use up the colours."""


def loss_plane_figure(
    plane: LossPlane,
    path: Float[np.ndarray, "epochs 2"] | None = None,
    axis_names: tuple[str, str] = ("first direction", "second direction"),
) -> Figure:
    """Contours of the loss, evenly spaced in its logarithm; grey where the model broke down.

    Args:
        plane: the losses.
        path: coordinates of a training path in the plane, from its start (circle) to its end (star).
        axis_names: of the two directions.

    Raises:
        DataError: no loss is finite and positive.
    """
    shown = np.ma.masked_invalid(plane.losses.T)
    positive = shown[shown > 0].compressed()
    if len(positive) == 0:
        raise DataError("plane: no loss in it is finite and positive; scan a smaller neighbourhood of the origin")
    lowest = float(positive.min())
    highest = max(min(float(positive.max()), _MAXIMAL_RATIO * lowest), 1.001 * lowest)
    levels = np.geomspace(lowest, highest, _N_LEVELS)
    with styled():
        figure = Figure(figsize=(5.4, 4.3))
        axis = figure.subplots()
        axis.set_facecolor("0.8")
        norm = LogNorm(lowest, highest)
        # A loss of exactly 0 or beyond the last level belongs to the outermost colours, not to the grey.
        clipped = np.ma.clip(shown, lowest, highest)
        filled = axis.contourf(plane.first, plane.second, clipped, levels=levels, norm=norm, cmap="viridis")
        axis.contour(plane.first, plane.second, clipped, levels=levels, colors="white", linewidths=0.3, alpha=0.6)
        many_decades = highest / lowest > 30
        ticks = LogLocator(subs=(1.0,) if many_decades else (1.0, 2.0, 5.0))
        formatter = LogFormatterSciNotation(minor_thresholds=(np.inf, np.inf))
        bar = figure.colorbar(filled, ax=axis, label="loss", ticks=ticks, format=formatter)
        bar.ax.minorticks_off()
        if path is not None:
            axis.plot(path[:, 0], path[:, 1], color="#D55E00", linewidth=1.4, label="training")
            axis.plot(*path[0], "o", color="#D55E00", markeredgecolor="white", markersize=6)
            axis.plot(*path[-1], "*", color="#D55E00", markeredgecolor="white", markersize=12)
            axis.legend(fontsize=8, loc="upper right", frameon=True, facecolor="white", framealpha=0.8)
        axis.grid(visible=False)
        axis.set(
            xlabel=axis_names[0],
            ylabel=axis_names[1],
            xlim=(plane.first[0], plane.first[-1]),
            ylim=(plane.second[0], plane.second[-1]),
        )
    return figure


def line_scan_figure(scans: Mapping[str, LineScan], position_name: str = "position along the direction") -> Figure:
    """The loss along lines, such as one direction at several coupling strengths; gaps where the model broke down.

    Args:
        scans: one curve per name.
        position_name: what the horizontal axis measures.
    """
    with styled():
        figure = Figure(figsize=(6.4, 3.6))
        axis = figure.subplots()
        for name, scan in scans.items():
            finite = np.where(np.isfinite(scan.losses), scan.losses, np.nan)
            axis.plot(scan.positions, finite, linewidth=1.4, label=name)
        axis.set(xlabel=position_name, ylabel="loss", yscale="log")
        axis.legend(fontsize=8)
    return figure
