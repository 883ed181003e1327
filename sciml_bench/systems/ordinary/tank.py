"""A tank that is filled through a valve and runs out through a hole: dh/dt = gain · u − outflow · √h.

Torricelli's law for the outflow; u, the opening of the valve, is what somebody does to it. The level comes to rest at
(gain · u / outflow)², slowly where it is high, so that no linear law holds at all levels.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.systems.ordinary.ordinary_differential_equation import OrdinaryDifferentialEquation, Real


@dataclass(frozen=True)
class Tank(OrdinaryDifferentialEquation):
    """The level of a tank.

    Args:
        gain: rise of the level with the valve fully open, in length/time.
        outflow: in √length/time.

    Raises:
        ConfigurationError: a parameter that is not positive.
    """

    gain: Real = 0.5
    outflow: Real = 0.4
    dim: ClassVar[int] = 1
    n_inputs: ClassVar[int] = 1
    default_time_step: ClassVar[float] = 0.1
    initial_deviation: ClassVar[tuple[float, ...]] = (0.2,)
    positive: ClassVar[tuple[str, ...]] = ("gain", "outflow")

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """A level of 1."""
        return np.ones(1)

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        level, valve = components
        # an empty tank has no outflow
        root = level.clamp_min(0).sqrt() if isinstance(level, torch.Tensor) else np.sqrt(np.maximum(level, 0.0))
        return (self.gain * valve - self.outflow * root,)
