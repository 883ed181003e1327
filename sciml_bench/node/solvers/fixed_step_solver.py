"""Explicit Runge–Kutta steps of fixed length in torch: any field, all trajectories, segments and members as one batch.

It is differentiable as often as one likes (the Hessian needs two times), and every trajectory has its own time grid.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node.fields.vector_field import MemberStates, Times, VectorField
from sciml_bench.node.solvers.runge_kutta import TABLES, Plan, require_step
from sciml_bench.node.solvers.solution import Solution
from sciml_bench.node.units import Units


@dataclass(frozen=True)
class FixedStepSolver:
    """All trajectories step together.

    Args:
        method: `rk4` or `dormand_prince` (order 5).
        max_step: longest step, in the system's time; null for one step between two given times.

    Raises:
        ConfigurationError: an unknown method, or a step that is not positive.
    """

    method: str = "rk4"
    max_step: float | int | None = None
    remedy: ClassVar[str] = "try a smaller training.learning_rate, or a smaller solver.max_step"

    def __post_init__(self) -> None:
        """Check the choices."""
        if self.method not in TABLES:
            raise ConfigurationError(f"solver.method={self.method}: choose one of {', '.join(TABLES)}")
        require_step(self.max_step)

    def __call__(self, field: VectorField, x0: MemberStates, times: Times, refinement: int = 1) -> Solution:
        """Integrate as every `Solver` does; there are `refinement` times as many steps as needed."""
        plan = Plan.of(self.method, self.max_step, times, refinement)
        states = self._states(field, x0, plan)
        return Solution(times, states, plan.steps.sizes.shape[1] * TABLES[self.method].n_stages)

    def in_units(self, units: Units) -> "FixedStepSolver":
        """The longest step counts time steps; the method itself is the same in all units."""
        return self if self.max_step is None else replace(self, max_step=self.max_step * units.time_step)

    def _states(self, field: VectorField, x0: MemberStates, plan: Plan) -> Float[Tensor, "*members batch time dim"]:
        table, steps, derivative = TABLES[self.method], plan.steps, field.at_stages(plan.stage_times)
        sizes, arrivals = torch.from_numpy(steps.sizes).to(x0), steps.arrivals
        x, states = x0, [x0]
        for step in range(sizes.shape[1]):
            h = sizes[:, step, None]
            stages: list[Tensor] = []
            for stage in range(table.n_stages):
                stages.append(derivative(step, stage, _combined(x, h, table.matrix[stage, :stage], stages)))
            x = _combined(x, h, table.weights, stages)
            if arrivals[step] >= 0:
                states.append(x)
        return torch.stack(states, dim=-2)


def _combined(x: Tensor, h: Tensor, coefficients: np.ndarray, stages: list[Tensor]) -> Tensor:
    """x + h Σ_j coefficients_j stages_j."""
    total: Tensor | None = None
    for coefficient, stage in zip(coefficients.tolist(), stages, strict=True):
        if coefficient != 0.0:
            total = coefficient * stage if total is None else torch.add(total, stage, alpha=coefficient)
    return x if total is None else torch.addcmul(x, h, total)
