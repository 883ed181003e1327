"""The Hessian of a loss in the parameters of a model, never formed: products, leading eigenpairs and trace.

H v = ∇(∇L · v) by differentiating twice (Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 6,
1994); eigenpairs by implicitly restarted Lanczos (ARPACK through SciPy); the trace by Hutchinson's E[vᵀHv] over random
signs v. Ko et al. (arXiv 2210.01407, section 3) read the difficulty of training from the largest eigenvalues.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy.sparse.linalg import ArpackError, ArpackNoConvergence, LinearOperator, eigsh
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, SolverError

_DENSE_BELOW = 20
"""With so few parameters ARPACK's smallest Krylov space is already everything."""


class HessianVectorProduct(LinearOperator):
    """The Hessian as a symmetric linear operator of SciPy: `operator @ vector`.

    The loss is evaluated and differentiated once; its graph is kept, so that a product costs one backward pass through
    the gradient and the loss must not be random. Vectors are float64 and ordered as in
    `torch.nn.utils.parameters_to_vector`; the products are as precise as the parameters, so a float32 model gives
    about six digits.

    Args:
        loss: the scalar loss at the present values of the parameters.
        parameters: what the loss is differentiated by.

    Raises:
        ConfigurationError: there are no parameters, the loss is not a finite scalar, does not depend on them or cannot
            be differentiated twice.
    """

    def __init__(self, loss: Callable[[], Tensor], parameters: Sequence[Tensor]) -> None:
        """Evaluate the loss and its gradient."""
        self._parameters = tuple(parameters)
        given, useful = len(self._parameters), sum(parameter.requires_grad for parameter in self._parameters)
        if not given or useful < given:
            raise ConfigurationError(
                f"parameters: {given} tensors, of which {useful} require a gradient: give at least one, and only such "
                "as do"
            )
        self._gradient = _gradient(loss(), self._parameters)
        super().__init__(dtype=np.dtype(np.float64), shape=(len(self._gradient), len(self._gradient)))

    def _matvec(self, x: Float[np.ndarray, "*parameters"]) -> Float[np.ndarray, " parameters"]:
        vector = torch.as_tensor(x.reshape(-1), dtype=self._gradient.dtype, device=self._gradient.device)
        try:
            products = torch.autograd.grad(
                self._gradient, self._parameters, vector, retain_graph=True, materialize_grads=True
            )
        except RuntimeError as error:
            raise _not_twice_differentiable(str(error)) from error
        product = torch.cat([part.reshape(-1) for part in products]).to("cpu", torch.float64).numpy()
        if not np.isfinite(product).all():
            raise SolverError(
                "Hessian: a product with it is not finite; the loss is too steep at these parameters for their "
                "precision: take float64, or parameters from an earlier epoch"
            )
        return product

    def _adjoint(self) -> "HessianVectorProduct":
        return self


@dataclass(frozen=True)
class EigenPairs:
    """Leading eigenvalues and eigenvectors of a Hessian.

    Args:
        eigenvalues: algebraically largest, descending.
        eigenvectors: of norm 1, one per row, ordered as in `torch.nn.utils.parameters_to_vector`; the entry of largest
            modulus is positive.
    """

    eigenvalues: Float[np.ndarray, " pairs"]
    eigenvectors: Float[np.ndarray, "pairs parameters"]


@dataclass(frozen=True)
class Estimate:
    """A Monte-Carlo mean.

    Args:
        value: the mean over the samples.
        standard_error: its standard deviation over repetitions.
    """

    value: float
    standard_error: float


def hessian_top_eigenpairs(
    loss: Callable[[], Tensor],
    parameters: Sequence[Tensor],
    n_pairs: int = 2,
    *,
    tolerance: float | int = 1e-9,
    seed: int = 0,
) -> EigenPairs:
    """The algebraically largest eigenvalues, so that a strongly negative curvature is never mistaken for a steep one.

    Args:
        loss: the scalar loss at the present values of the parameters, not random.
        parameters: what the loss is differentiated by.
        n_pairs: how many.
        tolerance: relative accuracy of the eigenvalues; 0 is the precision of float64.
        seed: of the start vector.

    Raises:
        ConfigurationError: more pairs than parameters or fewer than 1, or a loss as in `HessianVectorProduct`.
        SolverError: the iteration did not converge.
    """
    hessian = HessianVectorProduct(loss, parameters)
    n_parameters = hessian.shape[0]
    if not 1 <= n_pairs <= n_parameters:
        raise ConfigurationError(f"n_pairs={n_pairs}: choose 1 to {n_parameters}, the number of parameters")
    if n_parameters <= max(_DENSE_BELOW, n_pairs):
        dense = np.stack([hessian.matvec(unit) for unit in np.eye(n_parameters)])
        values, vectors = np.linalg.eigh((dense + dense.T) / 2)
    else:
        start = np.random.default_rng(seed).standard_normal(n_parameters)
        try:
            values, vectors = eigsh(hessian, k=n_pairs, which="LA", v0=start, tol=tolerance)  # pyright: ignore[reportArgumentType]
        except (ArpackError, ArpackNoConvergence) as error:
            raise SolverError(
                f"Hessian: its largest eigenvalues did not converge ({error}); a `tolerance` above {tolerance:g} or "
                "fewer pairs may, and where the loss is flat there are none to find"
            ) from error
    order = np.argsort(values)[::-1][:n_pairs]
    eigenvectors = vectors.T[order]
    leading = eigenvectors[np.arange(n_pairs), np.abs(eigenvectors).argmax(axis=1)]
    return EigenPairs(values[order], eigenvectors * np.sign(leading)[:, None])


def hessian_trace(
    loss: Callable[[], Tensor], parameters: Sequence[Tensor], n_samples: int = 100, *, seed: int = 0
) -> Estimate:
    """The sum of all eigenvalues, as the mean of vᵀHv over random signs v (variance 2 Σ_{i≠j} H_ij² per sample).

    Args:
        loss: the scalar loss at the present values of the parameters, not random.
        parameters: what the loss is differentiated by.
        n_samples: number of products with the Hessian.
        seed: of the random signs.

    Raises:
        ConfigurationError: fewer than two samples, or a loss as in `HessianVectorProduct`.
    """
    if n_samples < 2:
        raise ConfigurationError(f"n_samples={n_samples}: a standard error needs at least 2; 100 is usual")
    hessian, rng = HessianVectorProduct(loss, parameters), np.random.default_rng(seed)
    signs = (random_signs(hessian.shape[0], rng) for _ in range(n_samples))
    samples = np.array([vector @ hessian.matvec(vector) for vector in signs])
    return Estimate(float(samples.mean()), float(samples.std(ddof=1) / np.sqrt(n_samples)))


def random_signs(size: int, rng: np.random.Generator) -> Float[np.ndarray, " size"]:
    """A Rademacher vector: of all laws with unit covariance the one with the least variance of vᵀHv."""
    return rng.choice([-1.0, 1.0], size)


def _gradient(value: Tensor, parameters: tuple[Tensor, ...]) -> Float[Tensor, " parameters"]:
    """The gradient with its own graph."""
    if value.numel() != 1 or not bool(torch.isfinite(value).all()):
        raise ConfigurationError(f"loss = {value.detach().tolist()}: a Hessian needs one finite number")
    independent = "loss: it does not depend on any of the parameters; was it computed without gradient, or from copies?"
    if not value.requires_grad:
        raise ConfigurationError(independent)
    once_only: list[str] = []
    watches = [node.register_hook(_watch(node, once_only)) for node in _custom_functions(value)]
    try:
        parts = torch.autograd.grad(value.reshape(()), parameters, create_graph=True, allow_unused=True)
    except RuntimeError as error:
        raise _not_twice_differentiable(str(error)) from error
    finally:
        for watch in watches:
            watch.remove()
    if once_only:
        raise _not_twice_differentiable(f"{once_only[0]} can be differentiated once only")
    if all(part is None for part in parts):
        raise ConfigurationError(independent)
    pairs = zip(parameters, parts, strict=True)
    flat = torch.cat([(torch.zeros_like(own) if part is None else part).reshape(-1) for own, part in pairs])
    if not flat.requires_grad:
        raise _not_twice_differentiable("its gradient does not depend on the parameters")
    return flat


def _custom_functions(value: Tensor) -> Iterator[Any]:
    """The steps of a computation whose derivative somebody wrote by hand: an adjoint method, a compiled kernel."""
    waiting, seen = [value.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        waiting.extend(following for following, _ in node.next_functions)
        if isinstance(node, torch.autograd.function.BackwardCFunction):
            yield node


def _watch(node: Any, once_only: list[str]) -> Callable[[Sequence[Tensor | None], Sequence[Tensor | None]], None]:
    """A hook that notes the name of a step whose derivative is a constant for PyTorch, or marked as one.

    PyTorch takes the second derivative through such a step for zero without a word, also where it is marked
    `once_differentiable`: the mark raises only if it lies on the way to a parameter, and it never does.
    """

    def hook(computed: Sequence[Tensor | None], received: Sequence[Tensor | None]) -> None:
        computed = [gradient for gradient in computed if gradient is not None]
        marked = [gradient.grad_fn is not None and "Error" in gradient.grad_fn.name() for gradient in computed]
        depends = any(gradient is not None and gradient.requires_grad for gradient in received)
        constant = not any(gradient.requires_grad for gradient in computed)
        if computed and (all(marked) or (depends and constant)):
            once_only.append(node.name())

    return hook


def _not_twice_differentiable(reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"loss: it cannot be differentiated twice ({reason}); solve with backpropagation through torch operations "
        "instead of the adjoint method or a compiled kernel"
    )
