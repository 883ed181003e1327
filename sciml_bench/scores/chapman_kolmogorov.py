"""The Chapman–Kolmogorov test: a Markov model at lag τ must predict what is estimated at lag nτ, K(τ)ⁿ = K(nτ)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.scores.lagged_blocks import Bands, FeatureTrajectories, block_moments, bootstrapped, one_lag_operator


def chapman_kolmogorov_test(
    feature_trajectories: FeatureTrajectories,
    lag: int,
    multiples: Sequence[int],
    *,
    n_bootstrap: int = 100,
    confidence: float = 0.95,
    block_length: int | None = None,
    seed: int = 0,
    weights: Sequence[np.ndarray] | None = None,
) -> tuple[Bands, Bands]:
    """Compare K(lag)ⁿ with K(n·lag), the least-squares operators on the features, for several n.

    Args:
        feature_trajectories: indicators of states, or any features, along trajectories, (time, modes) each.
        lag: τ, in steps.
        multiples: n, from 1.
        n_bootstrap: number of bootstrap samples.
        confidence: share of the samples inside a band.
        block_length: steps of a resampled block; by default whole trajectories, or about twenty blocks of fewer.
        seed: of the bootstrap.
        weights: as in `block_moments`.

    Returns:
        K(lag)ⁿ, predicted, and K(n·lag), estimated, both (multiples, modes, modes). With indicators of states as
        features, entry (i, j) is the probability of being in j, n lags after i.

    Raises:
        ConfigurationError: no multiples, or an option out of its range.
        DataError: no trajectory is longer than the longest lag, or there is only one block.
    """
    if len(multiples) == 0 or min(multiples) < 1:
        raise ConfigurationError(f"multiples={list(multiples)}: give at least one, each 1 or larger")

    lags = [lag, *(lag * n for n in multiples)]
    moments = dict(zip(lags, block_moments(feature_trajectories, lags, block_length, weights=weights), strict=True))

    def operators(at_lag: int) -> tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."]]:
        return bootstrapped(moments[at_lag], one_lag_operator, n_bootstrap, seed)

    base, base_samples = operators(lag)
    predicted = [(np.linalg.matrix_power(base, n), np.linalg.matrix_power(base_samples, n)) for n in multiples]
    return Bands.of(predicted, confidence), Bands.of([operators(lag * n) for n in multiples], confidence)


def largest_violation(predicted: Bands, estimated: Bands) -> float:
    """The largest gap between the bands of a Chapman–Kolmogorov test; 0 where they overlap everywhere."""
    gap = np.maximum(predicted.lower - estimated.upper, estimated.lower - predicted.upper)
    return float(np.maximum(gap, 0).max())
