"""The rows of the block in torch, as functions of coefficients and steps: differentiable to any order, on any device.

With u[t, d, k] the k-th derivative of state d at step t, h the step after t, w = h[t−1] + h[t] and ε the slack:

    equation         Σ_{d,k} c[e,t,d,k] u[t,d,k]
    initial          u[s,d,i]
    forward Taylor   ε + Σ_{j≥i} h^j/(j−i)! u[t,d,j] − h^i u[t+1,d,i]
    backward Taylor  ε + Σ_{j≥i} (−h)^j/(j−i)! u[t+1,d,j] − (−h)^i u[t,d,i]
    central          ε + w^{K−1} ((u[t+1,d,K−1] − u[t−1,d,K−1])/w − u[t,d,K])
    periodic         u[0,d,k] − u[T−1,d,k]

(Pervez et al., ICML 2024, section 3.2, multiplied through by powers of the step.)
"""

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.mechnn.linear_ode.problem import LinearODEProblem

Rows = tuple[Tensor, ...]
"""One tensor per kind of row; the first two are those with a right side."""


def product(
    problem: LinearODEProblem,
    coefficients: Float[Tensor, "_ equations steps states orders"],
    step_sizes: Float[Tensor, "_ intervals states"],
    unknowns: Float[Tensor, "batch unknowns"],
) -> Rows:
    """M y, linear in y and differentiable in everything.

    Args:
        problem: says which rows there are.
        coefficients: take the place of the problem's.
        step_sizes: take the place of the problem's.
        unknowns: y, all (step, state, derivative) and then the slack.
    """
    order = problem.order
    u = unknowns[:, :-1].unflatten(1, (problem.n_steps, problem.n_states, order + 1))
    slack = unknowns[:, -1, None, None]
    rows = [
        torch.einsum("betdk,btdk->bet", coefficients, u),
        u[:, : problem.initial_values.shape[1], :, : problem.initial_values.shape[3]],
        _taylor(step_sizes, u[:, :-1], u[:, 1:], slack, problem),
        _taylor(-step_sizes, u[:, 1:], u[:, :-1], slack, problem),
    ]
    if problem.central and problem.n_steps > 2:
        span = step_sizes[:, :-1] + step_sizes[:, 1:]
        difference = u[:, 2:, :, order - 1] - u[:, :-2, :, order - 1]
        rows.append(slack + span ** (order - 2) * (difference - span * u[:, 1:-1, :, order]))
    if problem.periodic:
        rows.append(u[:, 0] - u[:, -1])
    return tuple(rows)


def _taylor(
    steps: Float[Tensor, "_ intervals states"],
    here: Float[Tensor, "batch intervals states orders"],
    there: Float[Tensor, "batch intervals states orders"],
    slack: Float[Tensor, "batch 1 1"],
    problem: LinearODEProblem,
) -> Float[Tensor, "batch intervals states order"]:
    order = problem.order
    powers = torch.stack([steps**j for j in range(order + 1)], dim=-1)
    weights = problem.taylor_weights.T.contiguous()
    return slack[..., None] + (powers * here) @ weights - powers[..., :order] * there[..., :order]


def transposed_product(
    problem: LinearODEProblem,
    coefficients: Float[Tensor, "_ equations steps states orders"],
    step_sizes: Float[Tensor, "_ intervals states"],
    rows: Rows,
) -> Float[Tensor, "batch unknowns"]:
    """Mᵀ times one number per row, as the gradient of a linear function.

    Args:
        problem: says which rows there are.
        coefficients: take the place of the problem's.
        step_sizes: take the place of the problem's.
        rows: as from `product`; later kinds that are left out count as zero.
    """
    with torch.enable_grad():
        y = rows[0].new_zeros(problem.batch, problem.n_unknowns + 1, requires_grad=True)
        products = product(problem, coefficients.detach(), step_sizes.detach(), y)
        total = torch.stack([(part * row).sum() for part, row in zip(products, rows, strict=False)]).sum()
        (gradient,) = torch.autograd.grad(total, y)
    return gradient


def residual_rows(right_side: Tensor, initial_values: Tensor, products: Rows) -> Rows:
    """r − M y for every kind of row: the right side is given for the first two, zero for the others."""
    return right_side - products[0], initial_values - products[1], *(-part for part in products[2:])


def normal_residual(
    problem: LinearODEProblem, solution: Float[Tensor, "batch unknowns"]
) -> Float[Tensor, "batch unknowns"]:
    """Mᵀ (r − M y) + slack weight · e: zero at the least-squares solution.

    Args:
        problem: whose inputs are taken as numbers, without their history.
        solution: y.
    """
    coefficients, right_side, initial_values, step_sizes = (value.detach() for value in problem.inputs)
    rows = product(problem, coefficients, step_sizes, solution)
    rest = residual_rows(right_side, initial_values, rows)
    residual = transposed_product(problem, coefficients, step_sizes, rest)
    residual[:, -1] += problem.slack_weight
    return residual


def normal_product(
    problem: LinearODEProblem, unknowns: Float[Tensor, "batch unknowns"]
) -> Float[Tensor, "batch unknowns"]:
    """N y = Mᵀ (M y).

    Args:
        problem: whose inputs are taken as numbers, without their history.
        unknowns: y.
    """
    coefficients, step_sizes = problem.coefficients.detach(), problem.step_sizes.detach()
    rows = product(problem, coefficients, step_sizes, unknowns)
    return transposed_product(problem, coefficients, step_sizes, rows)
