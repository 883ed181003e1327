"""A finite Markov chain that is not in equilibrium, as exact moments of its pairs of states."""

import numpy as np

from sciml_bench.koopman.operator.moments import LaggedMoments

N_STATES = 5
RNG = np.random.default_rng(4)
TRANSITION = RNG.dirichlet(np.full(N_STATES, 0.7), size=N_STATES)
NOW = RNG.dirichlet(np.full(N_STATES, 3.0))
LATER = NOW @ TRANSITION
BACKWARD = (NOW[:, None] * TRANSITION / LATER).T
"""Probability of the state before, given the present one."""
VALUES = RNG.standard_normal((N_STATES, 2))
"""An observable."""


def chain_moments(features: np.ndarray | None = None, lagged: np.ndarray | None = None) -> LaggedMoments:
    """Every pair of states once, weighted by its probability; indicators unless other features are given."""
    features = np.eye(N_STATES) if features is None else features
    i, j = (index.ravel() for index in np.indices(TRANSITION.shape))
    weights = (NOW[:, None] * TRANSITION).ravel()
    g = None if lagged is None else (lagged[i], lagged[j])
    return LaggedMoments.of_pairs((features[i], features[j]), g, (VALUES[i], VALUES[j]), weights)


def singular_values() -> np.ndarray:
    """Of the operator between L² of the future and of the present law."""
    return np.linalg.svd(np.sqrt(NOW)[:, None] * TRANSITION / np.sqrt(LATER), compute_uv=False)
