"""Second moments of two sets of features in float64, differentiable and summed over the processes of a run.

Everything VAMP and DPNets need is the joint matrix of z = (f, g),

    C = 1/n Σ_b (z_b − z̄)(z_b − z̄)ᵀ = [[C_f, C_fg], [C_gf, C_g]],

computed as one product; its gradient is one product as well. Weighted samples enter w_b times each, and n is Σ w.

Every loss here is a function of sums over the batch (second moments, modes × modes), so it is enough to add those over
the processes, as `core.processes.sums` does: each then holds the loss of the union of all batches.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import DataError
from sciml_bench.core.processes.sums import SumOverProcesses, added_over_processes, summed_over_processes, world_size
from sciml_bench.core.types import Features


class _JointCovariance(torch.autograd.Function):
    """C = zᵀ(wz)/n of the centred z, with dL/dz = wz (G + Gᵀ)/n for an upstream gradient G."""

    @staticmethod
    def forward(ctx: Any, f: Tensor, g: Tensor, center: bool, weights: Tensor | None) -> Tensor:
        n_samples = float(len(f)) if weights is None else float(weights.sum(dtype=torch.float64))
        column = None if weights is None else weights.double()[:, None]
        # Always a fresh tensor, so that it may be centred in place; float32 sums would lose half of the digits.
        z = torch.cat([f, g], dim=1, out=torch.empty(len(f), 2 * f.shape[1], dtype=torch.float64, device=f.device))
        if world_size() > 1:
            n_samples = float(summed_over_processes(z.new_tensor(n_samples)))
        if center:
            z -= summed_over_processes((z if column is None else z * column).sum(dim=0)) / n_samples
        weighted = z if column is None else z * column
        ctx.save_for_backward(weighted)
        ctx.n_samples, ctx.dtypes = n_samples, (f.dtype, g.dtype)
        return summed_over_processes(z.T @ weighted) / n_samples

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor, None, None]:
        (weighted,) = ctx.saved_tensors
        total = summed_over_processes(upstream[0])
        gradient = weighted @ ((total + total.T) / ctx.n_samples)
        f_gradient, g_gradient = gradient.chunk(2, dim=1)
        f_dtype, g_dtype = ctx.dtypes
        return f_gradient.to(f_dtype), g_gradient.to(g_dtype), None, None


def joint_covariance(
    f: Features, g: Features, center: bool = True, weights: Float[Tensor, " batch"] | None = None
) -> Float[Tensor, "both_modes both_modes"]:
    """[[C_f, C_fg], [C_gf, C_g]] over the batch (and over all processes) in float64, differentiable once.

    Args:
        f: features of the present, (batch, modes).
        g: features of the future, (batch, modes).
        center: subtract the means.
        weights: importance of the samples, not negative; only their ratios matter.

    Raises:
        DataError: fewer than two samples.
    """
    if len(f) < 2 and world_size() == 1:
        raise DataError(f"second moments of a batch of {len(f)}: at least 2 samples are needed, raise `batch_size`")
    return _JointCovariance.apply(f, g, center, weights)  # pyright: ignore[reportReturnType]


def orthonormality_penalty(f: Features, weights: Float[Tensor, " batch"] | None = None) -> Float[Tensor, ""]:
    """‖M − I‖² + 2‖mean f‖² with M = fᵀf/n: zero for centred functions that are orthonormal over the batch."""
    weighted, n_samples = f, float(len(f))
    if weights is not None:
        weighted, n_samples = f * weights[:, None], float(weights.sum())
    sums = torch.cat([f.T @ weighted, weighted.sum(dim=0, keepdim=True)])
    moments: Any = SumOverProcesses.apply(sums) / added_over_processes([n_samples], f.device)[0]
    metric, mean = moments[:-1], moments[-1]
    identity = torch.eye(len(metric), dtype=f.dtype, device=f.device)
    return (metric - identity).square().sum() + 2 * mean.square().sum()
