"""What every one-dimensional basis on [0, 1] can do: matrices from NumPy, and transforms of tensors along an axis.

A series of n modes is its coefficients, ordered by frequency or degree, so that padding appends zeros and truncation
cuts the end. Everything acts along one axis of a tensor of any shape, in float32 or float64, and is differentiable.
Source: Boyd, Chebyshev and Fourier Spectral Methods (Dover 2001); Du, Chalapathi and Krishnapriyan, Neural Spectral
Methods (ICLR 2024), section 3.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.nsm.bases.matrices import Constant, Matrix, apply, as_tensor

MATMUL_LIMIT = 64
"""Modes up to which a transform by a matrix is quicker than one by FFT, and is chosen by `method=None`."""

METHODS = ("matmul", "fft")
_ALWAYS_MATRICES = ContextVar("always_matrices", default=False)


@contextmanager
def by_matrices() -> Iterator[None]:
    """Within it every transform is a product with a matrix, however many modes there are."""
    before = _ALWAYS_MATRICES.set(True)
    try:
        yield
    finally:
        _ALWAYS_MATRICES.reset(before)


@dataclass(frozen=True)
class Basis(ABC):
    """A basis of `n_modes` functions on [0, 1] and as many nodes.

    Args:
        n_modes: number of functions.

    Raises:
        ConfigurationError: `n_modes` is no whole number of at least 1.
    """

    n_modes: int

    periodic: ClassVar[bool]

    def __post_init__(self) -> None:
        """Check the number of modes."""
        remedy = "give a whole number of at least 1 mode"
        object.__setattr__(self, "n_modes", require_integer(f"{type(self).__name__}: n_modes", self.n_modes, 1, remedy))

    # ---- matrices, in float64 ---------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def nodes(self) -> Float[np.ndarray, " modes"]:
        """Positions at which values determine the coefficients, ascending."""

    @abstractmethod
    def evaluation_matrix(self, points: Float[np.ndarray, " points"]) -> Matrix:
        """Values of the functions (columns) at any points (rows).

        Raises:
            DataError: the points are not finite, no list, or lie where the basis is not defined.
        """

    @property
    @abstractmethod
    def analysis_matrix(self) -> Matrix:
        """From values at the nodes to coefficients."""

    @property
    @abstractmethod
    def derivative_matrix(self) -> Matrix:
        """From the coefficients of a series to those of its derivative."""

    @property
    @abstractmethod
    def gram_matrix(self) -> Matrix:
        """∫ φ_i φ_j dx."""

    @property
    def synthesis_matrix(self) -> Matrix:
        """From coefficients to values at the nodes."""
        return self.evaluation_matrix(self.nodes)

    def resized(self, n_modes: int) -> "Basis":
        """The basis of the same kind with another number of modes."""
        return type(self)(n_modes)

    # ---- transforms of tensors --------------------------------------------------------------------------------------

    def synthesise(self, coefficients: Tensor, axis: int = -1, method: str | None = None) -> Tensor:
        """Values at the nodes.

        Args:
            coefficients: of any shape, with `n_modes` entries along `axis`.
            axis: of the modes.
            method: `matmul`, `fft`, or None for the quicker one.

        Raises:
            DataError: the axis has another number of entries.
            ConfigurationError: an unknown method.
        """
        return self._transformed("synthesis", coefficients, axis, method)

    def analyse(self, values: Tensor, axis: int = -1, method: str | None = None) -> Tensor:
        """Coefficients of the series with the given values at the nodes.

        Args:
            values: of any shape, with `n_modes` entries along `axis`.
            axis: of the nodes.
            method: `matmul`, `fft`, or None for the quicker one.

        Raises:
            DataError: the axis has another number of entries.
            ConfigurationError: an unknown method.
        """
        return self._transformed("analysis", values, axis, method)

    def _transformed(self, name: str, tensor: Tensor, axis: int, method: str | None) -> Tensor:
        self.require(tensor, axis)
        if method is None:
            method = "matmul" if self.n_modes <= MATMUL_LIMIT or _ALWAYS_MATRICES.get() else "fft"
        if method not in METHODS:
            raise ConfigurationError(f"method={method}: choose one of {', '.join(METHODS)}, or None for the quicker")
        # an FFT of no series at all is an error in PyTorch
        if method == "matmul" or not tensor.numel():
            return apply(self.matrix(name, tensor), tensor, axis)
        fast = self._fast_synthesis if name == "synthesis" else self._fast_analysis
        return fast(tensor.movedim(axis, -1)).movedim(-1, axis)

    def differentiate(self, coefficients: Tensor, axis: int = -1, order: int = 1) -> Tensor:
        """Coefficients of a derivative.

        Args:
            coefficients: of any shape, with `n_modes` entries along `axis`.
            axis: of the modes.
            order: of the derivative, at least 0.

        Raises:
            DataError: the axis has another number of entries.
            ConfigurationError: a negative order.
        """
        self.require(coefficients, axis)
        return apply(self.matrix("derivative", coefficients, order), coefficients, axis) if order else coefficients

    def evaluate(self, coefficients: Tensor, points: Float[np.ndarray, " points"], axis: int = -1) -> Tensor:
        """Values of the series at any points; `axis` then counts the points.

        Raises:
            DataError: the axis has another number of entries, or the points are not finite or lie where the basis is
                not defined.
        """
        self.require(coefficients, axis)
        return apply(as_tensor(self.evaluation_matrix(points), coefficients), coefficients, axis)

    def resize(self, coefficients: Tensor, n_modes: int, axis: int = -1) -> Tensor:
        """The series with more modes, the new ones zero, or without its last ones.

        Raises:
            DataError: the axis has another number of entries.
            ConfigurationError: `n_modes` is below 1.
        """
        self.require(coefficients, axis)
        self.resized(n_modes)
        if n_modes <= self.n_modes:
            return coefficients.narrow(axis, 0, n_modes)
        shape = list(coefficients.shape)
        shape[axis] = n_modes - self.n_modes
        return torch.cat([coefficients, coefficients.new_zeros(shape)], dim=axis)

    @abstractmethod
    def _fast_synthesis(self, coefficients: Tensor) -> Tensor: ...

    @abstractmethod
    def _fast_analysis(self, values: Tensor) -> Tensor: ...

    def product_basis(self, n_factors: int = 2) -> "Basis":
        """The basis that holds products of series without aliasing: as many modes as degrees or frequencies add up to.

        Raises:
            ConfigurationError: no factor.
        """
        if n_factors < 1:
            raise ConfigurationError(f"{type(self).__name__}: a product of {n_factors} series: give at least 1")
        return self.resized(self._product_modes(n_factors))

    @abstractmethod
    def _product_modes(self, n_factors: int) -> int: ...

    def matrix(self, name: str, like: Tensor, order: int = 1) -> Tensor:
        """A power of a named matrix, such as `derivative`, in the type and on the device of `like`.

        Raises:
            ConfigurationError: a negative order.
        """
        if order < 0:
            raise ConfigurationError(f"{type(self).__name__}: order={order}: give 0 or more")
        return _power(self, name, order).like(like)

    def require(self, tensor: Tensor, axis: int) -> None:
        """Check that an axis of a tensor holds the modes.

        Raises:
            DataError: it has another number of entries, or they are no real floats.
        """
        if not -tensor.ndim <= axis < tensor.ndim or tensor.shape[axis] != self.n_modes:
            raise DataError(
                f"a tensor of shape {tuple(tensor.shape)} has not {self.n_modes} entries along axis {axis}, as "
                f"{type(self).__name__}({self.n_modes}) needs; use a basis of that size or resize the series"
            )
        if not tensor.dtype.is_floating_point:
            raise DataError(f"{type(self).__name__}: a tensor of {tensor.dtype}; give real floats")


@lru_cache(maxsize=512)
def _power(basis: Basis, name: str, order: int) -> Constant:
    return Constant(np.linalg.matrix_power(getattr(basis, f"{name}_matrix"), order))
