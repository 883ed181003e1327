"""Equations of fields that change in time on periodic axes, with a system that draws and solves them."""

import numpy as np
from jaxtyping import Float

from sciml_bench.nsm.equations.equation import Equation, Parameters
from sciml_bench.systems.periodic_evolution import PeriodicEvolution


class EvolutionEquation(Equation):
    """An equation whose random initial fields and reference solutions come from a system; a subclass sets `system`."""

    system: PeriodicEvolution

    @property
    def identity(self) -> str:
        """The system."""
        return repr(self.system)

    def draw_parameters(self, n_samples: int, seed: int) -> Parameters:
        """Initial fields (batch, *space)."""
        return self.system.random_parameters(n_samples, seed)

    def solve(self, parameters: Parameters, resolution: int, n_times: int) -> Float[np.ndarray, "batch time *space"]:
        """Pseudo-spectral, with exponential time differencing of the fourth order."""
        times = np.linspace(0.0, 1.0, n_times)
        return self.system.reference(np.asarray(parameters, dtype=np.float64), times, resolution)
