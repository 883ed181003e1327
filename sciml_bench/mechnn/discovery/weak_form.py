"""What an unknown vector field contributes to a trajectory, term by term, integrated by the block.

The solution of u′ = r is linear in r, and r = Σ_j ξ_j θ_j(x) is linear in ξ. With the data as the state of the terms,
u = a + Σ_j ξ_j φ_j, where φ_j solves φ_j′ = θ_j(x): the coefficients follow from linear least squares without any
derivative of the data (the integral form of sparse regression; the block is the integrator).
"""

from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.integral import integral


def integrated(
    rates: Float[Tensor, "windows steps terms"],
    step_sizes: Float[Tensor, "_ intervals"],
    taylor_order: int,
) -> Float[Tensor, "windows steps terms"]:
    """The integrals of some rates along windows, zero on average over each window.

    Args:
        rates: at every step.
        step_sizes: between the steps, the same for all windows or one row for each.
        taylor_order: K of the block; the equation's own order is 1.
    """
    integrals = integral(rates, rates.new_zeros(1, 1), step_sizes, taylor_order)
    return integrals - integrals.mean(dim=1, keepdim=True)
