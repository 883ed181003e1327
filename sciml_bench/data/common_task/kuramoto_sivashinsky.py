"""The Kuramoto–Sivashinsky task of the Common Task Framework for Science, simulated alike.

1024 points on [0, 32π], rows 0.025 apart, the same nine predictions as of Lorenz's system. How the files were made is
not published: the values of μ are ours, and noise has the part of a field's deviation that it has in Lorenz's files.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.data.common_task.common_task_record import SPECTRUM, CommonTaskRecord
from sciml_bench.data.common_task.protocol import File, Part, parts_of
from sciml_bench.systems import KuramotoSivashinsky

_LONG, _SHORT, _ONTO_THE_ATTRACTOR = 10_000, 100, 4000
_NOISE = 0.16
"""12 % of the deviation of fields."""


class CommonTaskKuramotoSivashinsky(CommonTaskRecord):
    """Fields of values of μ around 1; the long records begin away from the attractor.

    Attributes:
        length: of the circle.
        n_points: of a field.
    """

    length: ClassVar[float] = 32 * np.pi
    n_points: ClassVar[int] = 1024
    state_shape = (n_points,)
    parts: ClassVar[Mapping[str, Part]] = parts_of(
        [
            File(1, 1.0, _LONG),
            File(2, 1.0, _LONG, _NOISE),
            File(3, 1.0, _LONG, 2 * _NOISE),
            File(4, 1.0, _SHORT, burn_in=_ONTO_THE_ATTRACTOR),
            File(5, 1.0, _SHORT, _NOISE, _ONTO_THE_ATTRACTOR),
            File(6, 0.9, _LONG),
            File(7, 1.0, _LONG),
            File(8, 1.1, _LONG),
            File(9, 0.95, _SHORT, burn_in=_ONTO_THE_ATTRACTOR),
            File(10, 1.2, _SHORT, burn_in=_ONTO_THE_ATTRACTOR),
        ]
    )
    clock = 0.025
    long_run = SPECTRUM
    names = ("u",)

    @property
    def facts(self) -> Mapping[str, Any]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Where the points are."""
        return {"grid": self.law(1.0).grid}

    def law(self, parameter: float) -> KuramotoSivashinsky:
        """With its μ."""
        return KuramotoSivashinsky(self.length, self.n_points, parameter)

    def first_state(self, parameter: float, draws: np.random.Generator) -> Float[np.ndarray, " dim"]:
        """Waves that grow, with random amplitudes."""
        return self.law(parameter).random_states(1, draws)[0]
