"""Norms of a residual series: linear maps after which the loss is a sum of squares.

`l2` is ∫ r² exactly, through the Gram matrix. `raw` is the sum of squared coefficients, which is the same only in an
orthonormal basis. `chebyshev` weights the ends of an axis by 1/√(x(1 − x)), in which Chebyshev polynomials are
orthogonal. `hminus1` is the dual norm of H¹ in space, ∫ r (1 − Δ)⁻¹ r (on a bounded axis with zero at its ends).
`preconditioned` is the L² norm of L⁻¹ r with the linear part L of the equation and zero conditions: to first order the
error of the solution itself, instead of that error after two derivatives, which count its short waves most.

Sources: Boyd, Chebyshev and Fourier Spectral Methods (2001), section 3; Canuto et al., Spectral Methods (2006),
section 7; for Poisson's equation `preconditioned` is the norm of H⁻².
"""

import numpy as np
import scipy.linalg
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_choice
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Basis, Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.bases.matrices import Constant, apply
from sciml_bench.nsm.equations.equation import Equation
from sciml_bench.nsm.sampled_functions import laplacian_symbol

NORMS = ("l2", "hminus1", "preconditioned", "chebyshev", "raw")


class ResidualNorm(nn.Module):
    """The square of a norm, per sample.

    Args:
        name: one of `NORMS`.
        equation: whose residual.
        basis: of the residual.

    Raises:
        ConfigurationError: an unknown norm, or one that the basis does not have.
    """

    def __init__(self, name: str, equation: Equation, basis: TensorProduct) -> None:
        super().__init__()
        self.name, self.n_axes = require_choice("training.norm", name, NORMS), basis.n_axes
        self._per_axis: list[tuple[int, Constant]] = []
        self._along_time: Constant | None = None  # a matrix for every wave, in the order of the flattened space axes
        self._weights: Constant | None = None  # they broadcast over the transformed coefficients
        if name == "l2":
            self._per_axis = [
                (axis, Constant(gram_root(one))) for axis, one in enumerate(basis.bases) if not one.periodic
            ]
        elif name == "hminus1":
            self._weights = Constant(1 / np.sqrt(1 + self._map_to_eigenfunctions(equation, basis)))
        elif name == "preconditioned":
            self._invert_linear_part(equation, basis)
        elif name == "chebyshev":
            self._weigh_ends(equation, basis)

    def forward(self, coefficients: Float[Tensor, "batch *modes"]) -> Float[Tensor, " batch"]:
        """The squared norm.

        Args:
            coefficients: of the residual.
        """
        transformed = coefficients
        for axis, matrix in self._per_axis:
            transformed = apply(matrix.like(transformed), transformed, axis - self.n_axes)
        if self._along_time is not None:  # one matrix along time for every wave
            transformed = torch.einsum("kij,bjk->bik", self._along_time.like(transformed), transformed.flatten(2))
        if self._weights is not None:
            transformed = transformed * self._weights.like(transformed)
        return transformed.flatten(1).square().sum(dim=1)

    def _weigh_ends(self, equation: Equation, basis: TensorProduct) -> None:
        bounded = [(axis, one) for axis, one in enumerate(basis.bases) if isinstance(one, Chebyshev)]
        if not bounded:
            raise ConfigurationError(
                f"training.norm=chebyshev: {equation.name} has periodic axes only, whose basis has no such weight; "
                "use l2, which is exact there"
            )
        self._per_axis = [(axis, Constant(np.diag(np.sqrt(one.chebyshev_weights)))) for axis, one in bounded]

    def _invert_linear_part(self, equation: Equation, basis: TensorProduct) -> None:
        part = equation.linear_part
        if not part.rate:
            symbol = part.diffusion * self._map_to_eigenfunctions(equation, basis) + part.decay
            self._weights = Constant(1 / np.where(symbol != 0, symbol, np.inf))
            return
        if any(equation.axes[index].kind != "periodic" for index in equation.space_axes):
            raise ConfigurationError(
                f"training.norm=preconditioned: {equation.name} has time and a bounded axis, whose inverse is not "
                "there; use l2 or hminus1"
            )
        symbol = part.diffusion * laplacian_symbol(basis, equation.space_axes) + part.decay
        n_times = basis.n_modes[0]
        root = gram_root(Chebyshev(n_times + 1))
        distinct, inverse = np.unique(symbol.ravel(), return_inverse=True)
        matrices = np.stack([root @ propagated_source(n_times, part.rate, decay) for decay in distinct])
        self._along_time = Constant(matrices[inverse])

    def _map_to_eigenfunctions(self, equation: Equation, basis: TensorProduct) -> Float[np.ndarray, "*functions"]:
        """Map every axis to functions that are orthonormal in L², in space eigenfunctions of −Δ; the eigenvalues."""
        total = np.zeros(())
        for axis, one in enumerate(basis.bases):
            if equation.axes[axis].kind == "bounded":
                projection, eigenvalues = dirichlet_modes(one)
                self._per_axis.append((axis, Constant(projection)))
            elif isinstance(one, Fourier):
                eigenvalues = (2 * np.pi * one.frequencies) ** 2
            else:
                self._per_axis.append((axis, Constant(gram_root(one))))
                eigenvalues = np.zeros(one.n_modes)
            total = np.add.outer(total, eigenvalues)
        return total


def gram_root(basis: Basis) -> Float[np.ndarray, "modes modes"]:
    """R with RᵀR = G, so that |R c|² is ∫ of the squared series."""
    return scipy.linalg.cholesky(basis.gram_matrix)


def dirichlet_modes(basis: Basis) -> tuple[Float[np.ndarray, "functions modes"], Float[np.ndarray, " functions"]]:
    """Projections of a series on the eigenfunctions of −d²/dx² that vanish at both ends, and their eigenvalues.

    The functions are the Ritz approximations in the span of the basis, orthonormal in L².
    """
    n = basis.n_modes
    vanishing = np.zeros((n, n - 2))  # T_{k+2} − T_0 or − T_1: zero at both ends
    for k in range(n - 2):
        vanishing[k + 2, k], vanishing[k % 2, k] = 1.0, -1.0
    slope = basis.derivative_matrix @ vanishing
    stiffness = slope.T @ basis.gram_matrix @ slope
    mass = vanishing.T @ basis.gram_matrix @ vanishing
    eigenvalues, vectors = scipy.linalg.eigh(stiffness, mass)
    return (vanishing @ vectors).T @ basis.gram_matrix, eigenvalues


def propagated_source(n_modes: int, rate: float, decay: float) -> Float[np.ndarray, "more modes"]:
    """From the coefficients of r(t) to those of e(t) with rate · e' + decay · e = r and e(0) = 0.

    Solved in its integral form with one mode more than r, which keeps the matrix well conditioned.
    """
    wide = Chebyshev(n_modes + 1)
    integral = wide.integral_matrix[: n_modes + 1] / rate
    source = Chebyshev(n_modes).integral_matrix / rate
    return np.linalg.solve(np.eye(n_modes + 1) + decay * integral, source)
