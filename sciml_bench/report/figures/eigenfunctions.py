"""Held-out states in the plane of the leading eigenfunctions; a cyclic process puts its classes on a circle."""

import numpy as np
from jaxtyping import Inexact
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sciml_bench.drawing.operators.eigenfunctions import VANISHING
from sciml_bench.drawing.style import styled
from sciml_bench.report.comparison import Comparison
from sciml_bench.report.figures.labels import wrapped
from sciml_bench.report.figures.required_arrays import representatives, with_arrays

MOST_COLUMNS = 4


def eigenfunctions(comparison: Comparison) -> tuple[Figure | None, list[str]]:
    """One panel per method, points coloured by their class.

    Args:
        comparison: methods on labelled data; of each, the run with the smallest seed is shown.

    Returns:
        the figure, or None where no run has eigenfunctions, and a line per method that is left out.
    """
    names = ("eigenfunctions_test", "labels_test", "eigenvalues")
    complete, notes = with_arrays(representatives(comparison.methods), names)
    if not complete:
        return None, notes
    columns = min(len(complete), MOST_COLUMNS)
    rows = -(-len(complete) // columns)
    with styled():
        figure = Figure(figsize=(2.5 * columns + 0.7, 2.75 * rows))
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for axis, (method, run) in zip(axes, complete, strict=False):
            _draw(axis, *(run.arrays[name] for name in names))
            axis.set_title(f"{wrapped(method.label)}\n{axis.get_title()}", fontsize=8)
        for axis in axes[len(complete) :]:
            axis.set_visible(False)
        handles = axes[0].get_legend_handles_labels()
        figure.legend(*handles, title="class", fontsize=8, title_fontsize=8, loc="outside right center")
    return figure, notes


def plane_of(
    values: Inexact[np.ndarray, "states modes"], eigenvalues: Inexact[np.ndarray, " modes"]
) -> tuple[np.ndarray, np.ndarray, tuple[str, str], complex]:
    """The plane that shows most of the motion: the leading complex eigenfunction, or two leading real ones.

    Args:
        values: right eigenfunctions at some states.
        eigenvalues: by decreasing modulus.

    Returns:
        both coordinates of every state, their names, and the eigenvalue of the first.
    """
    turning = np.flatnonzero(np.abs(np.imag(eigenvalues)) > VANISHING)
    if len(turning):
        mode = int(turning[0])
        function = values[:, mode]
        return np.real(function), np.imag(function), ("real part", "imaginary part"), complex(eigenvalues[mode])
    # the first eigenfunction is the constant, where there are others
    first = min(1, len(eigenvalues) - 1)
    second = min(first + 1, len(eigenvalues) - 1)
    names = (f"eigenfunction {first + 1}", f"eigenfunction {second + 1}")
    return np.real(values[:, first]), np.real(values[:, second]), names, complex(eigenvalues[first])


def _draw(axis: Axes, values: np.ndarray, labels: np.ndarray, eigenvalues: np.ndarray) -> None:
    horizontal, vertical, names, eigenvalue = plane_of(values, eigenvalues)
    for label in np.unique(labels):
        chosen = labels == label
        axis.scatter(horizontal[chosen], vertical[chosen], s=7, alpha=0.7, linewidths=0, label=str(label))
    angle = np.linspace(0, 2 * np.pi, 100)
    axis.plot(np.cos(angle), np.sin(angle), color="0.7", linewidth=0.8, zorder=0)
    reach = max(1.25, 1.05 * float(np.quantile(np.abs([horizontal, vertical]), 0.995)))
    axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axis.set_xlabel(names[0], fontsize=7)
    axis.set_ylabel(names[1], fontsize=7)
    axis.tick_params(labelsize=7)
    axis.set_title(_shown(eigenvalue))


def _shown(eigenvalue: complex) -> str:
    if abs(eigenvalue.imag) < VANISHING:
        return f"λ = {eigenvalue.real:.3f}"
    turn = abs(np.angle(eigenvalue)) / (2 * np.pi)
    return f"|λ| = {abs(eigenvalue):.3f}, {turn:.3f} turns per lag"
