"""The curvature of a loss: density of the Hessian's eigenvalues, with the leading ones marked."""

from matplotlib.figure import Figure

from sciml_bench.drawing.style import styled
from sciml_bench.node.landscape.hessian import EigenPairs
from sciml_bench.node.landscape.spectral_density import SpectralDensity

_DECADES = 6
"""Shown below the peak; what lies lower comes from the tails of the Gaussians."""


def eigenvalue_density_figure(density: SpectralDensity, leading: EigenPairs | None = None) -> Figure:
    """How many directions are steep, flat or downward, on a logarithmic scale: the few outliers are what matters.

    Args:
        density: of the Hessian's eigenvalues.
        leading: eigenvalues to mark.
    """
    with styled():
        figure = Figure(figsize=(6.4, 3.6))
        axis = figure.subplots()
        peak = float(density.density.max())
        (line,) = axis.plot(density.eigenvalues, density.density, linewidth=1.2)
        axis.fill_between(density.eigenvalues, 1e-300, density.density, color=line.get_color(), alpha=0.2)
        for number, value in enumerate([] if leading is None else leading.eigenvalues):
            name = "largest eigenvalues" if number == 0 else None
            axis.axvline(float(value), color="#D55E00", linestyle="--", linewidth=1, label=name)
        axis.axvline(0, color="0.5", linewidth=0.8)
        axis.set(
            xlabel="eigenvalue of the Hessian",
            ylabel="share per unit of eigenvalue",
            yscale="log",
            ylim=(peak * 10.0**-_DECADES, 3 * peak),
        )
        if leading is not None:
            axis.legend(fontsize=8, loc="best")
    return figure
