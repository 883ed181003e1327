"""The block's least-squares problem without a factor of it: conjugate gradients on the normal equations N y = Mᵀ r.

Preconditioned by a factor of N in single precision, shifted so that rounding cannot break it: half as large as one in
double precision, and quick where double precision is slow. It is too inaccurate for refinement to converge where N is
badly conditioned (10⁷ and more), but not for conjugate gradients.

Convergence is judged by the true residual, in the norm ‖N y − Mᵀ r‖ of the inverse preconditioner, relative to that of
y = 0. That norm is close to the one in which the error is ‖M (y − y*)‖.

Hestenes and Stiefel, J. Research NBS 49, 1952. (The public code of mechanistic neural networks runs 200 iterations
without preconditioner and takes what it has.)
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.mechnn.linear_ode.differentiable_solve import Factorization
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem, singular_problem
from sciml_bench.mechnn.linear_ode.rows import normal_product
from sciml_bench.mechnn.linear_ode.solvers.block_solver import NormalCholesky

SHIFT = 2e-6
"""Of the scaled N, some thirty times the precision of its factor."""
PROBE_TOLERANCE = 1e-3
"""To which noise is solved for: what remains of it then is larger if it lies in directions that no row contains."""
SMALLEST_CURVATURE = 1e-12
"""Of N along a search direction relative to the preconditioner's; below, the direction is undetermined."""
LEAST_PROGRESS = 0.5
"""By which a restart must reduce the true residual, or rounding is all that is left."""


class ConjugateGradientSolver(Factorization):
    """N⁻¹ by iteration, to a tolerance.

    Args:
        problem: in float64, on any device.
        tolerance: of the residual, relative to that of zero.
        max_iterations: for one solution.

    Raises:
        ConfigurationError: a tolerance or a number of iterations that is not positive.
        SolverError: the rows do not determine the solution.
    """

    def __init__(self, problem: LinearODEProblem, tolerance: float = 1e-10, max_iterations: int = 2000) -> None:
        if not 0 < tolerance < 1 or max_iterations < 1:
            raise ConfigurationError(
                f"tolerance={tolerance}, max_iterations={max_iterations}: the tolerance lies between 0 and 1, and at "
                "least one iteration is needed"
            )
        super().__init__(problem)
        self.max_iterations = max_iterations
        self._preconditioner = NormalCholesky(problem, torch.float32, SHIFT)
        # right sides of the block always have a solution, if not a unique one; noise shows what they cannot show
        noise = self._preconditioner.noise(seed=0)
        self.tolerance = PROBE_TOLERANCE
        self.solve(noise, lambda y: noise - normal_product(problem, y))
        self.tolerance = tolerance

    def solve(
        self, right: Float[Tensor, "batch unknowns"], residual: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "batch unknowns"]:
        """To the tolerance, restarted from the true residual until that is small: recurrences drift away from it."""
        tolerance = self.tolerance
        solution, rest = torch.zeros_like(right), right
        start = remaining = _dot(rest, self._preconditioner.solve(rest))
        iterations = 0
        while True:
            change, iterations = self._iterate(rest, tolerance**2 * start / 4, iterations)
            solution = solution + change
            rest = residual(solution)
            before, remaining = remaining, _dot(rest, self._preconditioner.solve(rest))
            if bool((remaining <= tolerance**2 * start).all()):
                return solution
            stalled = ~(remaining <= LEAST_PROGRESS**2 * before)  # also where it is not finite
            if iterations >= self.max_iterations or bool((stalled & ~(remaining <= tolerance**2 * start)).any()):
                reached = float((remaining / start.clamp_min(1e-300)).max()) ** 0.5
                raise SolverError(
                    f"conjugate gradients reached a relative residual of {reached:.1e} in {iterations} iterations, "
                    f"where tolerance={tolerance:.1e} was asked for: use solver=band or solver=block, or raise "
                    f"max_iterations={self.max_iterations}"
                )

    def _iterate(
        self, rest: Float[Tensor, "batch unknowns"], enough: Float[Tensor, " batch"], iterations: int
    ) -> tuple[Float[Tensor, "batch unknowns"], int]:
        """N⁻¹ rest until the squared residuals are small `enough`; and how many iterations there were by then."""
        change, direction = torch.zeros_like(rest), self._preconditioner.solve(rest)
        square = _dot(rest, direction)
        length = square  # of the direction, as the preconditioner measures it
        while iterations < self.max_iterations and bool((active := square > enough).any()):
            image = normal_product(self.problem, direction)
            curvature = _dot(direction, image)
            flat = active & ~(curvature > SMALLEST_CURVATURE * length)
            if bool(flat.any()):
                member = int(flat.nonzero()[0])
                scaled = (direction / self._preconditioner.scale)[member, :-1]
                raise singular_problem(self.problem, member, int(scaled.abs().argmax()))
            step = torch.where(active, square / curvature.clamp_min(1e-300), 0.0)[:, None]
            change, rest = change + step * direction, rest - step * image
            improved = self._preconditioner.solve(rest)
            before, square = square, _dot(rest, improved)
            ratio = torch.where(active, square / before.clamp_min(1e-300), 0.0)
            direction = improved + ratio[:, None] * direction
            length = square + ratio**2 * length
            iterations += 1
        return change, iterations


def _dot(one: Float[Tensor, "batch unknowns"], other: Float[Tensor, "batch unknowns"]) -> Float[Tensor, " batch"]:
    return (one * other).sum(dim=1)
