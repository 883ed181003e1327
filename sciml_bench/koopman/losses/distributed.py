"""Sums over the processes of a distributed run, exact at any world size and with uneven batches.

Every loss here is a function of sums over the batch (second moments, modes × modes), so it is enough to add those over
the processes: each then holds the loss of the union of all batches. Gradients follow the convention of
`torch.distributed.nn` and of `DistributedDataParallel`: each process receives the world size times its share, and the
average over processes that DDP takes is the gradient of the union.
"""

import torch
from torch import Tensor
from torch import distributed as process_group


def world_size() -> int:
    """Number of processes that share the batch: 1 unless `torch.distributed` is initialised."""
    if process_group.is_available() and process_group.is_initialized():
        return process_group.get_world_size()
    return 1


def summed_over_processes(tensor: Tensor) -> Tensor:
    """The sum of `tensor` over all processes, without a gradient; the tensor itself in a single process."""
    if world_size() == 1:
        return tensor
    total = tensor.detach().clone(memory_format=torch.contiguous_format)
    process_group.all_reduce(total)
    return total
