"""The look of every figure of the suite: labelled, colour-blind safe, legible at the size of a README."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import matplotlib
from cycler import cycler
from matplotlib.figure import Figure

from sciml_bench.core.stored.files import write_atomically

# Okabe and Ito's, distinguishable with every common colour blindness
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")

STYLE: dict[Any, Any] = {
    "figure.dpi": 130,
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "axes.prop_cycle": cycler(color=PALETTE),
}


def styled() -> AbstractContextManager[None]:
    """A context in which every figure is drawn in the suite's style."""
    return matplotlib.rc_context(STYLE)


def save_figure(figure: Figure, path: Path) -> None:
    """Write a PNG atomically."""
    with styled():
        write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=STYLE["figure.dpi"]))
