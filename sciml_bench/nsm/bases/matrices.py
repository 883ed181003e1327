"""Matrices and other constants from NumPy, applied to tensors of any type and device."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import DataError

Matrix = Float[np.ndarray, "rows columns"]


def apply(matrix: Tensor, tensor: Tensor, axis: int) -> Tensor:
    """Apply a matrix along one axis of a tensor.

    Args:
        matrix: (rows, columns).
        tensor: with `columns` entries along `axis`.
        axis: of the tensor.
    """
    axis %= tensor.ndim
    before, after = tensor.shape[:axis], tensor.shape[axis + 1 :]
    if not after:
        return tensor @ matrix.T
    # one matrix product for all that lies behind the axis, without a copy
    flat = tensor.flatten(axis + 1)
    return (matrix @ flat).reshape(*before, matrix.shape[0], *after)


def require_points(points: np.ndarray) -> Float[np.ndarray, " points"]:
    """Positions in float64.

    Args:
        points: one per row of an evaluation matrix.

    Raises:
        DataError: they are no list, or not finite.
    """
    if points.ndim != 1:
        raise DataError(f"points of shape {points.shape}; give a list of positions along one axis")
    if not np.isfinite(points).all():
        raise DataError(f"{np.count_nonzero(~np.isfinite(points))} of {len(points)} points are not finite")
    return points.astype(np.float64)


def as_tensor(array: np.ndarray, like: Tensor) -> Tensor:
    """A NumPy array in the type and on the device of a tensor."""
    return torch.from_numpy(np.ascontiguousarray(array)).to(dtype=like.dtype, device=like.device)


class Constant:
    """An array of numbers that follows the type and the device of the tensors which it meets.

    A buffer would keep the precision of the type in which its module was built.

    Args:
        array: in float64.
    """

    def __init__(self, array: np.ndarray) -> None:
        self._array = array
        self._tensors: dict[tuple[torch.dtype, torch.device], Tensor] = {}

    def like(self, tensor: Tensor) -> Tensor:
        """In the type and on the device of a tensor."""
        key = tensor.dtype, tensor.device
        if key not in self._tensors:
            # an evaluation in inference mode must not leave a tensor behind that training cannot use
            with torch.inference_mode(False):
                self._tensors[key] = as_tensor(self._array, tensor)
        return self._tensors[key]
