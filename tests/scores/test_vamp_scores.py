import numpy as np
import pytest
import scipy.linalg

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.scores import vamp_e, vamp_e_deficit, vamp_e_exact, vamp_score


def features(batch=200, modes=4, seed=0):
    rng = np.random.default_rng(seed)
    f = rng.standard_normal((batch, modes)) + 0.5
    return f, 0.7 * f[:, ::-1] + rng.standard_normal((batch, modes))


def chain(n=7, seed=1):
    rng = np.random.default_rng(seed)
    transition, now = rng.dirichlet(np.full(n, 0.5), size=n), rng.dirichlet(np.ones(n))
    later = now @ transition
    left, singular_values, right = np.linalg.svd(np.sqrt(now)[:, None] * transition / np.sqrt(later))
    return transition, now, left / np.sqrt(now)[:, None], singular_values, right.T / np.sqrt(later)[:, None]


@pytest.mark.parametrize("norm", [1, 2])
@pytest.mark.parametrize("center", [True, False])
def test_vamp_score_is_the_schatten_norm_of_the_whitened_correlation(norm, center):
    f, g = features()
    x, y = (f - f.mean(axis=0), g - g.mean(axis=0)) if center else (f, g)
    whitened = np.linalg.inv(scipy.linalg.sqrtm(x.T @ x)) @ x.T @ y @ np.linalg.inv(scipy.linalg.sqrtm(y.T @ y))
    exact = np.sum(scipy.linalg.svdvals(whitened) ** norm)
    assert vamp_score(f, g, norm, center) == pytest.approx(exact, abs=1e-8)
    redundant = np.hstack([f, f[:, :2]])
    assert vamp_score(redundant, g, norm, center) == pytest.approx(exact, abs=1e-8)


def test_vamp_2_of_indicators_is_the_sum_of_squared_singular_values_of_a_chain():
    transition, now, _, singular_values, _ = chain()
    counts = np.round(1e4 * now[:, None] * transition).astype(int)
    i, j = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))
    indicators = np.eye(len(now))
    assert vamp_score(indicators[i], indicators[j]) == pytest.approx(np.sum(singular_values**2), abs=5e-3)


def test_vamp_e_of_the_truth_is_its_maximum_and_of_any_other_operator_falls_short_by_the_squared_error():
    transition, now, left, singular_values, right = chain()
    later = now @ transition
    exact = vamp_e_exact(singular_values, left, right, now, transition)
    assert exact == pytest.approx(np.sum(singular_values**2), abs=1e-10)
    assert vamp_e_deficit(exact, singular_values) == pytest.approx(0, abs=1e-10)
    rng = np.random.default_rng(2)
    s, u, v = rng.random(3), *rng.standard_normal((2, 7, 3))
    # ‖K − K̂‖²_HS between L²(later) and L²(now), entry by entry.
    error = transition / later - (u * s) @ v.T
    squared = np.sum(now[:, None] * error**2 * later[None, :])
    score = vamp_e_exact(s, u, v, now, transition)
    assert vamp_e_deficit(score, singular_values) == pytest.approx(squared, abs=1e-10)


def test_vamp_e_on_weighted_pairs_is_the_exact_one():
    transition, now, *_ = chain()
    rng = np.random.default_rng(2)
    s, u, v = rng.random(3), *rng.standard_normal((2, 7, 3))
    i, j = (index.ravel() for index in np.indices(transition.shape))
    weights = 5 * (now[:, None] * transition).ravel()
    assert vamp_e(s, u[i], v[j], weights) == pytest.approx(vamp_e_exact(s, u, v, now, transition), abs=1e-10)
    assert vamp_e(s, u[i], v[j]) == pytest.approx(vamp_e(s, u[i], v[j], np.ones(len(i))), abs=1e-12)


def test_the_deficit_of_a_model_of_few_modes_is_measured_against_the_best_of_them():
    assert vamp_e_deficit(1.0, np.array([0.5, 1.0, 0.2]), n_modes=2) == pytest.approx(0.25)


def test_another_norm_is_an_error():
    with pytest.raises(ConfigurationError, match="schatten_norm=3"):
        vamp_score(*features(), schatten_norm=3)
