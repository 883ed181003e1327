"""Held-out states in the plane of the leading eigenfunctions; a cyclic process puts its classes on a circle.

Arrays: `eigenfunctions_test` (states, modes), the right eigenfunctions at held-out states; `eigenvalues` (modes,) by
decreasing modulus; `labels_test` (states,), the classes by which points are coloured, where there are any.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

VANISHING = 1e-9
"""Imaginary parts below this one are rounding errors."""

Coordinate = tuple[int, str]


@picture("eigenfunctions_test", "eigenvalues", optional=("labels_test",))
def draw(arrays: Arrays) -> Figure:
    """Up to two planes."""
    values, eigenvalues, labels = arrays["eigenfunctions_test"], arrays["eigenvalues"], arrays.get("labels_test")
    panels = _panels(eigenvalues)
    figure = Figure(figsize=(3.9 * len(panels), 3.7))
    for axis, (x, y, names) in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True):
        horizontal, vertical = _coordinate(values, *x), _coordinate(values, *y)
        if labels is None:
            axis.scatter(horizontal, vertical, s=8)
        for label in [] if labels is None else np.unique(labels):
            chosen = labels == label
            axis.scatter(horizontal[chosen], vertical[chosen], s=12, label=str(label), alpha=0.8)
        axis.set(xlabel=names[0], ylabel=names[1])
        axis.set_title(f"eigenvalue {_shown(complex(eigenvalues[x[0]]))}", fontsize=9)
        axis.margins(0.15)
    if labels is not None:
        figure.axes[0].legend(title="class", fontsize=7, title_fontsize=7, loc="upper left")
    return figure


def _panels(eigenvalues: np.ndarray) -> list[tuple[Coordinate, Coordinate, tuple[str, str]]]:
    """Up to two planes: real and imaginary part of a complex pair, or two real eigenfunctions."""
    panels: list[tuple[Coordinate, Coordinate, tuple[str, str]]] = []
    real: list[int] = []
    position = 1 if len(eigenvalues) > 1 else 0  # the first eigenfunction is constant
    while position < len(eigenvalues) and len(panels) < 2:
        if abs(eigenvalues[position].imag) > VANISHING:
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
    if abs(value.imag) < VANISHING:
        return f"{value.real:.3f}"
    return f"{value.real:.3f} ± {abs(value.imag):.3f}i, modulus {abs(value):.3f}"
