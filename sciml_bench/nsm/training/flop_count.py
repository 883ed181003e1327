"""Floating-point operations of a computation, complex products and Fourier transforms included.

torch's counter takes a product of complex numbers for one of real ones and does not know Fourier transforms.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode, flop_registry

_REAL_PRODUCTS_OF_A_COMPLEX_ONE = 4
"""And as many additions: (a + ib)(c + id)."""
_PER_POINT = 5.0
"""Of a complex fast Fourier transform of n points, 5 n log₂ n (Cooley and Tukey's radix 2); of a real one half."""


def count_flops(computation: Callable[[], Any]) -> float:
    """Operations of the matrix products and Fourier transforms of a call.

    Args:
        computation: what is to be counted; gradients inside it count too.
    """
    with FlopCounterMode(display=False, custom_mapping=_FORMULAS) as counter:
        computation()
    return float(counter.get_total_flops())


def _of_product(product: Any) -> Callable[..., int]:
    """torch's own formula of a product of matrices, extended to complex numbers."""

    def count(*operands: Any, **settings: Any) -> int:
        of_complex = any(isinstance(one, Tensor) and one.is_complex() for one in operands)
        return flop_registry[product](*operands, **settings) * (_REAL_PRODUCTS_OF_A_COMPLEX_ONE if of_complex else 1)

    return _told_tensors(count)


def _of_transform(part: float) -> Callable[..., int]:
    """Of a Fourier transform over some axes, the given part of a complex one."""

    def count(values: Tensor, axes: list[int], *rest: Any, out_val: Any = None, **settings: Any) -> int:
        longer = values if values.numel() > out_val.numel() else out_val
        n_points = math.prod(longer.shape[axis] for axis in axes)
        return round(part * _PER_POINT * longer.numel() * math.log2(max(2, n_points)))

    return _told_tensors(count)


def _told_tensors(count: Callable[..., int]) -> Callable[..., int]:
    """Mark a formula as one that wants the tensors themselves, of which torch gives only the shapes otherwise."""
    count._get_raw = True  # pyright: ignore[reportFunctionMemberAccess]
    return count


_aten = torch.ops.aten
_FORMULAS: dict[Any, Any] = {
    **{product: _of_product(product) for product in (_aten.mm, _aten.addmm, _aten.bmm, _aten.baddbmm)},
    _aten._fft_r2c: _of_transform(0.5),
    _aten._fft_c2r: _of_transform(0.5),
    _aten._fft_c2c: _of_transform(1.0),
}
