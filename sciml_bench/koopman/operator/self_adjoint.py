"""Operators of reversible processes: self-adjoint under the stationary law, so that their spectrum is real.

With second moments M of both ends of a pair, W that whitens them and the correlation T of the two directions of time,

    W^T T W = V diag(λ) V^T

gives the eigenvalues over one lag and eigenfunctions ψ = φ W V that are orthonormal (Noé and Nüske, Multiscale
Modeling and Simulation 11, 2013; Wu et al., J. Chem. Phys. 146, 154104, 2017). The generator L has the same functions:
with the Dirichlet form E = E[∇φ a ∇φᵀ] = −⟨φ, L φ⟩, a half the covariance of the noise per time, W^T E W has the
rates −L of the functions, so that no pair of states is needed and no lag has to be short enough or long enough
(Klus et al., Physica D 406, 2020). Over a lag τ a function of the rate r decays to exp(−r τ).
"""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.koopman.operator.moments import LaggedMoments
from sciml_bench.koopman.operator.solution import LinearPropagator, OperatorSolution
from sciml_bench.scores.whitening import whitening

REVERSIBLE, GENERATOR = SELF_ADJOINT = ("reversible", "generator")


def require_self_adjoint_allowed(method: str, has_lagged_encoder: bool, has_energy: bool) -> None:
    """Stop at a self-adjoint estimate of what is not, or of what its Dirichlet form is unknown.

    Args:
        method: of the operator.
        has_lagged_encoder: whether g has features of its own.
        has_energy: whether the Dirichlet form of the features is measured.

    Raises:
        ConfigurationError: it is.
    """
    if method in SELF_ADJOINT and has_lagged_encoder:
        raise ConfigurationError(
            f"method={method} estimates a self-adjoint operator, which has one set of features for both times; set "
            "model.lagged=shared"
        )
    if method == GENERATOR and not has_energy:
        raise ConfigurationError(
            "method=generator needs the Dirichlet form of the features, which training=generator measures; choose "
            "reversible, which needs pairs alone"
        )


def solve_self_adjoint(
    moments: LaggedMoments, method: str, rank: int | None, relative_cutoff: float
) -> OperatorSolution:
    """The leading `rank` eigenpairs of the reversible estimate, or of the generator; all of them where None.

    Args:
        moments: of one encoder; for `generator` with the Dirichlet form per lag.
        method: `reversible` or `generator`.
        rank: eigenpairs to keep.
        relative_cutoff: of the whitening.
    """
    require_self_adjoint_allowed(method, moments.has_lagged_encoder, moments.energy.size > 0)
    metric = (moments.correlation("f", 0, "f", 0) + moments.correlation("f", 1, "f", 1)) / 2
    whiten = whitening(metric, relative_cutoff)
    pairs, gradients = moments.correlation("f", 0, "f", 1), moments.energy / moments.total_weight
    form = gradients if method == GENERATOR else pairs
    values, vectors = np.linalg.eigh(whiten.T @ (form + form.T) @ whiten / 2)
    eigenvalues = np.exp(-values) if method == GENERATOR else values
    order = np.argsort(-np.abs(eigenvalues), kind="stable")[:rank]
    eigenvalues, functions = eigenvalues[order], whiten @ vectors[:, order]
    # a reversible process looks the same in both directions of time
    way = LinearPropagator("f", functions, np.diag(eigenvalues), _decoder(moments, method, functions, eigenvalues))
    return OperatorSolution(
        singular_values=np.abs(eigenvalues),
        left_encoder="f",
        left_map=functions,
        right_encoder="f",
        right_map=functions * np.where(eigenvalues < 0, -1.0, 1.0),
        forward=way,
        forward_metric=np.eye(len(order)),
        backward=way,
        dual_map=functions,
        dual_scale_by_eigenvalue=False,
    )


def _decoder(
    moments: LaggedMoments,
    method: str,
    functions: Float[np.ndarray, "modes r"],
    eigenvalues: Float[np.ndarray, " r"],
) -> Float[np.ndarray, "r dim_out"]:
    """E[ψ(x₀) y(x₁)], of which both directions of time are equally likely."""
    if method == GENERATOR:
        present = (moments.with_observable("f", 0, 0) + moments.with_observable("f", 1, 1)) / 2
        return eigenvalues[:, None] * (functions.T @ present)
    return functions.T @ (moments.with_observable("f", 0, 1) + moments.with_observable("f", 1, 0)) / 2
