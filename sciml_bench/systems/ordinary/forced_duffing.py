"""The Duffing oscillator with a force that somebody applies: x'' = −delta x' − alpha x − beta x³ + u(t)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from sciml_bench.systems.ordinary.duffing import Duffing


@dataclass(frozen=True)
class ForcedDuffing(Duffing):
    """Position and velocity of a `Duffing` oscillator on which a measured force acts.

    Its arguments are those of `Duffing`; the force u is an input, in length/time².
    """

    n_inputs: ClassVar[int] = 1

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        position, velocity, force = components
        rate, acceleration = super()._derivatives(t, (position, velocity))
        return rate, acceleration + force
