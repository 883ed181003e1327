"""The ridge that cross-validation chooses shortens no timescale of few features, and is large where they are many."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.koopman import KoopmanOperator


def chosen(states):
    return KoopmanOperator("ridge", tikhonov_regularization="auto", add_constant=True).fit(states)


def test_an_eigenvalue_without_noise_keeps_its_size():
    decay = 0.9 ** np.arange(40)[:, None]
    assert chosen(decay).eigenvalues_[1].real == pytest.approx(0.9, abs=1e-6)
    fixed = KoopmanOperator("ridge", tikhonov_regularization=1e-2, add_constant=True).fit(decay)
    assert fixed.eigenvalues_[1].real < 0.892


def test_few_noisy_features_have_the_eigenvalues_of_least_squares():
    rng, states = np.random.default_rng(0), np.zeros((500, 2))
    for now in range(1, 500):
        states[now] = [0.9, 0.5] * states[now - 1] + rng.standard_normal(2)
    design = np.column_stack([states[:-1], np.ones(499)])
    step = np.linalg.lstsq(design, states[1:], rcond=None)[0][:2]
    np.testing.assert_allclose(
        chosen(states).eigenvalues_[1:].real, np.sort(np.linalg.eigvals(step).real)[::-1], atol=1e-4
    )


def test_many_features_of_few_rows_are_shrunk():
    rng = np.random.default_rng(0)
    signal, noise = np.sin(0.3 * np.arange(80))[:, None], rng.standard_normal((80, 60))
    train, test = (np.hstack([signal[part], noise[part]]) for part in (slice(50), slice(50, 80)))
    errors = {}
    for ridge in ("auto", 1e-8):
        fitted = KoopmanOperator("ridge", tikhonov_regularization=ridge, add_constant=True).fit(train)
        errors[ridge] = np.mean((fitted.predict(test[:-1], steps=[1])[:, 0] - test[1:]) ** 2)
    assert errors["auto"] < 0.8 * errors[1e-8]


def test_no_other_word_is_a_ridge():
    with pytest.raises(ConfigurationError, match="or auto"):
        KoopmanOperator("ridge", tikhonov_regularization="large").fit(np.arange(10.0)[:, None])
