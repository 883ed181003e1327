"""The leading functions of the operator: on a line with the truth beside them, or as a scatter of labelled states."""

import numpy as np
from jaxtyping import Float, Inexact, Int
from matplotlib.figure import Figure

from sciml_bench.drawing.style import styled

Functions = Float[np.ndarray, "points modes"]


def singular_functions_on_a_line(
    points: Float[np.ndarray, " points"],
    estimated: tuple[Functions, Functions],
    exact: tuple[Functions, Functions] | None,
    weights: Float[np.ndarray, " points"] | None,
    time_unit: str,
    count: int = 4,
) -> Figure:
    """Left and right singular functions of a one-dimensional system.

    Args:
        points: where the functions were evaluated, increasing.
        estimated: left and right functions.
        exact: the truth, or None; its signs are matched to the estimate.
        weights: stationary weights of the points, by which signs are matched.
        time_unit: unit of the state's clock, for the caption.
        count: how many functions are shown, the constant left out.
    """
    count = min(count, estimated[0].shape[1] - 1)
    with styled():
        figure = Figure(figsize=(2.9 * count, 4.6))
        axes = figure.subplots(2, count, sharex=True, squeeze=False)
        for row, side in enumerate(("left (now)", "right (one lag later)")):
            for column in range(count):
                mode, axis = column + 1, axes[row, column]
                values = estimated[row][:, mode]
                if exact is not None:
                    truth = exact[row][:, mode]
                    overlap = np.sum((1 if weights is None else weights) * truth * values)
                    axis.plot(points, truth * (np.sign(overlap) or 1), color="black", linewidth=1, label="exact")
                axis.plot(points, values, linestyle="--", label="estimated")
                axis.set_title(f"{side}, {mode + 1}", fontsize=9)
                if row == 1:
                    axis.set_xlabel("state")
        axes[0, 0].legend(fontsize=8)
        figure.suptitle(f"Leading singular functions (first = constant, clock in {time_unit})", fontsize=10)
    return figure


def eigenfunction_scatter(
    values: Inexact[np.ndarray, "states modes"],
    eigenvalues: Inexact[np.ndarray, " modes"],
    labels: Int[np.ndarray, " states"] | None,
) -> Figure:
    """Held-out states in the plane of the leading eigenfunctions; a cyclic process puts its classes on a circle.

    Args:
        values: right eigenfunctions at held-out states.
        eigenvalues: by decreasing modulus.
        labels: classes by which points are coloured.
    """
    panels = _panels(eigenvalues)
    with styled():
        figure = Figure(figsize=(3.9 * len(panels), 3.7))
        for axis, (x, y, names) in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True):
            horizontal, vertical = _coordinate(values, *x), _coordinate(values, *y)
            if labels is None:
                axis.scatter(horizontal, vertical, s=8)
            for label in [] if labels is None else np.unique(labels):
                chosen = labels == label
                axis.scatter(horizontal[chosen], vertical[chosen], s=12, label=str(label), alpha=0.8)
            axis.set(
                xlabel=names[0],
                ylabel=names[1],
            )
            axis.set_title(f"eigenvalue {_shown(eigenvalues[x[0]])}", fontsize=9)
            axis.margins(0.15)
            if labels is not None and axis is figure.axes[0]:
                axis.legend(title="class", fontsize=7, title_fontsize=7, loc="upper left")
    return figure


Coordinate = tuple[int, str]


def _panels(eigenvalues: np.ndarray) -> list[tuple[Coordinate, Coordinate, tuple[str, str]]]:
    """Up to two planes: real and imaginary part of a complex pair, or two real eigenfunctions."""
    panels: list[tuple[Coordinate, Coordinate, tuple[str, str]]] = []
    real: list[int] = []
    position = 1 if len(eigenvalues) > 1 else 0  # the first eigenfunction is constant
    while position < len(eigenvalues) and len(panels) < 2:
        if abs(eigenvalues[position].imag) > 1e-9:
            name = f"eigenfunction {position + 1}"
            panels.append(((position, "real"), (position, "imag"), (f"Re {name}", f"Im {name}")))
            position += 2
            continue
        real.append(position)
        position += 1
        if len(real) == 2:
            names = (f"eigenfunction {real[0] + 1}", f"eigenfunction {real[1] + 1}")
            panels.append(((real[0], "real"), (real[1], "real"), names))
            real = []
    if not panels:
        only = real[0] if real else 0
        panels.append(((only, "real"), (only, "imag"), (f"Re eigenfunction {only + 1}", "imaginary part")))
    return panels


def _coordinate(values: np.ndarray, mode: int, part: str) -> np.ndarray:
    return np.imag(values[:, mode]) if part == "imag" else np.real(values[:, mode])


def _shown(value: complex) -> str:
    if abs(value.imag) < 1e-9:
        return f"{value.real:.3f}"
    return f"{value.real:.3f} ± {abs(value.imag):.3f}i, modulus {abs(value):.3f}"
