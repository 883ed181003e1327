"""Sums over the processes of one run, with their gradients.

What is a function of sums over a batch is exact over processes, at any world size and with uneven parts: the sums are
added. Gradients follow the convention of `torch.distributed.nn` and of `DistributedDataParallel`: each process receives
the world size times its share, and the average over processes that DDP takes is the gradient of the union.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch import distributed as process_group


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


def added_over_processes(numbers: Sequence[float | int], device: torch.device | str = "cpu") -> list[float | int]:
    """The sums of plain numbers over all processes, which are joined on a device."""
    if world_size() == 1:
        return list(numbers)
    return summed_over_processes(torch.tensor(numbers, dtype=torch.float64, device=device)).tolist()


def mean_over_processes(mean: Tensor, n_samples: float | int) -> Tensor:
    """The mean over the samples (or their weights) of all processes, differentiable, from that over those of each."""
    if world_size() == 1:
        return mean
    (total,) = added_over_processes([n_samples], mean.device)
    joined: Tensor = SumOverProcesses.apply(mean * n_samples)  # pyright: ignore[reportAssignmentType]
    return joined / total
