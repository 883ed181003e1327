"""Batch normalisation by the statistics of all processes, on any device; torch's own needs a GPU."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from sciml_bench.core.processes.sums import SumOverProcesses, added_over_processes, world_size


class _OverProcesses(_BatchNorm):
    def forward(self, input: Tensor) -> Tensor:
        if not self.training or world_size() == 1:
            return super().forward(input)
        axes, shape = [0, *range(2, input.ndim)], (1, -1, *[1] * (input.ndim - 2))
        (count,) = added_over_processes([input.numel() / input.shape[1]], input.device)
        mean = _summed(input.float() if input.dtype.itemsize < 4 else input, axes) / count
        centred = input - mean.view(shape)
        variance = _summed(centred.square(), axes) / count
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            with torch.no_grad():
                self.num_batches_tracked += 1
                weight = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
                self.running_mean.lerp_(mean.to(self.running_mean), weight)
                self.running_var.lerp_((variance * count / (count - 1)).to(self.running_var), weight)
        normalised = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            normalised = normalised * self.weight.view(shape) + self.bias.view(shape)
        return normalised.to(input.dtype)


_JOINED: dict[type[nn.Module], Any] = {
    kind: type(kind.__name__, (_OverProcesses, kind), {}) for kind in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
}


def join_batch_norms(module: nn.Module) -> None:
    """Let every batch normalisation in a module, which is changed, see the batches of all processes in training."""
    for part in module.modules():
        if type(part) in _JOINED:
            part.__class__ = _JOINED[type(part)]


def _summed(values: Tensor, axes: list[int]) -> Tensor:
    return SumOverProcesses.apply(values.sum(axes))  # pyright: ignore[reportReturnType]
