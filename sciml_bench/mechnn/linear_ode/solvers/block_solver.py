"""The block's least-squares problem by torch operations alone, on any device: Cholesky of N = MᵀM in superblocks.

Squaring M costs half of the digits; unknowns of unit length (conditions of 10² to 10⁴ where the raw rows have 10³ to
10¹²) and refinement through M bring them back, to the accuracy of a QR factorisation of M.
"""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.differentiable_solve import Factorization
from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem
from sciml_bench.mechnn.linear_ode.refinement import refined
from sciml_bench.mechnn.linear_ode.singular_problem import singular_unknown
from sciml_bench.mechnn.linear_ode.solvers.normal_cholesky import NormalCholesky


class BlockFactorization(Factorization):
    """Cholesky factor of N; time and memory are linear in the number of steps."""

    def __init__(self, problem: LinearODEProblem) -> None:
        super().__init__(problem)
        self._cholesky = NormalCholesky(problem)
        undetermined = self._cholesky.undetermined()
        if undetermined is not None:
            raise singular_unknown(problem, *undetermined)

    def solve(
        self, right: Float[Tensor, "batch unknowns"], residual: Callable[[Tensor], Tensor]
    ) -> Float[Tensor, "batch unknowns"]:
        """By the factor, refined."""
        return refined(residual, self._cholesky.solve, self._cholesky.solve(right), self._cholesky.scale)
