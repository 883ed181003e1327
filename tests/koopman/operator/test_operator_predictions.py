"""A finite Markov chain, neither reversible nor stationary, has exact answers to every question asked here."""

from dataclasses import dataclass

import numpy as np
import pytest

from sciml_bench.koopman import KoopmanOperator

METHODS = ("cca", "edmd_left", "edmd_right", "ridge", "reduced_rank", "principal_component")
STEPS = (1, 2, 5, -1, -2, -5)


@dataclass(frozen=True)
class Chain:
    transition: np.ndarray
    now: np.ndarray
    f: np.ndarray
    g: np.ndarray
    observable: np.ndarray

    @property
    def later(self):
        return self.now @ self.transition

    @property
    def reversed(self):
        return (self.now[:, None] * self.transition).T / self.later[:, None]

    def svd(self):
        left, singular_values, right = np.linalg.svd(np.sqrt(self.now)[:, None] * self.transition / np.sqrt(self.later))
        return left / np.sqrt(self.now)[:, None], singular_values, right.T / np.sqrt(self.later)[:, None]

    def pairs(self):
        """Every pair of states once, weighted by its probability: exact moments."""
        i, j = (index.ravel() for index in np.indices(self.transition.shape))
        arrays = self.f[i], self.f[j], self.g[i], self.g[j], self.observable[i], self.observable[j]
        return arrays, (self.now[:, None] * self.transition).ravel()

    def fit(self, method, **options):
        arrays, weights = self.pairs()
        options = {"relative_cutoff": 1e-13, "tikhonov_regularization": 1e-13, **options}
        return KoopmanOperator(method, **options).fit(*arrays, sample_weight=weights)


@pytest.fixture(scope="module")
def chain():
    rng, n = np.random.default_rng(0), 8
    transition = rng.dirichlet(np.full(n, 0.4), size=n)
    f, g = rng.standard_normal((2, n, n))
    return Chain(transition, rng.dirichlet(np.ones(n)), f, g, rng.standard_normal((n, 3)))


@pytest.mark.parametrize("method", METHODS)
def test_complete_features_predict_exactly_ahead_and_back(chain, method):
    operator = chain.fit(method)
    predicted = operator.predict(chain.f, STEPS, g=chain.g)
    assert predicted.shape == (8, len(STEPS), 3)
    for place, step in enumerate(STEPS):
        kernel = np.linalg.matrix_power(chain.transition if step > 0 else chain.reversed, abs(step))
        np.testing.assert_allclose(predicted[:, place], kernel @ chain.observable, atol=1e-9)
        np.testing.assert_allclose(operator.predict(chain.f, step, g=chain.g), predicted[:, place], atol=1e-14)


def test_steps_of_zero_give_the_observable_itself(chain):
    np.testing.assert_allclose(chain.fit("cca").predict(chain.f, 0), chain.observable, atol=1e-9)


@pytest.mark.parametrize("rank", [1, 4, 6])
def test_truncated_cca_predicts_with_powers_of_the_truncated_svd(chain, rank):
    operator = chain.fit("cca", rank=rank)
    left, singular_values, right = (array[..., :rank] for array in chain.svd())
    forward = (left * singular_values) @ (right * chain.later[:, None]).T
    backward = (right * singular_values) @ (left * chain.now[:, None]).T
    for step in STEPS:
        kernel = np.linalg.matrix_power(forward if step > 0 else backward, abs(step))
        np.testing.assert_allclose(operator.predict(chain.f, step, g=chain.g), kernel @ chain.observable, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_singular_values_and_functions_are_those_of_the_chain(chain, method):
    operator = chain.fit(method)
    left, exact, right = chain.svd()
    np.testing.assert_allclose(operator.singular_values_, exact, atol=1e-8)
    ours = operator.singular_functions(chain.f, chain.g)
    for functions, truth, law in zip(ours, (left, right), (chain.now, chain.later), strict=True):
        np.testing.assert_allclose(functions.T @ (law[:, None] * functions), np.eye(8), atol=1e-8)
        overlap = np.abs(functions.T @ (law[:, None] * truth))
        np.testing.assert_allclose(np.diagonal(overlap), 1, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_eigenfunctions_are_those_of_the_chain_and_dual_to_each_other(chain, method):
    operator = chain.fit(method)
    eigenvalues, left, right = operator.eig(chain.f, chain.g)
    assert np.all(np.diff(np.abs(eigenvalues)) <= 1e-12)
    np.testing.assert_array_equal(operator.eig(), eigenvalues)
    np.testing.assert_array_equal(operator.eigenvalues_, eigenvalues)
    exact = np.linalg.eigvals(chain.transition)
    np.testing.assert_allclose(
        np.sort_complex(np.round(eigenvalues, 9)), np.sort_complex(np.round(exact, 9)), atol=1e-8
    )
    np.testing.assert_allclose(chain.transition @ right, right * eigenvalues, atol=1e-8)
    law = chain.later if method == "cca" else chain.now
    np.testing.assert_allclose(left.conj().T @ (law[:, None] * right), np.eye(8), atol=1e-8)
    np.testing.assert_allclose(chain.now @ np.abs(right) ** 2, 1, atol=1e-9)


@pytest.mark.parametrize("method", ["cca", "edmd_left"])
def test_dynamical_modes_add_up_to_the_prediction(chain, method):
    operator = chain.fit(method)
    modes = operator.dynamical_modes(time_step=0.5)
    _, _, right = operator.eig(chain.f, chain.g)
    for step in (1, 3):
        rebuilt = (right * modes.eigenvalues ** (step - 1)) @ modes.modes
        np.testing.assert_allclose(rebuilt, operator.predict(chain.f, step), atol=1e-9)
    np.testing.assert_allclose(
        np.exp((2j * np.pi * modes.frequencies[1:] - 1 / modes.decay_times[1:]) * 0.5), modes.eigenvalues[1:]
    )


def test_a_damped_rotation_has_its_frequency_and_decay_time():
    time_step, frequency, decay_time = 0.1, 0.7, 3.0
    angle, shrink = 2 * np.pi * frequency * time_step, np.exp(-time_step / decay_time)
    rotation = shrink * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    trajectory = np.stack([np.linalg.matrix_power(rotation, t) @ [1.0, 0.0] for t in range(60)])
    modes = KoopmanOperator("edmd_left").fit(trajectory).dynamical_modes(time_step)
    np.testing.assert_allclose(np.abs(modes.frequencies), frequency, rtol=1e-9)
    np.testing.assert_allclose(modes.decay_times, decay_time, rtol=1e-9)


def test_reduced_rank_is_the_best_of_its_rank_under_the_regularised_risk():
    rng, rank, strength = np.random.default_rng(2), 2, 0.3
    now = rng.standard_normal((200, 5)) * [1, 2, 3, 0.5, 1]
    later = now @ rng.standard_normal((5, 5)) / 2 + rng.standard_normal((200, 5))
    options = {"tikhonov_regularization": strength, "rank": rank}
    operator = KoopmanOperator("reduced_rank", **options).fit(now, later)
    estimate = np.linalg.lstsq(now, operator.predict(now), rcond=None)[0]
    # Ridge regression is least squares on augmented rows, whose best rank-r fit truncates the fitted values' SVD.
    rows = np.vstack([now / np.sqrt(200), np.sqrt(strength) * np.eye(5)])
    targets = np.vstack([later / np.sqrt(200), np.zeros((5, 5))])
    full = np.linalg.lstsq(rows, targets, rcond=None)[0]
    _, _, right = np.linalg.svd(rows @ full)
    np.testing.assert_allclose(estimate, full @ right[:rank].T @ right[:rank], atol=1e-10)


def test_ridge_and_principal_components_are_those_of_scikit_learn():
    from sklearn.decomposition import TruncatedSVD
    from sklearn.linear_model import LinearRegression, Ridge

    rng = np.random.default_rng(3)
    now = rng.standard_normal((100, 4)) * [3, 2, 1, 0.5]
    later = now @ rng.standard_normal((4, 4)) + rng.standard_normal((100, 4))
    ridge = Ridge(alpha=0.2 * 100, fit_intercept=False).fit(now, later)
    ours = KoopmanOperator("ridge", tikhonov_regularization=0.2).fit(now, later)
    np.testing.assert_allclose(ours.predict(now), ridge.predict(now), atol=1e-10)
    scores = TruncatedSVD(2, algorithm="arpack").fit_transform(now)
    regression = LinearRegression(fit_intercept=False).fit(scores, later)
    ours = KoopmanOperator("principal_component", rank=2).fit(now, later)
    np.testing.assert_allclose(ours.predict(now), regression.predict(scores), atol=1e-9)


def test_centred_features_need_the_constant_to_predict_a_mean(chain):
    arrays, weights = chain.pairs()
    centred = chain.f[:, :7] - chain.now @ chain.f[:, :7]
    i, j = (index.ravel() for index in np.indices(chain.transition.shape))
    fit = [centred[i], centred[j], None, None, *arrays[4:]]
    operator = KoopmanOperator("cca", add_constant=True, relative_cutoff=1e-13).fit(*fit, sample_weight=weights)
    assert operator.singular_values_[0] == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(
        operator.predict(centred, 2), chain.transition @ chain.transition @ chain.observable, atol=1e-9
    )
    assert operator.n_features_in_ == 7


def test_score_on_exact_pairs_is_the_sum_of_squared_singular_values(chain):
    arrays, weights = chain.pairs()
    _, exact, _ = chain.svd()
    for method in METHODS:
        assert chain.fit(method).score(*arrays[:4], sample_weight=weights) == pytest.approx(np.sum(exact**2), abs=1e-8)
    assert chain.fit("cca", rank=3).score(*arrays[:4], sample_weight=weights) == pytest.approx(np.sum(exact[:3] ** 2))


def test_score_punishes_overfitting_and_singular_values_do_not_hide_it():
    rng = np.random.default_rng(0)
    noise, held_out = rng.standard_normal((2, 60, 10))
    operator = KoopmanOperator("cca").fit(noise)
    assert operator.singular_values_.sum() > 2
    assert operator.score(held_out) < 0 < operator.score(noise)
    assert KoopmanOperator("edmd_left").fit(2.0 ** np.arange(6)[:, None]).eigenvalues_[0] == pytest.approx(2)
