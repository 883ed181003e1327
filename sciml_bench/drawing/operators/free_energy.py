"""Free energy −ln p over the slow coordinates, with the purest row of every metastable state.

Arrays: `slow_coordinates` (rows, slow), the slow eigenfunctions without the constant; `corners` (states,), rows of
these; `populations` (states,); perhaps `row_weights` (rows,), how much each row counts.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

_BINS = 60
_HIGHEST = 8.0
"""Of the colours, in kT."""


@picture("slow_coordinates", "corners", "populations")
def draw(arrays: Arrays) -> Figure:
    """A curve over one slow coordinate, or a map over the first two, in kT."""
    rows, corners = arrays["slow_coordinates"], arrays["corners"]
    names = [f"{number} ({100 * share:.3g} %)" for number, share in enumerate(arrays["populations"], start=1)]
    figure = Figure(figsize=(5.4, 4.2))
    axis = figure.subplots()
    bins, weights = _BINS if rows.shape[1] > 1 else 2 * _BINS, arrays.get("row_weights")
    counts, edges = np.histogramdd(rows[:, :2], bins=bins, weights=weights)
    with np.errstate(divide="ignore"):
        energy = -np.log(counts / counts.max())
    centres = [(part[1:] + part[:-1]) / 2 for part in edges]
    energy[~np.isfinite(energy)] = np.nan
    axis.set_xlabel("eigenfunction 2")
    if rows.shape[1] == 1:
        axis.plot(centres[0], energy)
        axis.set_ylabel("free energy [kT]")
        heights = np.interp(rows[corners, 0], centres[0], np.nan_to_num(energy, nan=np.nanmax(energy)))
        places = list(zip(rows[corners, 0], heights, strict=True))
    else:
        shown = axis.pcolormesh(*edges, energy.T, vmin=0.0, vmax=_HIGHEST, cmap="viridis", rasterized=True)
        figure.colorbar(shown, ax=axis, label="free energy [kT]")
        axis.set_ylabel("eigenfunction 3")
        places = [tuple(place) for place in rows[corners, :2]]
    for name, (x, y) in zip(names, places, strict=True):
        axis.plot(x, y, "o", markersize=7, markerfacecolor="white", markeredgecolor="black", clip_on=False)
        axis.annotate(name, (x, y), textcoords="offset points", xytext=(6, 6), fontsize=8)
    axis.margins(0.15)
    axis.set_title("Metastable states (population)", fontsize=10)
    return figure
