"""Adaptive integration by torchdiffeq, differentiated by backpropagation through the solver or by the adjoint ODE."""

from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_choice, require_number
from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.node.fields.vector_field import MemberStates, Times, VectorField
from sciml_bench.node.solvers.solution import Solution

METHODS = ("dopri5", "dopri8", "bosh3", "fehlberg2", "adaptive_heun")
GRADIENTS = ("backpropagation", "adjoint")


@dataclass(frozen=True)
class AdaptiveSolver:
    """Steps as long as the tolerances allow for every trajectory, the same for the whole batch.

    Args:
        method: one of torchdiffeq's adaptive methods.
        rtol: relative tolerance.
        atol: absolute tolerance, in the state's units.
        gradient: `backpropagation` through the solver, or `adjoint` (constant memory; Chen et al., NeurIPS 2018).

    Raises:
        ConfigurationError: an unknown name, or a tolerance that is not positive.
    """

    method: str = "dopri5"
    rtol: float = 1e-7
    atol: float = 1e-9
    gradient: str = "backpropagation"
    remedy: ClassVar[str] = (
        "try a smaller training.learning_rate, larger solver.rtol and solver.atol, or solver=fixed_step"
    )

    def __post_init__(self) -> None:
        """Check the choices."""
        require_choice("solver.method", self.method, METHODS)
        require_choice("solver.gradient", self.gradient, GRADIENTS)
        for name in ("rtol", "atol"):
            require_number(f"solver.{name}", getattr(self, name), "give a number greater than 0")

    def __call__(self, field: VectorField, x0: MemberStates, times: Times, refinement: int = 1) -> Solution:
        """Integrate as every `Solver` does, all trajectories together, over all times that any of them asks for.

        A refinement of 2 makes the tolerances a hundred times tighter.

        Raises:
            ConfigurationError: the members of an ensemble would share their steps, and differ from single runs; or
                inputs jump.
            SolverError: the steps became too short.
        """
        if field.n_members > 1:
            raise ConfigurationError(
                "solver=adaptive: its steps are those that the most demanding member of an ensemble needs, so members "
                "would not equal single runs; choose solver=fixed_step or solver=compiled, or leave ensemble out"
            )
        if field.jumps:
            raise ConfigurationError(
                "solver=adaptive: an input that is held jumps at every row, where its steps would have to end; choose "
                "solver=compiled or solver=fixed_step, or data.input_interpolation=linear"
            )
        from torchdiffeq import odeint, odeint_adjoint

        starts = times[:, :1]
        elapsed = times - starts
        grain = max(float(elapsed.max()), np.finfo(float).tiny) * 1e-12  # equal times may differ by their rounding
        _, first, position = np.unique(np.round(elapsed / grain), return_index=True, return_inverse=True)
        clock = _Clock(field, torch.tensor(starts[:, 0]), shared=bool(np.all(starts == starts[0])))
        tighter = 100.0 ** (1 - refinement)
        # torchdiffeq compares time steps in the dtype of the times
        grid = torch.from_numpy(elapsed.ravel()[first])
        solve = odeint_adjoint if self.gradient == "adjoint" and torch.is_grad_enabled() else odeint
        try:
            with np.errstate(all="ignore"):
                tolerances = {"rtol": self.rtol * tighter, "atol": self.atol * tighter}
                options: dict[str, Any] = {"norm": worst_trajectory}
                options |= {} if field.is_smooth else {"step_t": grid}  # no step crosses a bend
                path = solve(clock, x0, grid, method=self.method, options=options, **tolerances)
        except AssertionError as error:
            norm = float(torch.linalg.vector_norm(clock.last_state))
            raise SolverError(
                f"the integration broke down near time {clock.last_time:g} of {times.max():g} ({error}), where the "
                f"norm of the state was {norm:.3g}; {self.remedy}"
            ) from error
        path = torch.movedim(cast(Tensor, path), 0, -2)
        index = torch.from_numpy(position.reshape(times.shape))
        rows = torch.arange(len(times))[:, None]
        return Solution(times, path[..., rows, index, :], clock.evaluations)


def worst_trajectory(errors: Float[Tensor, "*batch dim"]) -> Float[Tensor, ""]:
    """Root mean square over the components of the trajectory where it is largest.

    torchdiffeq's own norm is that over the whole batch, in which one moving trajectory among many at rest is lost.

    Args:
        errors: in tolerances.
    """
    return errors.abs().square().mean(dim=-1).sqrt().max()


class _Clock(nn.Module):
    """The field as torchdiffeq calls it: by the time since the start, counted."""

    def __init__(self, field: VectorField, starts: Tensor, shared: bool) -> None:
        super().__init__()
        self.field, self.starts, self.shared = field, starts, shared
        self.evaluations, self.last_time, self.last_state = 0, 0.0, torch.zeros(1)

    def forward(self, elapsed: Tensor, x: Tensor) -> Tensor:
        self.evaluations += 1
        self.last_time, self.last_state = float(elapsed.detach() + self.starts[0]), x.detach()
        t = elapsed + (self.starts[0] if self.shared else self.starts)
        return self.field(t, x)
