"""The density of all eigenvalues of a Hessian, by stochastic Lanczos quadrature.

For a random vector v, vᵀf(H)v is an integral of f over the spectrum; m Lanczos steps from v turn it into a Gauss
quadrature whose nodes are the eigenvalues of the tridiagonal matrix and whose weights are the squared first components
of its eigenvectors (Golub and Welsch 1969; Ghorbani, Krishnan and Xiao, An investigation into neural net optimization
via Hessian eigenvalue density, ICML 2019). Each node is then widened to a Gaussian.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh_tridiagonal
from scipy.sparse.linalg import LinearOperator
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node.landscape.hessian import HessianVectorProduct, random_signs

_MARGIN = 5.0
"""Widths beyond the outermost nodes; what lies further out is below 1e-6 of the density."""


@dataclass(frozen=True)
class SpectralDensity:
    """How the eigenvalues of a matrix are spread, as a share per unit of eigenvalue.

    Args:
        eigenvalues: an even grid.
        density: at the grid; integrates to 1.
        nodes: of the quadrature, increasing.
        weights: shares of the eigenvalues near each node; they sum to 1.
        width: standard deviation of the Gaussian around each node.
    """

    eigenvalues: Float[np.ndarray, " grid"]
    density: Float[np.ndarray, " grid"]
    nodes: Float[np.ndarray, " nodes"]
    weights: Float[np.ndarray, " nodes"]
    width: float

    @property
    def mean(self) -> float:
        """Mean eigenvalue, an estimate of the trace divided by the number of parameters."""
        return float(self.weights @ self.nodes)


def hessian_spectral_density(
    loss: Callable[[], Tensor],
    parameters: Sequence[Tensor],
    *,
    n_samples: int = 10,
    n_lanczos_steps: int = 80,
    width: float | int | None = None,
    n_grid: int = 1000,
    seed: int = 0,
) -> SpectralDensity:
    """The eigenvalue density of the Hessian, from `n_samples` × `n_lanczos_steps` products with it.

    Args:
        loss: the scalar loss at the present values of the parameters, not random.
        parameters: what the loss is differentiated by.
        n_samples: number of random start vectors.
        n_lanczos_steps: nodes per start vector, at most the number of parameters.
        width: standard deviation of the Gaussian around each node, in units of the eigenvalues; a hundredth of the
            spectrum's extent where None.
        n_grid: number of grid points.
        seed: of the start vectors.

    Raises:
        ConfigurationError: a count below 1, a width that is not positive or finer than the grid, or a loss as in
            `HessianVectorProduct`.
    """
    if min(n_samples, n_lanczos_steps) < 1:
        raise ConfigurationError(
            f"n_samples={n_samples}, n_lanczos_steps={n_lanczos_steps}: give at least 1 of each; 10 and 80 are usual"
        )
    if width is not None and not 0 < width < np.inf:
        raise ConfigurationError(f"width={width}: give a number greater than 0, or none for a default")
    hessian, rng = HessianVectorProduct(loss, parameters), np.random.default_rng(seed)
    starts = [random_signs(hessian.shape[0], rng) for _ in range(n_samples)]
    rules = [lanczos_quadrature(hessian, start, n_lanczos_steps) for start in starts]
    nodes, weights = (np.concatenate(parts) for parts in zip(*rules, strict=True))
    order = np.argsort(nodes)
    nodes, weights = nodes[order], weights[order] / n_samples
    extent = nodes[-1] - nodes[0]
    if width is None:
        # A multiple of the identity has no extent of its own.
        width = 0.01 * float(extent if extent > 1e-9 * np.abs(nodes).max() else np.abs(nodes).max() or 1.0)
    if n_grid < 2 or (extent + 2 * _MARGIN * width) / (n_grid - 1) > width:
        enough = int(np.ceil(extent / width + 2 * _MARGIN)) + 1
        raise ConfigurationError(
            f"n_grid={n_grid}, width={width:g}: the grid is too coarse to show Gaussians of this width; take at least "
            f"{enough} points or a larger width"
        )
    grid = np.linspace(nodes[0] - _MARGIN * width, nodes[-1] + _MARGIN * width, n_grid)
    width = float(width)
    gaussians = np.exp(-(((grid[:, None] - nodes) / width) ** 2) / 2)
    return SpectralDensity(grid, gaussians @ weights / (width * np.sqrt(2 * np.pi)), nodes, weights, width)


def lanczos_quadrature(
    operator: LinearOperator, start: Float[np.ndarray, " size"], n_steps: int
) -> tuple[Float[np.ndarray, " nodes"], Float[np.ndarray, " nodes"]]:
    """Gauss quadrature of the spectral measure of `start`: nodes, increasing, and weights that sum to 1.

    Every new direction is made orthogonal to all before: without it, copies of the outer eigenvalues appear and take
    weight from the rest. The rule is shorter than `n_steps`, and exact, where the directions are exhausted.
    """
    basis = np.empty((min(n_steps, len(start)), len(start)))
    basis[0] = start / np.linalg.norm(start)
    diagonal: list[float] = []
    off_diagonal: list[float] = []
    for step in range(len(basis)):
        direction = operator.matvec(basis[step])
        diagonal.append(float(basis[step] @ direction))
        scale = np.linalg.norm(direction)
        for _ in range(2):  # twice is enough: Parlett, The symmetric eigenvalue problem, section 6.9
            direction = direction - basis[: step + 1].T @ (basis[: step + 1] @ direction)
        length = float(np.linalg.norm(direction))
        if step + 1 == len(basis) or length <= 1e-10 * max(scale, np.max(np.abs(diagonal))):
            break
        off_diagonal.append(length)
        basis[step + 1] = direction / length
    nodes, vectors = eigh_tridiagonal(np.array(diagonal), np.array(off_diagonal))
    return nodes, vectors[0] ** 2
