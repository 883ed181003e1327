"""The block's least-squares problem by torch operations alone, on any device: Cholesky of N = MᵀM in superblocks.

Squaring M costs half of the digits; unknowns of unit length (conditions of 10² to 10⁴ where the raw rows have 10³ to
10¹²) and refinement through M bring them back, to the accuracy of a QR factorisation of M.
"""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.differentiable_solve import Gradients, gradients_by_rows
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.refinement import refined
from sciml_bench.mechnn.linear_ode.rows import normal_product, normal_residual
from sciml_bench.mechnn.linear_ode.singular_problem import singular_unknown
from sciml_bench.mechnn.linear_ode.solvers.normal_cholesky import NormalCholesky


class BlockFactorization:
    """Cholesky factor of N; time and memory are linear in the number of steps.

    Args:
        problem: in float64, on any device.

    Raises:
        SolverError: the rows do not determine the solution.
    """

    def __init__(self, problem: LinearODEProblem) -> None:
        self.problem = problem
        self._cholesky = NormalCholesky(problem)
        undetermined = self._cholesky.undetermined()
        if undetermined is not None:
            raise singular_unknown(problem, *undetermined)

    def solution(self) -> Float[Tensor, "batch unknowns"]:
        """The least-squares solution, the slack last.

        Raises:
            SolverError: refinement does not converge.
        """
        problem = self.problem
        nothing = problem.coefficients.new_zeros(problem.batch, problem.n_unknowns + 1)
        start = self._cholesky.solve(normal_residual(problem, nothing))
        return refined(lambda y: normal_residual(problem, y), self._cholesky.solve, start, self._cholesky.scale)

    def normal_solution(self, right: Float[Tensor, "batch unknowns"]) -> Float[Tensor, "batch unknowns"]:
        """N⁻¹ right.

        Raises:
            SolverError: refinement does not converge.
        """
        start = self._cholesky.solve(right)
        return refined(
            lambda y: right - normal_product(self.problem, y), self._cholesky.solve, start, self._cholesky.scale
        )

    def gradients(
        self,
        solution: Float[Tensor, "batch unknowns"],
        adjoint: Float[Tensor, "batch unknowns"],
        needed: Sequence[bool],
    ) -> Gradients:
        """By torch operations."""
        return gradients_by_rows(self.problem, self.problem.inputs, solution, adjoint, needed)
