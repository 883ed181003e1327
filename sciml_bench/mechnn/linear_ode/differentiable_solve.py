"""The least-squares solution of the block as a differentiable function, to any order.

y = N⁻¹ (Mᵀ r + slack weight · e), N = MᵀM. With v = ∂L/∂y, λ = N⁻¹ v and both λ and y held fixed, the gradient is that
of (M λ)·(r − M y) in the coefficients, right sides, initial values and steps: ∂L/∂r = M λ and
∂L/∂M = λ (r − M y)ᵀ − y (M λ)ᵀ. Where the gradient is differentiated again it is computed by torch operations, with
N⁻¹ v itself a differentiable function; otherwise by whatever the factorisation offers.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.rows import normal_product, normal_residual, product, residual_rows

Gradients = tuple[Tensor | None, ...]


class Factorization:
    """M, ready for solving; a subclass defines `solve`, or does everything its own way.

    Args:
        problem: in float64.

    Raises:
        SolverError: the rows do not determine the solution.
    """

    def __init__(self, problem: LinearODEProblem) -> None:
        self.problem = problem

    def solve(
        self, right: Float[Tensor, "batch unknowns"], residual: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "batch unknowns"]:
        """N⁻¹ right.

        Args:
            right: the residual of zero.
            residual: right − N y of some y, accurately.

        Raises:
            SolverError: the solution is not as accurate as it must be.
        """
        raise NotImplementedError(f"{type(self).__name__} must define solve()")

    def solution(self) -> Float[Tensor, "batch unknowns"]:
        """The least-squares solution, the slack last."""
        problem = self.problem
        nothing = problem.coefficients.new_zeros(problem.batch, problem.n_unknowns + 1)
        return self.solve(normal_residual(problem, nothing), lambda y: normal_residual(problem, y))

    def normal_solution(self, right: Float[Tensor, "batch unknowns"]) -> Float[Tensor, "batch unknowns"]:
        """N⁻¹ right."""
        return self.solve(right, lambda y: right - normal_product(self.problem, y))

    def gradients(
        self,
        solution: Float[Tensor, "batch unknowns"],
        adjoint: Float[Tensor, "batch unknowns"],
        needed: Sequence[bool],
    ) -> Gradients:
        """Of (M λ)·(r − M y) in the problem's four inputs, λ = `adjoint` and y = `solution` held fixed."""
        return gradients_by_rows(self.problem, self.problem.inputs, solution, adjoint, needed)


def gradients_by_rows(
    problem: LinearODEProblem,
    inputs: Sequence[Tensor],
    solution: Float[Tensor, "batch unknowns"],
    adjoint: Float[Tensor, "batch unknowns"],
    needed: Sequence[bool],
) -> Gradients:
    """`Factorization.gradients` by torch operations; differentiable where gradients are enabled."""
    again = torch.is_grad_enabled()
    with torch.enable_grad():
        # an alias has no history but its own: y and λ depend on the inputs, but not on these
        alias = [value.view_as(value) if again else value.detach() for value in inputs]
        for value, need in zip(alias, needed, strict=True):
            if not value.requires_grad:
                value.requires_grad_(need)
        coefficients, right_side, initial_values, step_sizes = alias
        of_solution = product(problem, coefficients, step_sizes, solution)
        of_adjoint = product(problem, coefficients, step_sizes, adjoint)
        rest = residual_rows(right_side, initial_values, of_solution)
        total = torch.stack([(a * r).sum() for a, r in zip(of_adjoint, rest, strict=True)]).sum()
        wanted = [value for value, need in zip(alias, needed, strict=True) if need]
        found = iter(torch.autograd.grad(total, wanted, create_graph=again))
    return tuple(next(found) if need else None for need in needed)


class LeastSquaresSolution(torch.autograd.Function):
    """(coefficients, right side, initial values, step sizes) -> y (batch, unknowns + 1)."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> Tensor:
        """Arguments: the four inputs, the problem and its factorisation."""
        *inputs, problem, factorization = arguments
        solution = factorization.solution()
        ctx.save_for_backward(*inputs, solution)
        ctx.problem, ctx.factorization = problem, factorization
        return solution

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Any:
        """Gradients in the four inputs."""
        *inputs, solution = ctx.saved_tensors
        needed = ctx.needs_input_grad[:4]
        if torch.is_grad_enabled():
            adjoint: Any = NormalSolution.apply(inputs[0], inputs[3], upstream[0], ctx.problem, ctx.factorization)
            gradients = gradients_by_rows(ctx.problem, inputs, solution, adjoint, needed)
        else:
            adjoint = ctx.factorization.normal_solution(upstream[0])
            gradients = ctx.factorization.gradients(solution, adjoint, needed)
        return *gradients, None, None


class NormalSolution(torch.autograd.Function):
    """(coefficients, step sizes, b) -> N⁻¹ b."""

    @staticmethod
    def forward(ctx: Any, *arguments: Any) -> Tensor:
        """Arguments: coefficients, step sizes, b, the problem and its factorisation."""
        coefficients, step_sizes, right, problem, factorization = arguments
        solution = factorization.normal_solution(right)
        ctx.save_for_backward(coefficients, step_sizes, solution)
        ctx.problem, ctx.factorization = problem, factorization
        return solution

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Any:
        """With μ = N⁻¹ v: ∂b = μ, and the gradient of −(M μ)·(M x) in coefficients and steps."""
        coefficients, step_sizes, solution = ctx.saved_tensors
        adjoint: Any = NormalSolution.apply(coefficients, step_sizes, upstream[0], ctx.problem, ctx.factorization)
        needed = (ctx.needs_input_grad[0], False, False, ctx.needs_input_grad[1])
        _, right_side, initial_values, _ = ctx.problem.inputs
        inputs = (coefficients, torch.zeros_like(right_side), torch.zeros_like(initial_values), step_sizes)
        by_coefficients = by_step_sizes = None
        if any(needed):
            by_coefficients, _, _, by_step_sizes = gradients_by_rows(ctx.problem, inputs, solution, adjoint, needed)
        return by_coefficients, by_step_sizes, adjoint, None, None
