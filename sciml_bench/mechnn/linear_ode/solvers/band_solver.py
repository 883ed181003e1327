"""The fast solver: one banded QR factorisation for the whole batch, and its hand-written gradient, in float64."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.differentiable_solve import Factorization, Gradients
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem, singular_problem
from sciml_bench.mechnn.linear_ode.row_schedule import row_schedule
from sciml_bench.mechnn.linear_ode.solvers.band_kernel import (
    LANES,
    factorize,
    first_undetermined,
    substitute_back,
    substitute_forward,
)
from sciml_bench.mechnn.linear_ode.solvers.band_products import gradients, transposed_residual

SMALLEST_PIVOT = 1e-14
"""Relative to the norm of its column; below, an unknown is as good as undetermined."""


class BandFactorization(Factorization):
    """M = Q R of every problem, R banded, on the CPU; time and memory are linear in the number of steps."""

    def __init__(self, problem: LinearODEProblem) -> None:
        super().__init__(problem)
        self._inputs = [np.ascontiguousarray(value.detach().numpy()) for value in problem.inputs]
        if not problem.initial_steps:
            self._inputs[2] = np.zeros((1, 0, problem.n_states, 0))
        coefficients, right_side, initial_values, step_sizes = self._inputs
        p = problem
        self._schedule = row_schedule(p.n_steps, p.n_states, p.order, p.initial_steps, p.central, p.periodic)
        self._inverse_factorials = np.array(p.inverse_factorials)
        self._is_shared = problem.batch > 1 and len(coefficients) == len(step_sizes) == 1
        if self._is_shared:
            # R alone is needed; right sides are many
            right_side, initial_values = right_side[:1], initial_values[:1]
        inputs = (coefficients, right_side, initial_values, step_sizes)
        order = (self._schedule.position, self._schedule.kind, self._schedule.step, self._schedule.bandwidth)
        self._triangle, self._right = factorize(*inputs, *order, self._inverse_factorials)
        self._require_full_rank()

    def solution(self) -> Float[Tensor, "batch unknowns"]:
        """The least-squares solution, the slack last."""
        if self._is_shared:
            self._solution = self._semi_normal_solution()
        else:
            self._solution = self._right
            self._right[:, -1] += self.problem.slack_weight / self._triangle[:, -1, 0]
            substitute_back(self._triangle, self._right)
        return self._in_time_order(self._solution)

    def normal_solution(self, right: Float[Tensor, "batch unknowns"]) -> Float[Tensor, "batch unknowns"]:
        """N⁻¹ right = R⁻¹ R⁻ᵀ right."""
        return self._in_time_order(self._normal(self._in_lanes(right)))

    def gradients(
        self,
        solution: Float[Tensor, "batch unknowns"],
        adjoint: Float[Tensor, "batch unknowns"],
        needed: Sequence[bool],
    ) -> Gradients:
        """In the four inputs, by one pass over all rows."""
        p = self.problem
        rows = [*self._inputs, self._schedule.position, p.central, self._inverse_factorials, p.batch]
        found = gradients(*[*rows, self._solution, self._in_lanes(adjoint)])
        parts = zip(found, p.inputs, needed, strict=True)
        return tuple(torch.from_numpy(value).reshape(like.shape) if need else None for value, like, need in parts)

    def _semi_normal_solution(self) -> np.ndarray:
        """Semi-normal equations, corrected once: as accurate as QR (Björck, Linear Algebra Appl. 88, 1987)."""
        p = self.problem
        x = np.zeros((-(-p.batch // LANES), p.n_unknowns + 1, LANES))
        rows = [*self._inputs, self._schedule.position, p.central, p.periodic, self._inverse_factorials, x]
        for _ in range(2):
            right = transposed_residual(*rows)
            right[:, -1] += p.slack_weight
            x += self._normal(right)
        return x

    def _normal(self, right: np.ndarray) -> np.ndarray:
        substitute_forward(self._triangle, right)
        substitute_back(self._triangle, right)
        return right

    def _in_lanes(self, values: Tensor) -> np.ndarray:
        problem = self.problem
        batch, chunks = len(values), -(-problem.batch // LANES)
        lanes = np.zeros((chunks * LANES, problem.n_unknowns + 1))
        lanes[:batch] = values.detach().numpy()
        if problem.periodic:
            blocks = lanes[:, :-1].reshape(-1, problem.n_steps, problem.width)
            blocks[:, self._schedule.position] = blocks.copy()
        return np.ascontiguousarray(lanes.reshape(chunks, LANES, -1).transpose(0, 2, 1))

    def _in_time_order(self, lanes: np.ndarray) -> Tensor:
        problem = self.problem
        values = np.ascontiguousarray(lanes.transpose(0, 2, 1)).reshape(-1, lanes.shape[1])[: problem.batch]
        if problem.periodic:
            blocks = values[:, :-1].reshape(-1, problem.n_steps, problem.width)
            values[:, :-1] = blocks[:, self._schedule.position].reshape(len(values), -1)
        return torch.from_numpy(values)

    def _require_full_rank(self) -> None:
        factors = 1 if self._is_shared else self.problem.batch
        undetermined = first_undetermined(self._triangle, SMALLEST_PIVOT).ravel()[:factors]
        if (undetermined >= 0).any():
            member = int(np.argmax(undetermined >= 0))
            width = self.problem.width
            block, unknown = divmod(int(undetermined[member]), width)
            step = int(np.flatnonzero(self._schedule.position == block)[0])
            raise singular_problem(self.problem, member, step * width + unknown)
