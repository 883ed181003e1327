"""Dynamical modes: what an eigenvalue means in time, and what its eigenfunction does to the observable."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float


@dataclass(frozen=True)
class DynamicalModes:
    """The operator's eigenvalues as oscillations and decays of an observable, the slowest first.

    With right eigenfunctions r_i, E[y(x_t) | x_0] = Σ_i λ_i^{t−1} r_i(x_0) modes_i for t = 1, 2, … steps.

    Args:
        eigenvalues: λ, per step.
        frequencies: arg λ / 2π per time, signed; oscillations per unit of time.
        decay_times: −time step / ln |λ|, in units of time; infinite for |λ| ≥ 1.
        modes: share of each eigenfunction in the observable one step ahead.
    """

    eigenvalues: Complex[np.ndarray, " r"]
    frequencies: Float[np.ndarray, " r"]
    decay_times: Float[np.ndarray, " r"]
    modes: Complex[np.ndarray, "r dim_out"]
