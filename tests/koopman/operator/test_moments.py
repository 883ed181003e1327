"""Moments of pairs against sums written out one pair at a time."""

import numpy as np
import pytest

from sciml_bench.koopman.operator.moments import LaggedMoments

RNG = np.random.default_rng(0)
N = 7
F, G, Y = (tuple(RNG.standard_normal((2, N, size))) for size in (3, 2, 1))
WEIGHTS = RNG.random(N)


def expectation(left, right, weights):
    total = sum(w * np.outer(a, b) for a, b, w in zip(left, right, weights, strict=True))
    return total / weights.sum()


@pytest.mark.parametrize("weights", [None, WEIGHTS])
def test_correlations_are_weighted_means_of_products(weights):
    moments = LaggedMoments.of_pairs(F, G, Y, weights)
    share = np.ones(N) if weights is None else weights
    sides = {"f": F, "g": G}
    for left in sides:
        for at in (0, 1):
            for later in (0, 1):
                expected = expectation(sides[left][at], Y[later], share)
                np.testing.assert_allclose(moments.with_observable(left, at, later), expected, rtol=1e-12)
                for right in sides:
                    expected = expectation(sides[left][at], sides[right][later], share)
                    found = moments.correlation(left, at, right, later)
                    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert moments.total_weight == pytest.approx(share.sum())


def test_without_an_encoder_of_its_own_the_future_has_the_features_of_the_present():
    moments = LaggedMoments.of_pairs(F, None, None)
    assert not moments.has_lagged_encoder
    np.testing.assert_array_equal(moments.correlation("g", 1, "f", 0), moments.correlation("f", 1, "f", 0))
    np.testing.assert_allclose(moments.correlation("f", 0, "g", 1), F[0].T @ F[1] / N, rtol=1e-12)
    # what is to be predicted are then the features themselves
    np.testing.assert_array_equal(moments.with_observable("f", 0, 1), moments.correlation("f", 0, "f", 1))


def test_moments_of_parts_add_up_and_survive_a_file():
    parts = [
        LaggedMoments.of_pairs(*(tuple(side[rows] for side in pair) for pair in (F, G, Y)), WEIGHTS[rows])
        for rows in (slice(0, 3), slice(3, None))
    ]
    whole, joined = LaggedMoments.of_pairs(F, G, Y, WEIGHTS), parts[0] + parts[1]
    again = LaggedMoments.from_arrays(joined.as_arrays())
    for found in (joined, again):
        assert (found.n_samples, found.n_modes) == (N, 3)
        assert found.total_weight == pytest.approx(whole.total_weight)
        np.testing.assert_allclose(found.features, whole.features, rtol=1e-12)
        np.testing.assert_allclose(found.observables, whole.observables, rtol=1e-12)
