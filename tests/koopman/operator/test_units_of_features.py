"""An operator does not depend on the units of its features, nor, beside a constant, on their offsets."""

import numpy as np
import pytest

from sciml_bench.core.errors import SciMLBenchWarning
from sciml_bench.koopman.operator import KoopmanOperator, fitting
from sciml_bench.koopman.operator.self_adjoint import GENERATOR
from sciml_bench.scores.whitening import unit_free_whitening

METHODS = [method for method in fitting.METHODS if method != GENERATOR]
"""That need pairs alone; the generator has its units in test_self_adjoint.py."""

RATES = np.array([0.9, 0.5])
STEPS = (1, 3, -2)


@pytest.fixture(scope="module")
def pair() -> np.ndarray:
    """Two independent first-order autoregressions: their rates are the eigenvalues."""
    rng, states = np.random.default_rng(20261128), np.zeros((20_000, 2))
    for row in range(1, len(states)):
        states[row] = RATES * states[row - 1] + 0.1 * rng.standard_normal(2)
    return states


def fitted(method: str, features: np.ndarray, **options: bool) -> KoopmanOperator:
    return KoopmanOperator(method, **options).fit(features)


@pytest.mark.parametrize("method", METHODS)
def test_features_in_small_units_count_like_others(method, pair):
    found = fitted(method, pair * [1e-4, 1.0]).eigenvalues_
    np.testing.assert_allclose(found, RATES, atol=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_an_offset_says_nothing_beside_the_constant(method, pair):
    found = fitted(method, pair + 1000, add_constant=True).eigenvalues_
    np.testing.assert_allclose(found, [1, *RATES], atol=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_units_that_are_powers_of_two_change_no_bit(method, pair):
    factors = np.array([2.0**-30, 2.0**27])
    plain, scaled = fitted(method, pair, add_constant=True), fitted(method, pair * factors, add_constant=True)
    np.testing.assert_array_equal(scaled.eigenvalues_, plain.eigenvalues_)
    np.testing.assert_array_equal(scaled.singular_values_, plain.singular_values_)
    np.testing.assert_array_equal(scaled.predict(pair[:9] * factors, STEPS), plain.predict(pair[:9], STEPS) * factors)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("factors", [(1e-9, 1e9), (3.7, 1e5)])
def test_other_units_and_an_offset_change_nothing_that_counts(method, factors, pair):
    offset = 100 * pair.std(axis=0) * factors
    plain = fitted(method, pair, add_constant=True)
    moved = pair * factors + offset
    other = fitted(method, moved, add_constant=True)
    np.testing.assert_allclose(other.eigenvalues_, plain.eigenvalues_, rtol=1e-6)
    expected = plain.predict(pair[:9], STEPS) * factors + offset
    scale = np.asarray(factors) * pair.std(axis=0)
    np.testing.assert_allclose(other.predict(moved[:9], STEPS) / scale, expected / scale, atol=1e-6)


def test_what_a_cutoff_leaves_out_is_named(pair):
    features = np.column_stack([pair, pair.sum(axis=1), np.zeros(len(pair))])
    with pytest.warns(SciMLBenchWarning, match=r"leaves out 1 of 3 directions .* features \[0, 1, 2\]"):
        fitted("cca", features)
    with pytest.warns(SciMLBenchWarning, match="set add_constant=True"):
        fitted("edmd_left", pair + 1000)
    for method in ("ridge", "reduced_rank"):
        with pytest.warns(SciMLBenchWarning, match="shrinks 1 of 2 directions .* set add_constant=True"):
            fitted(method, pair + 1000)


def test_a_whitening_is_one_in_every_unit():
    rng = np.random.default_rng(0)
    factor = rng.standard_normal((5, 4))
    moment = factor.T @ factor
    units = np.diag([1e-8, 1.0, 1e8, 1e3])
    found = unit_free_whitening(units @ moment @ units)
    np.testing.assert_allclose(found.T @ units @ moment @ units @ found, np.eye(4), atol=1e-9)
    np.testing.assert_allclose(units @ found, unit_free_whitening(moment), rtol=1e-7)


def test_features_that_rounding_has_changed_are_told(pair):
    with pytest.warns(SciMLBenchWarning, match=r"features \[1\], numbered from 0, lie a million deviations"):
        fitted("cca", pair + np.array([1000, 1e6]), add_constant=True)
