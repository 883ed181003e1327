"""The simplest equation that the block solves: u′ = r, the integral of what is known at the steps.

The solution is linear in r, and an unknown vector field r = Σ_j ξ_j θ_j(x) is linear in ξ. With the data as the state
of the terms, u = a + Σ_j ξ_j φ_j, where φ_j solves φ_j′ = θ_j(x): the coefficients follow from linear least squares
without any derivative of the data (the integral form of sparse regression; the block is the integrator).
"""

import math

from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.solve import solve_linear_ode

_USUAL_STEP = 0.05


def integral(
    rates: Float[Tensor, "batch steps dim"],
    start: Float[Tensor, "_ _"],
    step_sizes: Float[Tensor, "_ _"],
    taylor_order: int,
) -> Float[Tensor, "batch steps dim"]:
    """u with u′ = rates, component by component.

    Args:
        rates: at every step.
        start: u at the first step, (batch, dim) or (1, 1).
        step_sizes: between the steps, or one for all; the same for the whole batch, or one row for each.
        taylor_order: K of the block; the equation's own order is 1.
    """
    batch, n_steps, dim = rates.shape
    coefficients = rates.new_zeros(1, 1, n_steps, 1, taylor_order + 1)
    coefficients[..., 1] = 1.0
    right_side = rates.transpose(1, 2).reshape(batch * dim, 1, n_steps)
    steps = step_sizes if len(step_sizes) == 1 else step_sizes.repeat_interleave(dim, dim=0)
    solution = solve_linear_ode(coefficients, right_side, start.reshape(-1, 1, 1, 1), steps[:, :, None])
    return solution.states[..., 0, 0].reshape(batch, dim, n_steps).transpose(1, 2)


def integrated(
    rates: Float[Tensor, "windows steps terms"], step_sizes: Float[Tensor, "_ intervals"], taylor_order: int
) -> Float[Tensor, "windows steps terms"]:
    """The integrals of some rates along windows, zero on average over each window.

    The block weighs its equations by powers of the step. They are solved with steps of about `_USUAL_STEP`, and a power
    of two makes up for it, so that the unit of time does not matter.

    Args:
        rates: at every step.
        step_sizes: between the steps, the same for all windows or one row for each.
        taylor_order: K of the block; the equation's own order is 1.
    """
    unit = 2.0 ** round(math.log2(float(step_sizes.detach().median()) / _USUAL_STEP))
    integrals = unit * integral(rates, rates.new_zeros(1, 1), step_sizes / unit, taylor_order)
    return integrals - integrals.mean(dim=1, keepdim=True)
