"""Second moments of two sets of features in float64, differentiable and summed over the processes of a run.

Everything VAMP and DPNets need is the joint matrix of z = (f, g),

    C = 1/n Σ_b (z_b − z̄)(z_b − z̄)ᵀ = [[C_f, C_fg], [C_gf, C_g]],

computed as one product; its gradient is one product as well.

Every loss here is a function of sums over the batch (second moments, modes × modes), so it is enough to add those over
the processes, at any world size and with uneven batches: each then holds the loss of the union of all batches.
Gradients follow the convention of `torch.distributed.nn` and of `DistributedDataParallel`: each process receives the
world size times its share, and the average over processes that DDP takes is the gradient of the union.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch import distributed as process_group

from sciml_bench.core.errors import DataError
from sciml_bench.core.types import Features


def world_size() -> int:
    """Number of processes that share the batch: 1 unless `torch.distributed` is initialised."""
    return process_group.get_world_size() if process_group.is_available() and process_group.is_initialized() else 1


def summed_over_processes(tensor: Tensor) -> Tensor:
    """The sum of `tensor` over all processes, without a gradient; the tensor itself in a single process."""
    if world_size() == 1:
        return tensor
    total = tensor.detach().clone(memory_format=torch.contiguous_format)
    process_group.all_reduce(total)
    return total


class _JointCovariance(torch.autograd.Function):
    """C = zᵀz/n of the centred z, with dL/dz = z (G + Gᵀ)/n for an upstream gradient G."""

    @staticmethod
    def forward(ctx: Any, f: Tensor, g: Tensor, center: bool) -> Tensor:
        n_samples = float(len(f))
        # Always a fresh tensor, so that it may be centred in place; float32 sums would lose half of the digits.
        z = torch.cat([f, g], dim=1, out=torch.empty(len(f), 2 * f.shape[1], dtype=torch.float64, device=f.device))
        if world_size() > 1:
            n_samples = float(summed_over_processes(z.new_tensor(n_samples)))
        if center:
            z -= summed_over_processes(z.sum(dim=0)) / n_samples
        ctx.save_for_backward(z)
        ctx.n_samples, ctx.dtypes = n_samples, (f.dtype, g.dtype)
        return summed_over_processes(z.T @ z) / n_samples

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        (z,) = ctx.saved_tensors
        total = summed_over_processes(upstream[0])
        gradient = z @ ((total + total.T) / ctx.n_samples)
        f_gradient, g_gradient = gradient.chunk(2, dim=1)
        f_dtype, g_dtype = ctx.dtypes
        return f_gradient.to(f_dtype), g_gradient.to(g_dtype), None


def joint_covariance(f: Features, g: Features, center: bool = True) -> Float[Tensor, "both_modes both_modes"]:
    """[[C_f, C_fg], [C_gf, C_g]] over the batch (and over all processes) in float64, differentiable once.

    Raises:
        DataError: fewer than two samples.
    """
    if len(f) < 2 and world_size() == 1:
        raise DataError(f"second moments of a batch of {len(f)}: at least 2 samples are needed, raise `batch_size`")
    return _JointCovariance.apply(f, g, center)  # pyright: ignore[reportReturnType]


def orthonormality_penalty(f: Features) -> Float[Tensor, ""]:
    """‖M − I‖² + 2‖mean f‖² with M = fᵀf/n: zero for centred functions that are orthonormal over the batch."""
    n_samples = len(f)
    moments = torch.cat([f.T @ f, f.sum(dim=0, keepdim=True)]) / n_samples
    if world_size() > 1:
        moments = SumOverProcesses.apply(moments * n_samples) / summed_over_processes(f.new_tensor(float(n_samples)))
    metric, mean = moments[:-1], moments[-1]
    identity = torch.eye(len(metric), dtype=f.dtype, device=f.device)
    return (metric - identity).square().sum() + 2 * mean.square().sum()


class SumOverProcesses(torch.autograd.Function):
    """The differentiable form of `summed_over_processes`."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor) -> Tensor:
        """The sum."""
        return summed_over_processes(tensor)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *upstream: Tensor) -> Tensor:
        """The sum of what all processes want."""
        return summed_over_processes(upstream[0])
