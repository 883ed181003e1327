"""The Lorenz task of the Common Task Framework for Science.

The parameters and the deviations of the noise of the look-alikes are those that least squares found in the public
training files.
"""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sciml_bench.data.common_task.common_task_record import CommonTaskRecord
from sciml_bench.data.common_task.protocol import File, Part, parts_of
from sciml_bench.systems import Lorenz63

_LONG, _SHORT, _ONTO_THE_ATTRACTOR = 10_000, 100, 400


class CommonTaskLorenz(CommonTaskRecord):
    """Rows 0.05 apart, of Rayleigh numbers around 28.7; the long records begin away from the attractor."""

    state_shape = (3,)
    parts: ClassVar[Mapping[str, Part]] = parts_of(
        [
            File(1, 28.7, _LONG),
            File(2, 28.7, _LONG, 1.0),
            File(3, 28.7, _LONG, 2.0),
            File(4, 33.7, _SHORT, burn_in=_ONTO_THE_ATTRACTOR),
            File(5, 28.7, _SHORT, 1.0, _ONTO_THE_ATTRACTOR),
            File(6, 33.7, _LONG),
            File(7, 35.7, _LONG),
            File(8, 37.9, _LONG),
            File(9, 34.3, _SHORT, burn_in=_ONTO_THE_ATTRACTOR),
            File(10, 37.6, _SHORT, burn_in=_ONTO_THE_ATTRACTOR),
        ]
    )
    clock = 0.05
    names = ("x", "y", "z")

    def law(self, parameter: float) -> Lorenz63:
        """Lorenz's equations.

        Args:
            parameter: the Rayleigh number.
        """
        return Lorenz63(rayleigh_number=parameter)

    def first_state(self, parameter: float, draws: np.random.Generator) -> Float[np.ndarray, " dim"]:
        """Around the middle of the attractor's height."""
        system = self.law(parameter)
        return system.default_initial_state + np.array(system.initial_deviation) * draws.standard_normal(system.dim)
