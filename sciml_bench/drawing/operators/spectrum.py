"""Eigenvalues in the unit disc and singular values by rank, beside the truth where it is known.

Arrays: `eigenvalues` over one lag and `singular_values`, both by decreasing modulus; `exact_eigenvalues` and
`exact_singular_values` of the system, where they are known; `eigenvalue_residuals` of the eigenpairs on the training
pairs, which colour them: a dark one holds, a pale one is spurious or drowned in noise.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sciml_bench.drawing.picture import Arrays, picture

_TRUTH = {"facecolors": "none", "edgecolors": "black", "s": 90, "linewidths": 1.3, "zorder": 1, "label": "exact"}


@picture(
    "eigenvalues",
    "singular_values",
    optional=("exact_eigenvalues", "exact_singular_values", "eigenvalue_residuals"),
)
def draw(arrays: Arrays) -> Figure:
    """The disc on the left, the ranks on the right."""
    eigenvalues, singular_values = arrays["eigenvalues"], arrays["singular_values"]
    figure = Figure(figsize=(8.4, 3.9))
    disc, ranks = figure.subplots(1, 2)
    angle = np.linspace(0, 2 * np.pi, 200)
    disc.plot(np.cos(angle), np.sin(angle), color="0.7", linewidth=1)
    if "exact_eigenvalues" in arrays:
        exact = arrays["exact_eigenvalues"]
        disc.scatter(np.real(exact), np.imag(exact), **_TRUTH)
    colours = {}
    if "eigenvalue_residuals" in arrays:
        colours = {"c": arrays["eigenvalue_residuals"], "cmap": "viridis", "vmin": 0.0, "vmax": 1.0}
    found = disc.scatter(np.real(eigenvalues), np.imag(eigenvalues), s=22, zorder=2, label="estimated", **colours)
    if colours:
        figure.colorbar(found, ax=disc, shrink=0.75, label="residual of the eigenpair")
    disc.set(xlabel="real part", ylabel="imaginary part", title="Eigenvalues over one lag", aspect="equal")
    disc.legend(loc="upper left", fontsize=8)
    rank = np.arange(1, len(singular_values) + 1)
    if "exact_singular_values" in arrays:
        known = arrays["exact_singular_values"][: len(rank)]
        ranks.scatter(np.arange(1, len(known) + 1), known, **_TRUTH)
    ranks.plot(rank, singular_values, "o-", markersize=4, linewidth=1, label="estimated")
    highest = 1.06 * max(1.0, float(singular_values[0]))
    ranks.set(xlabel="rank", ylabel="singular value", title="Singular values", ylim=(0, highest))
    ranks.xaxis.set_major_locator(MaxNLocator(integer=True))
    ranks.legend(fontsize=8)
    return figure
