"""The curvature of a loss: the density of the Hessian's eigenvalues, with the leading ones marked.

Arrays: `density` (grid,), a share per unit of eigenvalue, at the `eigenvalues` (grid,); `leading_eigenvalues` to mark,
where there are any.
"""

from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

_DECADES = 6
"""Shown below the peak; what lies lower comes from the tails of the Gaussians."""


@picture("eigenvalues", "density", optional=("leading_eigenvalues",))
def draw(arrays: Arrays) -> Figure:
    """How many directions are steep, flat or downward, on a logarithmic scale: the few outliers are what matters."""
    eigenvalues, density = arrays["eigenvalues"], arrays["density"]
    figure = Figure(figsize=(6.4, 3.6))
    axis = figure.subplots()
    peak = float(density.max())
    (line,) = axis.plot(eigenvalues, density, linewidth=1.2)
    axis.fill_between(eigenvalues, 1e-300, density, color=line.get_color(), alpha=0.2)
    for number, value in enumerate(arrays.get("leading_eigenvalues", ())):
        name = "largest eigenvalues" if number == 0 else None
        axis.axvline(float(value), color="#D55E00", linestyle="--", linewidth=1, label=name)
    axis.axvline(0, color="0.5", linewidth=0.8)
    axis.set(xlabel="eigenvalue of the Hessian", ylabel="share per unit of eigenvalue")
    axis.set(yscale="log", ylim=(peak * 10.0**-_DECADES, 3 * peak))
    if "leading_eigenvalues" in arrays:
        axis.legend(fontsize=8, loc="best")
    return figure
