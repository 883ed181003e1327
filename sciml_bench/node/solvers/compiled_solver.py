"""The fast path: fields of the form A x + network(x, u), integrated and differentiated by compiled loops."""

import logging
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeAlias, cast

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node.fields.vector_field import MemberStates, PerceptronForm, VectorField
from sciml_bench.node.solvers.fixed_step_solver import FixedStepSolver
from sciml_bench.node.solvers.runge_kutta import TABLES, Plan

log = logging.getLogger(__name__)

Sparse: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Where each row of a matrix begins (rows + 1,), and columns and numbers of what is not zero."""


@dataclass(frozen=True)
class CompiledSolver(FixedStepSolver):
    """Runge–Kutta steps of fixed length in compiled code, in float64 on one core, with the discrete adjoint.

    A solution can be differentiated once with respect to the parameters and the initial states. A field without that
    form (a gray box of a nonlinear system), or a machine without Numba, is left to the `FixedStepSolver`, which
    computes the same numbers.

    Args:
        method: `rk4` or `dormand_prince` (order 5).
        max_step: longest step, in the system's time; null for one step between two given times.

    Raises:
        ConfigurationError: an unknown method, or a step that is not positive.
    """

    method: str = "dormand_prince"

    def _states(self, field: VectorField, x0: MemberStates, plan: Plan) -> Float[Tensor, "*members batch time dim"]:
        form = field.perceptron_form()
        if form is None or not numba_is_here():
            _say_once("the vector field is no perceptron" if form is None else "Numba is not installed")
            return super()._states(field, x0, plan)
        steps, forcing = plan.steps, field.forcing(plan.stage_times)
        driving = field.driving(plan.stage_times)
        dim_in, given = form.weights[0].shape[1] - field.dim, 0 if driving is None else driving.shape[-1]
        if dim_in != given:
            raise ConfigurationError(f"inputs: the field takes {dim_in} inputs, and {given} are given")
        n_members = form.weights[0].shape[0]
        rows = x0.reshape(-1, field.dim)
        repeats = len(rows) // len(steps.times)
        member = np.repeat(np.arange(n_members), len(rows) // n_members)
        forced, driven = (
            np.empty((0, 0, 0, 0)) if part is None else _repeated(part, repeats) for part in (forcing, driving)
        )
        problem = _Problem(form, member, _repeated(steps.sizes, repeats), steps.arrivals, forced, driven, self.method)
        states = cast(Tensor, _Integration.apply(rows.double(), packed(form).double(), problem))
        return states.reshape(*x0.shape[:-1], steps.times.shape[1], field.dim).to(x0.dtype)


@dataclass(frozen=True, eq=False)
class _Problem:
    """What the compiled loops need beside initial states and weights."""

    form: PerceptronForm
    member: np.ndarray
    step_sizes: np.ndarray
    arrivals: np.ndarray
    forcing: np.ndarray
    driving: np.ndarray
    method: str

    @cached_property
    def layer_sizes(self) -> np.ndarray:
        return np.array([self.form.weights[0].shape[1], *(weight.shape[2] for weight in self.form.weights)])

    @cached_property
    def arguments(self) -> tuple[np.ndarray, Sparse, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What both loops take."""
        table, linear = TABLES[self.method], sparse(self.form.linear.detach().double().numpy())
        return self.member, linear, self.layer_sizes, table.matrix, table.weights, self.step_sizes, self.arrivals


class _Integration(torch.autograd.Function):
    """(initial states (rows, dim), packed weights (members, parameters)) -> states (rows, time, dim)."""

    @staticmethod
    def forward(ctx: Any, x0: Tensor, weights: Tensor, problem: _Problem) -> Tensor:
        from sciml_bench.node.solvers.compiled_activations import ACTIVATION_CODES
        from sciml_bench.node.solvers.compiled_kernel import integrate

        keep = bool(ctx.needs_input_grad[0] or ctx.needs_input_grad[1])
        activation = ACTIVATION_CODES[problem.form.activation]
        states, kept, slopes = integrate(
            np.ascontiguousarray(x0.detach().numpy()),
            np.ascontiguousarray(weights.detach().numpy()),
            *problem.arguments,
            activation,
            problem.forcing,
            problem.driving,
            keep,
        )
        if keep:
            ctx.problem, ctx.kept, ctx.slopes = problem, kept, slopes
            ctx.save_for_backward(weights)
        return torch.from_numpy(states)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_states: Tensor) -> tuple[Tensor, Tensor, None]:
        from sciml_bench.node.solvers.compiled_kernel import pull_back

        (weights,) = ctx.saved_tensors
        problem: _Problem = ctx.problem
        sizes = problem.layer_sizes
        grad_x0, deltas = pull_back(
            np.ascontiguousarray(grad_states.numpy()),
            np.ascontiguousarray(weights.detach().numpy()),
            *problem.arguments,
            ctx.slopes,
        )
        n_members = len(weights)
        inputs = torch.from_numpy(ctx.kept).reshape(n_members, -1, ctx.kept.shape[-1])
        outputs = torch.from_numpy(deltas).reshape(n_members, -1, deltas.shape[-1])
        pieces, first_in, first_out = [], 0, 0
        for n_in, n_out in zip(sizes[:-1].tolist(), sizes[1:].tolist(), strict=True):
            below, above = inputs[..., first_in : first_in + n_in], outputs[..., first_out : first_out + n_out]
            pieces += [(below.mT @ above).flatten(1), above.sum(dim=1)]
            first_in, first_out = first_in + n_in, first_out + n_out
        return torch.from_numpy(grad_x0), torch.cat(pieces, dim=1), None


def _repeated(rows: np.ndarray, repeats: int) -> np.ndarray:
    """The rows of one member for every member."""
    return rows if repeats == 1 else np.tile(rows, (repeats, *[1] * (rows.ndim - 1)))


def packed(form: PerceptronForm) -> Float[Tensor, "members parameters"]:
    """All matrices and biases of a form, one layer after the other."""
    layers = zip(form.weights, form.biases, strict=True)
    return torch.cat([piece for weight, bias in layers for piece in (weight.flatten(1), bias)], dim=1)


def sparse(matrix: Float[np.ndarray, "rows columns"]) -> Sparse:
    """The numbers of a matrix that are not zero, row by row."""
    rows, columns = np.nonzero(matrix)
    return np.searchsorted(rows, np.arange(len(matrix) + 1)), columns, matrix[rows, columns]


@cache
def numba_is_here() -> bool:
    """Whether the compiled loops can be made on this machine."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


@cache
def _say_once(reason: str) -> None:
    log.info("solver=compiled integrates step by step in torch: %s", reason)
