"""Eigenvalues, singular values and time scales, beside the truth where it is known."""

import numpy as np
from jaxtyping import Float, Inexact
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sciml_bench.drawing.style import styled
from sciml_bench.scores.timescales import TimeScaleBands

TRUTH = {"facecolors": "none", "edgecolors": "black", "s": 90, "linewidths": 1.3, "zorder": 1, "label": "exact"}


def spectrum(
    eigenvalues: Inexact[np.ndarray, " eigenvalues"],
    singular_values: Float[np.ndarray, " singular_values"],
    exact_eigenvalues: Inexact[np.ndarray, " leading"] | None = None,
    exact_singular_values: Float[np.ndarray, " known"] | None = None,
) -> Figure:
    """Eigenvalues in the unit disc and singular values by rank.

    Args:
        eigenvalues: of the estimated operator, over one lag.
        singular_values: of the estimated operator.
        exact_eigenvalues: of the system, where known.
        exact_singular_values: of the system, where known.
    """
    with styled():
        figure = Figure(figsize=(8.4, 3.9))
        disc, ranks = figure.subplots(1, 2)
        angle = np.linspace(0, 2 * np.pi, 200)
        disc.plot(np.cos(angle), np.sin(angle), color="0.7", linewidth=1)
        if exact_eigenvalues is not None:
            disc.scatter(np.real(exact_eigenvalues), np.imag(exact_eigenvalues), **TRUTH)
        disc.scatter(np.real(eigenvalues), np.imag(eigenvalues), s=22, zorder=2, label="estimated")
        disc.set(xlabel="real part", ylabel="imaginary part", title="Eigenvalues over one lag", aspect="equal")
        disc.legend(loc="upper left", fontsize=8)
        rank = np.arange(1, len(singular_values) + 1)
        if exact_singular_values is not None:
            known = exact_singular_values[: len(rank)]
            ranks.scatter(np.arange(1, len(known) + 1), known, **TRUTH)
        ranks.plot(rank, singular_values, "o-", markersize=4, linewidth=1, label="estimated")
        ranks.set(
            xlabel="rank",
            ylabel="singular value",
            title="Singular values",
            ylim=(0, 1.06 * max(1.0, singular_values[0])),
        )
        ranks.xaxis.set_major_locator(MaxNLocator(integer=True))
        ranks.legend(fontsize=8)
    return figure


def implied_time_scales_figure(bands: TimeScaleBands, time_unit: str, exact: np.ndarray | None = None) -> Figure:
    """Implied time scales against the lag with their bootstrap bands; flat curves mean Markovian features.

    Args:
        bands: estimates at several lags.
        time_unit: unit of lags and time scales.
        exact: time scales of the system, where known.
    """
    lag_times = bands.lag_times
    with styled():
        figure = Figure(figsize=(5, 3.8))
        axis = figure.subplots()
        for number in range(bands.estimates.shape[1]):
            (line,) = axis.plot(lag_times, bands.estimates[:, number], "o-", markersize=4)
            axis.fill_between(
                lag_times, bands.lower[:, number], bands.upper[:, number], color=line.get_color(), alpha=0.2
            )
        for number, value in enumerate([] if exact is None else exact):
            axis.axhline(value, color="black", linestyle="--", linewidth=1, label="exact" if number == 0 else None)
        axis.fill_between(lag_times, 0, lag_times, color="0.9", label="below the lag", zorder=0)
        axis.set(xlabel=f"lag [{time_unit}]", ylabel=f"implied time scale [{time_unit}]", yscale="log")
        axis.legend(fontsize=8)
    return figure
