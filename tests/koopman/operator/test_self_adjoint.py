"""Estimates of reversible processes, against chains and the harmonic oscillator, and the residuals of eigenpairs."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.koopman.operator import KoopmanOperator, LaggedMoments

RNG = np.random.default_rng(2)
N_STATES = 5
FLOWS = RNG.random((N_STATES, N_STATES)) ** 3
FLOWS = (FLOWS + FLOWS.T) / (FLOWS + FLOWS.T).sum()
LAW = FLOWS.sum(axis=1)
TRANSITION = FLOWS / LAW[:, None]
VALUES = RNG.standard_normal((N_STATES, 2))
RATE, LAG = 1.5, 0.3


def reversible_moments(features=None, flows=FLOWS):
    """Every pair of states of a reversible chain with its probability, or with another."""
    features = np.eye(N_STATES) if features is None else features
    i, j = (index.ravel() for index in np.indices(flows.shape))
    return LaggedMoments.of_pairs((features[i], features[j]), None, (VALUES[i], VALUES[j]), flows.ravel())


def oscillator_moments(scale=1.0, offset=0.0):
    """Polynomials of dx = −RATE x dt + √(2 RATE) dW at the nodes of a quadrature, with their Dirichlet form."""
    x, weights = hermegauss(30)
    features, slopes = (scale * np.stack(part, 1) for part in ([x, x**2, x**3], [1 + 0 * x, 2 * x, 3 * x**2]))
    features = np.column_stack([features + offset, np.ones(len(x))])
    slopes = np.column_stack([slopes, np.zeros(len(x))])
    moments = LaggedMoments.of_pairs((features, features), None, (x[:, None], x[:, None]), weights)
    return replace(moments, energy=LAG * RATE * (slopes * weights[:, None]).T @ slopes)


def test_a_reversible_chain_has_the_eigenvalues_and_forecasts_of_its_transition():
    operator = KoopmanOperator("reversible").fit_moments(reversible_moments())
    exact = np.sort(np.linalg.eigvals(TRANSITION).real)
    assert exact[0] < -0.05  # what decays by changing sides is found too
    np.testing.assert_allclose(np.sort(operator.eigenvalues_.real), exact, atol=1e-12)
    np.testing.assert_allclose(operator.singular_values_, np.sort(np.abs(exact))[::-1], atol=1e-12)
    states = np.eye(N_STATES)
    for steps in (1, 3, -2):
        power = np.linalg.matrix_power(TRANSITION, abs(steps))
        np.testing.assert_allclose(operator.predict(states, steps), power @ VALUES, atol=1e-12)
    left, right = operator.singular_functions(states)
    np.testing.assert_allclose(left.T @ (LAW[:, None] * left), np.eye(N_STATES), atol=1e-12)
    np.testing.assert_allclose((left * operator.singular_values_) @ right.T * LAW, TRANSITION, atol=1e-12)


def test_pairs_that_are_not_in_balance_count_in_both_directions():
    flows = RNG.random((N_STATES, N_STATES))
    balanced = (flows + flows.T) / 2
    seen = KoopmanOperator("reversible").fit_moments(reversible_moments(flows=flows))
    exact = np.linalg.eigvals(balanced / balanced.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(np.sort(seen.eigenvalues_.real), np.sort(exact.real), atol=1e-12)
    assert np.abs(seen.eigenvalues_).max() <= 1 + 1e-12


def test_a_rank_keeps_the_leading_pairs():
    whole, part = (KoopmanOperator("reversible", rank=rank).fit_moments(reversible_moments()) for rank in (None, 2))
    np.testing.assert_allclose(part.eigenvalues_, whole.eigenvalues_[:2], atol=1e-12)


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-6, 0.0), (1e3, 1e6)])
def test_the_generator_of_the_oscillator_has_its_rates_in_every_unit(scale, offset):
    operator = KoopmanOperator("generator", add_constant=True).fit_moments(oscillator_moments(scale, offset))
    np.testing.assert_allclose(operator.eigenvalues_, np.exp(-RATE * LAG * np.arange(4)), rtol=1e-6)


def test_the_generator_forecasts_what_its_rates_say():
    operator = KoopmanOperator("generator", add_constant=True).fit_moments(oscillator_moments())
    x = np.linspace(-1, 1, 5)
    for steps in (1, 4):
        predicted = operator.predict(np.stack([x, x**2, x**3], axis=1), steps)
        np.testing.assert_allclose(predicted[:, 0], x * np.exp(-RATE * LAG * steps), atol=1e-10)


def test_a_saved_generator_is_the_same(tmp_path):
    operator = KoopmanOperator("generator", add_constant=True).fit_moments(oscillator_moments())
    operator.save(tmp_path / "operator.npz")
    np.testing.assert_array_equal(KoopmanOperator.load(tmp_path / "operator.npz").eigenvalues_, operator.eigenvalues_)


def test_what_is_no_self_adjoint_estimate_is_refused():
    features = np.eye(N_STATES)
    i, j = (index.ravel() for index in np.indices(FLOWS.shape))
    lagged = LaggedMoments.of_pairs((features[i], features[j]), (features[i], features[j]), None, FLOWS.ravel())
    with pytest.raises(ConfigurationError, match=r"method=reversible.*model.lagged=shared"):
        KoopmanOperator("reversible").fit_moments(lagged)
    with pytest.raises(ConfigurationError, match=r"method=generator needs the Dirichlet form"):
        KoopmanOperator("generator").fit_moments(reversible_moments())


def test_residuals_tell_a_spurious_eigenvalue_of_a_rotation():
    """Of x² + y² and x alone the span is not closed: E[x later] also needs y."""
    angle = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    turned = angle + 0.7
    closed = [np.column_stack([np.cos(a), np.sin(a), np.cos(2 * a), np.sin(2 * a)]) for a in (angle, turned)]
    cut = [features[:, [0, 1, 2]] for features in closed]
    assert KoopmanOperator("edmd_left").fit(*closed).eigenvalue_residuals_.max() < 1e-7
    operator = KoopmanOperator("edmd_left").fit(*cut)
    holds = np.isclose(np.abs(operator.eigenvalues_), 1)
    assert holds.sum() == 2
    np.testing.assert_allclose(operator.eigenvalue_residuals_[holds], 0, atol=1e-7)
    np.testing.assert_allclose(operator.eigenvalue_residuals_[~holds], np.abs(np.sin(1.4)), atol=1e-7)


def test_residuals_of_a_stochastic_law_are_its_noise():
    operator = KoopmanOperator("edmd_left").fit_moments(reversible_moments(RNG.random((N_STATES, N_STATES)) + 3))
    expected = np.sqrt(np.maximum(1 - np.abs(operator.eigenvalues_) ** 2, 0))
    np.testing.assert_allclose(operator.eigenvalue_residuals_, expected, atol=1e-6)
