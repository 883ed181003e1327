"""Adaptive integration by torchdiffeq, differentiated by backpropagation through the solver or by the adjoint ODE."""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredNumber, ConfiguredWord, require_choice, require_number
from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.node.fields.vector_field import MemberStates, Times, VectorField
from sciml_bench.node.solvers.solution import Solution
from sciml_bench.node.units import Units

METHODS = ("dopri5", "dopri8", "bosh3", "fehlberg2", "adaptive_heun")
GRADIENTS = ("backpropagation", "adjoint")


@dataclass(frozen=True)
class AdaptiveSolver:
    """Steps as long as the tolerances allow for every trajectory, the same for the whole batch of a member.

    Members are solved one after the other: each is what a single run gives, and they share the cost of nothing.

    Args:
        method: one of torchdiffeq's adaptive methods.
        rtol: relative tolerance; in `units` of the distance from the mean.
        atol: absolute tolerance, in the state's units, or in `units`.
        gradient: `backpropagation` through the solver, or `adjoint` (constant memory; Chen et al., NeurIPS 2018).
        units: in which it integrates; those of states and times where they are not given.

    Raises:
        ConfigurationError: an unknown name, or a tolerance that is not positive or below the rounding of float64.
    """

    method: ConfiguredWord = "dopri5"
    rtol: ConfiguredNumber = 1e-7
    atol: ConfiguredNumber = 1e-9
    gradient: ConfiguredWord = "backpropagation"
    units: Units | None = None
    remedy: ClassVar[str] = (
        "try a smaller training.learning_rate, larger solver.rtol and solver.atol, or solver=fixed_step"
    )

    def __post_init__(self) -> None:
        """Check the choices."""
        require_choice("solver.method", self.method, METHODS)
        require_choice("solver.gradient", self.gradient, GRADIENTS)
        for name in ("rtol", "atol"):
            require_number(f"solver.{name}", getattr(self, name), "give a number greater than 0")
        self.require_resolved(torch.float64)

    def require_resolved(self, dtype: torch.dtype) -> None:
        """Stop at a tolerance below the rounding of what it is compared with, which no step can keep.

        Args:
            dtype: of the states, for rtol; an atol beside it may be smaller.

        Raises:
            ConfigurationError: naming the smallest tolerance.
        """
        atol = float(np.finfo(float).tiny) if self.units is None else torch.finfo(torch.float64).eps / 2
        for name, least in {"rtol": torch.finfo(dtype).eps / 2, "atol": atol}.items():
            if (given := getattr(self, name)) < least:
                wider = "" if dtype == torch.float64 else ", or choose model.dtype=float64"
                raise ConfigurationError(
                    f"solver.{name}={given}: {str(dtype).removeprefix('torch.')} rounds more coarsely; give at least "
                    f"{least:.2g}{wider}."
                )

    def in_units(self, units: Units) -> "AdaptiveSolver":
        """Tolerances count deviations, and the length of the first step is sought in time steps."""
        return replace(self, units=units)

    def __call__(self, field: VectorField, x0: MemberStates, times: Times, refinement: int = 1) -> Solution:
        """Integrate as every `Solver` does, the trajectories of a member together, over all times any of them asks for.

        A refinement of 2 makes the tolerances a hundred times tighter. Of several members the largest cost is told; one
        that breaks down is NaN beside the others.

        Raises:
            ConfigurationError: inputs jump.
            SolverError: the steps became too short, of all members.
        """
        if field.jumps:
            raise ConfigurationError(
                "solver=adaptive: an input that is held jumps at every row, where its steps would have to end; choose "
                "solver=compiled or solver=fixed_step, or data.input_interpolation=linear"
            )
        if field.n_members == 1:
            return self._solution(field, x0, times, refinement)
        solutions: list[Solution] = []
        for number in range(field.n_members):
            start = x0[number : number + 1]
            try:
                solutions.append(self._solution(field.member(number), start, times, refinement))
            except SolverError as error:
                if number + 1 == field.n_members and not any(each.function_evaluations for each in solutions):
                    raise SolverError(str(error)) from error
                lost = torch.full((*start.shape[:-1], times.shape[1] - 1, start.shape[-1]), torch.nan).to(start)
                solutions.append(Solution(times, torch.cat([start.detach()[..., None, :], lost], dim=-2), 0))
        states = torch.cat([each.states for each in solutions])
        return Solution(times, states, max(each.function_evaluations for each in solutions))

    def _solution(self, field: VectorField, x0: MemberStates, times: Times, refinement: int) -> Solution:
        """Of one member."""
        from torchdiffeq import odeint, odeint_adjoint

        starts = times[:, :1]
        elapsed = times - starts
        grain = max(float(elapsed.max()), np.finfo(float).tiny) * 1e-12  # equal times may differ by their rounding
        _, first, position = np.unique(np.round(elapsed / grain), return_index=True, return_inverse=True)
        clock = _Clock(field, torch.tensor(starts[:, 0]), bool(np.all(starts == starts[0])), self.units, x0)
        tighter = 100.0 ** (1 - refinement)
        # torchdiffeq compares time steps in the dtype of the times
        grid = torch.from_numpy(elapsed.ravel()[first]) / clock.time_step
        solve = odeint_adjoint if self.gradient == "adjoint" and torch.is_grad_enabled() else odeint
        try:
            with np.errstate(all="ignore"):
                tolerances = {"rtol": self.rtol * tighter, "atol": self.atol * tighter}
                options: dict[str, Any] = {"norm": worst_trajectory}
                options |= {} if field.is_smooth else {"step_t": grid}  # no step crosses a bend
                path = solve(clock, clock.to_units(x0), grid, method=self.method, options=options, **tolerances)
        except AssertionError as error:
            norm = float(torch.linalg.vector_norm(clock.last_state))
            raise SolverError(
                f"the integration broke down near time {clock.last_time:g} of {times.max():g} ({error}), where the "
                f"norm of the state was {norm:.3g}; {self.remedy}"
            ) from error
        path = torch.movedim(clock.from_units(cast(Tensor, path)), 0, -2)
        index = torch.from_numpy(position.reshape(times.shape))
        rows = torch.arange(len(times))[:, None]
        return Solution(times, path[..., rows, index, :], clock.evaluations)


def worst_trajectory(errors: Float[Tensor, "*batch dim"]) -> Float[Tensor, ""]:
    """Root mean square over the components of the trajectory where it is largest.

    torchdiffeq's own norm is that over the whole batch, in which one moving trajectory among many at rest is lost.
    Steps are not differentiated: the gradient is that of the solution, not of the error of other steps.

    Args:
        errors: in tolerances.
    """
    return errors.detach().abs().square().mean(dim=-1).sqrt().max()


class _Clock(nn.Module):
    """The field as torchdiffeq calls it: by the time since the start, in units, counted."""

    def __init__(self, field: VectorField, starts: Tensor, shared: bool, units: Units | None, like: Tensor) -> None:
        super().__init__()
        self.field, self.starts, self.shared = field, starts, shared
        self.evaluations, self.last_time, self.last_state = 0, 0.0, torch.zeros(1)
        self.time_step, self.scale = 1.0, None
        if units is not None:
            self.time_step = units.time_step
            self.scale = tuple(torch.tensor(each, dtype=like.dtype) for each in (units.mean, units.deviation))

    def to_units(self, x: Tensor) -> Tensor:
        return x if self.scale is None else (x - self.scale[0]) / self.scale[1]

    def from_units(self, y: Tensor) -> Tensor:
        return y if self.scale is None else self.scale[0] + self.scale[1] * y

    def forward(self, elapsed: Tensor, y: Tensor) -> Tensor:
        self.evaluations += 1
        x, since = self.from_units(y), elapsed if self.scale is None else elapsed * self.time_step
        self.last_time, self.last_state = float(since.detach() + self.starts[0]), x.detach()
        derivative = self.field(since + (self.starts[0] if self.shared else self.starts), x)
        return derivative if self.scale is None else derivative * self.time_step / self.scale[1]
