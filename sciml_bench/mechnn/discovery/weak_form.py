"""What an unknown vector field contributes to a trajectory, term by term, integrated by the block.

The solution of u′ = r is linear in r, and r = Σ_j ξ_j θ_j(x) is linear in ξ. With the data as the state of the terms,
u = a + Σ_j ξ_j φ_j, where φ_j solves φ_j′ = θ_j(x): the coefficients follow from linear least squares without any
derivative of the data (the integral form of sparse regression; the block is the integrator).
"""

from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.solve import solve_linear_ode


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
    n_windows, n_steps, n_terms = rates.shape
    coefficients = rates.new_zeros(1, 1, n_steps, 1, taylor_order + 1)
    coefficients[..., 1] = 1.0
    right_side = rates.permute(0, 2, 1).reshape(n_windows * n_terms, 1, n_steps)
    steps = step_sizes[:, :, None] if len(step_sizes) == 1 else step_sizes[:, :, None].repeat_interleave(n_terms, dim=0)
    solution = solve_linear_ode(coefficients, right_side, rates.new_zeros(1, 1, 1, 1), steps)
    integrals = solution.states[..., 0, 0].reshape(n_windows, n_terms, n_steps).permute(0, 2, 1)
    return integrals - integrals.mean(dim=1, keepdim=True)
