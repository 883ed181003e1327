"""The Chapman–Kolmogorov test: a Markov model at lag τ must predict what is estimated at lag nτ, K(τ)ⁿ = K(nτ)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.scores.lagged_blocks import (
    FeatureTrajectories,
    block_moments,
    bootstrapped,
    one_lag_operator,
    percentile_band,
)


@dataclass(frozen=True)
class ChapmanKolmogorovResult:
    """Operators predicted from one lag against those estimated at its multiples.

    With indicators of states as features, entry (i, j) is the probability of being in j, `multiple` lags after i.

    Args:
        lag: τ, in steps.
        multiples: n.
        predicted: K(τ)ⁿ, (multiples, modes, modes).
        predicted_lower: lower end of its bootstrap band.
        predicted_upper: upper end of its bootstrap band.
        estimated: K(nτ).
        estimated_lower: lower end of its bootstrap band.
        estimated_upper: upper end of its bootstrap band.
        confidence: share of the bootstrap samples inside a band.
    """

    lag: int
    multiples: Int[np.ndarray, " multiples"]
    predicted: Float[np.ndarray, "multiples modes modes"]
    predicted_lower: Float[np.ndarray, "multiples modes modes"]
    predicted_upper: Float[np.ndarray, "multiples modes modes"]
    estimated: Float[np.ndarray, "multiples modes modes"]
    estimated_lower: Float[np.ndarray, "multiples modes modes"]
    estimated_upper: Float[np.ndarray, "multiples modes modes"]
    confidence: float

    @property
    def largest_violation(self) -> float:
        """The largest gap between the two bands; 0 where they overlap everywhere."""
        gap = np.maximum(self.predicted_lower - self.estimated_upper, self.estimated_lower - self.predicted_upper)
        return float(np.maximum(gap, 0).max())


def chapman_kolmogorov_test(
    feature_trajectories: FeatureTrajectories,
    lag: int,
    multiples: Sequence[int],
    *,
    n_bootstrap: int = 100,
    confidence: float = 0.95,
    block_length: int | None = None,
    seed: int = 0,
) -> ChapmanKolmogorovResult:
    """Compare K(lag)ⁿ with K(n·lag), the least-squares operators on the features, for several n.

    Args:
        feature_trajectories: indicators of states, or any features, along trajectories, (time, modes) each.
        lag: τ, in steps.
        multiples: n, from 1.
        n_bootstrap: number of bootstrap samples.
        confidence: share of the samples inside a band.
        block_length: steps of a resampled block; whole trajectories where None, or twenty blocks of a single one.
        seed: of the bootstrap.

    Raises:
        ConfigurationError: no multiples, or an option out of its range.
        DataError: no trajectory is longer than the longest lag, or there is only one block.
    """
    if len(multiples) == 0 or min(multiples) < 1:
        raise ConfigurationError(f"multiples={list(multiples)}: give at least one, each 1 or larger")

    def operators(at_lag: int) -> tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."]]:
        moments = block_moments(feature_trajectories, at_lag, block_length)
        return bootstrapped(moments, one_lag_operator, n_bootstrap, seed)

    base, base_samples = operators(lag)
    columns: dict[str, list[np.ndarray]] = {}
    for multiple in multiples:
        predicted = np.linalg.matrix_power(base, multiple), np.linalg.matrix_power(base_samples, multiple)
        for name, (value, samples) in {"predicted": predicted, "estimated": operators(lag * multiple)}.items():
            lower, upper = percentile_band(samples, confidence)
            for suffix, array in {"": value, "_lower": lower, "_upper": upper}.items():
                columns.setdefault(name + suffix, []).append(array)
    stacked = {name: np.stack(arrays) for name, arrays in columns.items()}
    return ChapmanKolmogorovResult(lag=lag, multiples=np.asarray(multiples), confidence=confidence, **stacked)
