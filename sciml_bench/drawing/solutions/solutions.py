"""Parameters, solutions, truth and error of parametric equations, one row per sample; of a flow the last moment.

Arrays: `predicted` and `truth` (batch, *grid) on the equally spaced points `axis_<name>` of [0, 1], one array per axis
of the grid, in its order, `axis_t` first where there is time; `parameters` (batch, *parameter_grid) on the points
`parameter_axis_<name>`; `quantity`, the symbol of the solution.
"""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

SIGNED = "RdBu_r"
_POSITIVE, _ERRORS = "viridis", "magma"


@picture("parameters", "predicted", "truth", "axis_*", "parameter_axis_*", "quantity")
def draw(arrays: Arrays) -> Figure:
    """Four panels per sample."""
    predicted, truth = arrays["predicted"], arrays["truth"]
    names = [name.removeprefix("axis_") for name in arrays if name.startswith("axis_")]
    moment = ""
    if names[0] == "t" and len(names) == 3:
        predicted, truth, moment = predicted[:, -1], truth[:, -1], " at the end"
    figure = Figure(figsize=(11, 2.6 * len(predicted)))
    axes = figure.subplots(len(predicted), 4, squeeze=False)
    for row, given, found, true in zip(axes, arrays["parameters"], predicted, truth, strict=True):
        _show_parameter(figure, row[0], given, arrays)
        limit = max(float(np.abs(true).max()), 1e-12)
        low = -limit if true.min() < -0.05 * limit else 0.0
        colours = SIGNED if low < 0 else _POSITIVE
        error = np.abs(found - true)
        relative = np.linalg.norm(found - true) / max(np.linalg.norm(true), 1e-30)
        panels = [
            (found, f"predicted{moment}", colours, low, limit),
            (true, f"reference{moment}", colours, low, limit),
            (error, f"|error|, relative L² {relative:.2g}", _ERRORS, 0.0, max(float(error.max()), 1e-12)),
        ]
        for axis, (field, title, palette, bottom, top) in zip(row[1:], panels, strict=True):
            image = axis.imshow(
                field.T, origin="lower", extent=(0, 1, 0, 1), cmap=palette, vmin=bottom, vmax=top, aspect="auto"
            )
            axis.set(title=title, xlabel=names[-2], ylabel=names[-1])
            axis.grid(False)
            figure.colorbar(image, ax=axis, shrink=0.85)
    return figure


def _show_parameter(figure: Figure, axis: Axes, given: np.ndarray, arrays: Arrays) -> None:
    title = "initial field" if "axis_t" in arrays else "source"
    points = [values for name, values in arrays.items() if name.startswith("parameter_axis_")]
    if given.ndim == 1:
        axis.plot(points[0], given)
        axis.set(title=title, xlabel="x", ylabel=f"{arrays['quantity']}(0, x)")
        return
    # the nodes of a bounded axis are not equally spaced
    image = axis.pcolormesh(*points, given.T, cmap=SIGNED, shading="nearest")
    axis.set(title=title, xlabel="x", ylabel="y")
    axis.grid(False)
    figure.colorbar(image, ax=axis, shrink=0.85)
