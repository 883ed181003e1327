"""What Table 5 of the paper says: mean squared errors of five models trained by three methods.

Ko, Koh, Park and Jhe, "Homotopy-based training of NeuralODEs for accurate dynamics discovery", NeurIPS 2023
(arXiv 2210.01407). Interpolation is scored on the noisy data that a model was trained on, extrapolation on noisy data
over as much time after them.
"""

from dataclasses import dataclass
from typing import NamedTuple

METHODS = {"vanilla": "vanilla", "multiple_shooting": "multiple shooting", "homotopy": "homotopy"}
"""The rows of the table, each with what a person reads."""

WINDOWS = ("interpolation", "extrapolation")
"""The windows of time that a model is scored on."""


@dataclass(frozen=True)
class Column:
    """A system and a model.

    Args:
        title: what a person reads.
        data: the choice of `data`.
        model: the choice of `model`.
        is_simulated: whether there is a clean truth to be scored against.
    """

    title: str
    data: str
    model: str
    is_simulated: bool = True


COLUMNS = {
    "lotka_volterra_blackbox": Column("Lotka–Volterra black box", "lotka_volterra_ko2023", "blackbox"),
    "lotka_volterra_graybox": Column("Lotka–Volterra gray box", "lotka_volterra_ko2023", "lotka_graybox"),
    "double_pendulum_blackbox": Column("pendulum black box", "double_pendulum_real", "blackbox", False),
    "double_pendulum_second_order": Column("pendulum second order", "double_pendulum_real", "second_order", False),
    "lorenz_blackbox": Column("Lorenz black box", "lorenz63_ko2023", "blackbox"),
}
"""The columns of the table, by the names that they have in conf/node_homotopy/experiment/table5/."""


class PublishedScore(NamedTuple):
    """A mean squared error as published, with its standard error over three seeds where the paper gives one."""

    mean: float
    standard_error: float | None = None


_HUNDREDFOLD: dict[str, dict[str, tuple[tuple[float, ...], tuple[float, ...]]]] = {
    "vanilla": {
        "lotka_volterra_blackbox": ((1.76, 0.13), (2.73, 0.17)),
        "lotka_volterra_graybox": ((27.3,), (6254,)),
        "double_pendulum_blackbox": ((1.61,), (945,)),
        "double_pendulum_second_order": ((1.03,), (1619,)),
        "lorenz_blackbox": ((259,), (603,)),
    },
    "multiple_shooting": {
        "lotka_volterra_blackbox": ((0.95, 0.02), (1.42, 0.01)),
        "lotka_volterra_graybox": ((0.74,), (262,)),
        "double_pendulum_blackbox": ((0.81,), (2676,)),
        "double_pendulum_second_order": ((0.28, 0.03), (2365,)),
        "lorenz_blackbox": ((12.9, 1.0), (138, 37)),
    },
    "homotopy": {
        "lotka_volterra_blackbox": ((0.78, 0.05), (1.22, 0.09)),
        "lotka_volterra_graybox": ((0.72,), (7.66,)),
        "double_pendulum_blackbox": ((0.98,), (1031,)),
        "double_pendulum_second_order": ((0.18, 0.02), (428, 52)),
        "lorenz_blackbox": ((18.6, 1.8), (92.8, 2.6)),
    },
}
"""By method and column, interpolation and extrapolation, each a mean and maybe its error: MSE × 1e2, as printed."""


def published_score(method: str, column: str, window: str) -> PublishedScore:
    """A cell of the paper's table.

    Args:
        method: a key of METHODS.
        column: a key of COLUMNS.
        window: one of WINDOWS.

    Units:
        the square of the state's, without the table's factor 1e-2.
    """
    printed = _HUNDREDFOLD[method][column][WINDOWS.index(window)]
    # rounded, so that 1.42 becomes 0.0142 and not 0.014199999999999999
    return PublishedScore(*(round(value / 100, 9) for value in printed))
