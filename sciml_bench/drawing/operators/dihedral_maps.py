"""Free energy −ln p over phi and psi, and over its contours the learned functions of the slowest motions.

Arrays: `dihedral_counts` (phi, psi), rows in each bin of the torus from −180 to 180 degrees; `dihedral_functions`
(functions, phi, psi), the mean of every left singular function there, from the second on; `dihedral_names` (2,).
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

_LEVELS = (1.0, 3.0, 5.0)
"""Of the contours, in kT."""
_TICKS = (-180, -90, 0, 90, 180)


@picture("dihedral_counts", "dihedral_functions", "dihedral_names")
def draw(arrays: Arrays) -> Figure:
    """One map of the free energy, and one for each function; what was never visited stays white."""
    counts, functions = arrays["dihedral_counts"], arrays["dihedral_functions"]
    edges = np.linspace(-180, 180, len(counts) + 1)
    energy = -np.log(np.where(counts > 0, counts, np.nan) / counts.max())
    smooth = counts.astype(float)
    for axis in (0, 1):  # on a torus, so that contours follow basins and not single rows
        smooth = (np.roll(smooth, 1, axis) + 2 * smooth + np.roll(smooth, -1, axis)) / 4
    contours = -np.log(np.maximum(smooth, 0.1) / smooth.max())
    figure = Figure(figsize=(4.1 * (1 + len(functions)), 3.7))
    axes = figure.subplots(1, 1 + len(functions), sharex=True, sharey=True)
    shown = axes[0].pcolormesh(edges, edges, energy.T, vmin=0.0, cmap="viridis", rasterized=True)
    figure.colorbar(shown, ax=axes[0])
    axes[0].set(title="Free energy [kT]", ylabel=f"{arrays['dihedral_names'][1]} [degrees]")
    for number, (axis, values) in enumerate(zip(axes[1:], functions, strict=True), start=2):
        most = float(np.nanmax(np.abs(values)))
        shown = axis.pcolormesh(edges, edges, values.T, vmin=-most, vmax=most, cmap="RdBu_r", rasterized=True)
        centres = (edges[1:] + edges[:-1]) / 2
        axis.contour(centres, centres, contours.T, _LEVELS, colors="0.3", linewidths=0.6)
        figure.colorbar(shown, ax=axis)
        axis.set_title(f"Singular function {number}")
    for axis in axes:
        axis.set(xlabel=f"{arrays['dihedral_names'][0]} [degrees]", xticks=_TICKS, yticks=_TICKS)
    return figure
