"""Scores against cases whose answer is known: a cyclic process of pictures, and finite Markov chains."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from koopman_cases import N_CLASSES, blobs, blobs_in_turn, class_indicators, logistic_data

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import MarkovTrajectories
from sciml_bench.koopman import KoopmanOperator, evaluation
from sciml_bench.koopman.evaluation import Evaluation
from sciml_bench.koopman.fitted import FittedOperator
from sciml_bench.systems import LinearGaussian, MarkovChain, OrnsteinUhlenbeck

pytestmark = pytest.mark.usefixtures("quick_oracle", "few_shown_images")

REACH, SHOWN = 6, 2
SIGNED_STEPS = [*range(-REACH, 0), *range(1, REACH + 1)]


@pytest.fixture
def few_shown_images(monkeypatch):
    """A figure of many pictures takes longer than everything else here."""
    monkeypatch.setattr(evaluation, "SHOWN_IMAGES", SHOWN)


def evaluate(fitted, data, **options):
    return Evaluation(**{"forecast_steps": REACH, "n_bootstrap": 5, "quadrature_points": 60, **options})(fitted, data)


def fitted_to_blobs(data, features, method="edmd_left"):
    return FittedOperator.fit(KoopmanOperator(method), data, features, features)


def accuracies(metrics):
    names = {step: f"accuracy_step_{step}" if step > 0 else f"accuracy_step_minus_{-step}" for step in SIGNED_STEPS}
    return {step: metrics[name] for step, name in names.items()}


# ---- labelled pictures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "lag"), [("cca", 1), ("edmd_left", 2), ("edmd_right", 1)])
def test_class_indicators_forecast_every_class_ahead_and_back(method, lag):
    data = blobs_in_turn(lag=lag)
    results = evaluate(fitted_to_blobs(data, class_indicators, method), data)
    assert accuracies(results.metrics) == dict.fromkeys(SIGNED_STEPS, 1.0)
    assert results.metrics["oracle_accuracy"] == 1.0
    np.testing.assert_array_equal(results.arrays["forecast_steps"], SIGNED_STEPS)
    np.testing.assert_array_equal(results.arrays["forecast_accuracy"], 1.0)


def test_forecast_images_show_the_class_that_many_lags_away_in_either_direction():
    lag = 2
    data = blobs_in_turn(lag=lag)
    results = evaluate(fitted_to_blobs(data, class_indicators), data)
    given = np.linspace(0, 8 * N_CLASSES - 1, SHOWN).astype(int) % N_CLASSES
    for step, images in zip(SIGNED_STEPS, results.arrays["forecast_images"], strict=True):
        np.testing.assert_allclose(images, blobs()[(given + step * lag) % N_CLASSES], atol=0.1)


def test_features_that_know_nothing_forecast_the_mean_picture_and_are_right_by_chance():
    data = blobs_in_turn()

    def constant(states):
        return torch.ones(len(states), 1)

    results = evaluate(fitted_to_blobs(data, constant), data)
    # every class is as frequent as every other, and one reading is right for one of them
    assert accuracies(results.metrics) == pytest.approx(dict.fromkeys(SIGNED_STEPS, 1 / N_CLASSES))


def test_features_of_the_noise_alone_are_no_better_than_chance():
    data = blobs_in_turn()

    def noise(states):
        corner = states[:, 0, 0, 5:8] - torch.as_tensor(blobs()[:, 0, 5:8]).float()[class_indicators(states).argmax(1)]
        return torch.cat((torch.ones(len(states), 1), corner / 0.05), dim=1)

    results = evaluate(fitted_to_blobs(data, noise), data)
    assert np.mean(list(accuracies(results.metrics).values())) == pytest.approx(1 / N_CLASSES, abs=0.1)


class Backwards(FittedOperator):
    """Forecasts the class as many steps away, but always in the same direction of time."""

    direction = 1

    def forecast(self, states, steps):
        labels = class_indicators(torch.as_tensor(states)).argmax(dim=1).numpy()
        for step in steps:
            yield blobs()[(labels + self.direction * abs(step)) % N_CLASSES][:, None]


class Forwards(Backwards):
    direction = -1


@pytest.mark.parametrize(("kind", "right"), [(Backwards, 1), (Forwards, -1)])
def test_a_forecast_in_the_wrong_direction_of_time_is_counted_as_wrong(kind, right):
    data = blobs_in_turn()
    exact = fitted_to_blobs(data, class_indicators)
    wrong = kind(exact.operator, exact.features, exact.lagged_features, exact.state_shape)
    found = accuracies(evaluate(wrong, data).metrics)
    # only after a whole round do both directions lead to the same class
    assert found == {step: float(step * right > 0 or step % N_CLASSES == 0) for step in SIGNED_STEPS}


def test_eigenfunctions_of_the_cycle_are_the_fifth_roots_of_unity_at_every_picture():
    data = blobs_in_turn()
    arrays = evaluate(fitted_to_blobs(data, class_indicators), data).arrays
    labels, eigenvalues, values = (arrays[name] for name in ("labels_test", "eigenvalues", "eigenfunctions_test"))
    np.testing.assert_array_equal(labels, np.arange(8 * N_CLASSES) % N_CLASSES)
    np.testing.assert_allclose(np.sort(np.angle(eigenvalues**N_CLASSES)), 0, atol=1e-6)
    first = values[:N_CLASSES]
    np.testing.assert_allclose(np.abs(first), 1, atol=0.02)
    np.testing.assert_allclose(first[1:], first[:-1] * eigenvalues, atol=0.02)


def test_standardised_pictures_are_shown_to_the_oracle_as_they_were():
    data = blobs_in_turn(standardize=True)

    def indicators(states):
        return class_indicators(torch.as_tensor(data.standardization.inverse(states.numpy())))

    results = evaluate(fitted_to_blobs(data, indicators), data)
    assert accuracies(results.metrics) == dict.fromkeys(SIGNED_STEPS, 1.0)
    assert 0.8 < results.arrays["forecast_images"].max() < 1.1


def test_labelled_pictures_have_their_figures():
    data = blobs_in_turn()
    results = evaluate(fitted_to_blobs(data, class_indicators), data)
    assert {"forecast_images", "accuracy_against_step", "eigenfunctions", "spectrum"} <= results.figures.keys()
    assert all(np.isfinite(value) for value in results.metrics.values())


# ---- known laws ------------------------------------------------------------------------------------------------------


CHAIN = MarkovChain.random(12, seed=3)


def chain_data(lag=1, n_steps=400):
    data = MarkovTrajectories(CHAIN, n_steps=n_steps, lag=lag, batch_size=16)
    data.setup()
    return data


def chain_indicators(states):
    return torch.nn.functional.one_hot(states[:, 0].long(), CHAIN.n_states).double()


def exactly_fitted(lag, rank=None):
    """The operator of the chain's true law: every pair of states once, weighted by its probability."""
    transition = np.linalg.matrix_power(CHAIN.transition, lag)
    now, later = (index.ravel() for index in np.indices(transition.shape))
    weights = (CHAIN.stationary_weights[:, None] * transition).ravel()
    eye, states = np.eye(CHAIN.n_states), np.arange(CHAIN.n_states, dtype=float)[:, None]
    operator = KoopmanOperator("cca", rank=rank, relative_cutoff=1e-13)
    operator.fit(eye[now], eye[later], eye[now], eye[later], states[now], states[later], sample_weight=weights)
    return FittedOperator(operator, chain_indicators, chain_indicators, (1,))


@pytest.mark.parametrize("lag", [1, 3])
@pytest.mark.parametrize("rank", [None, 4])
def test_the_exact_operator_reaches_the_maximum_of_vamp_e(lag, rank):
    results = evaluate(exactly_fitted(lag, rank), chain_data(lag), quadrature_points=CHAIN.n_states)
    root = np.sqrt(CHAIN.stationary_weights)
    matrix = root[:, None] * np.linalg.matrix_power(CHAIN.transition, lag) / root
    maximum = np.sum(np.linalg.svd(matrix, compute_uv=False)[:rank] ** 2)
    assert results.metrics["vamp_e_exact"] == pytest.approx(maximum, abs=1e-8)
    assert results.metrics["vamp_e_exact"] == pytest.approx(CHAIN.maximum_vamp_2(rank or 12, lag), abs=1e-8)
    assert results.metrics["vamp_e_deficit"] == pytest.approx(0, abs=1e-8)


def test_the_whole_exact_operator_has_the_exact_spectrum():
    results = evaluate(exactly_fitted(2), chain_data(2), quadrature_points=CHAIN.n_states)
    assert results.metrics["spectral_error"] == pytest.approx(0, abs=1e-8)
    np.testing.assert_allclose(results.arrays["singular_values"], results.arrays["exact_singular_values"], atol=1e-8)


def test_a_chain_is_evaluated_with_the_settings_of_record():
    metrics = Evaluation(n_bootstrap=2)(exactly_fitted(1), chain_data()).metrics
    assert metrics["vamp_e_deficit"] == pytest.approx(0, abs=1e-8)


def test_an_operator_estimated_from_few_pairs_has_a_deficit():
    data = chain_data()
    fitted = FittedOperator.fit(KoopmanOperator("cca"), data, chain_indicators, chain_indicators)
    metrics = evaluate(fitted, data, quadrature_points=CHAIN.n_states).metrics
    assert metrics["vamp_e_deficit"] > 0.1
    assert metrics["vamp_e_exact"] + metrics["vamp_e_deficit"] == pytest.approx(CHAIN.maximum_vamp_2(12), abs=1e-10)


def test_a_deficit_counts_what_too_few_modes_cannot_reach_as_reached():
    best = evaluate(exactly_fitted(1, rank=3), chain_data(), quadrature_points=CHAIN.n_states).metrics
    assert best["vamp_e_deficit"] == pytest.approx(0, abs=1e-8)
    assert best["vamp_e_exact"] < CHAIN.maximum_vamp_2(12) - 1e-3


def test_held_out_scores_agree_with_the_law_for_many_pairs():
    data = chain_data(n_steps=20_000)
    metrics = evaluate(exactly_fitted(1), data, quadrature_points=CHAIN.n_states).metrics
    for split in ("validation", "test"):
        assert metrics[f"vamp_e_{split}"] == pytest.approx(CHAIN.maximum_vamp_2(12), abs=0.1)
        assert metrics[f"vamp_2_{split}"] == pytest.approx(CHAIN.maximum_vamp_2(12), abs=0.1)


# ---- forecasts of states, and what is left out -----------------------------------------------------------------------


def monomials(states):
    return torch.cat((torch.ones(len(states), 1), states, states**2), dim=1)


@pytest.mark.parametrize("lag", [1, 2])
def test_the_forecast_error_of_a_linear_process_is_the_share_of_variance_that_is_noise(lag):
    process = OrnsteinUhlenbeck(time_step=0.2)
    data = MarkovTrajectories(process, n_steps=30_000, lag=lag, batch_size=16)
    data.setup()
    fitted = FittedOperator.fit(KoopmanOperator("edmd_left"), data, monomials, monomials)
    metrics = evaluate(fitted, data).metrics
    for step in (1, 2, 5):
        expected = np.sqrt(1 - np.exp(-2 * 0.2 * lag * step))
        assert metrics[f"relative_forecast_error_step_{step}"] == pytest.approx(expected, abs=0.05)


def test_implied_time_scales_of_a_relaxation_are_its_relaxation_time():
    data = MarkovTrajectories(OrnsteinUhlenbeck(relaxation_rate=0.5, time_step=0.5), n_steps=20_000, batch_size=16)
    data.setup()
    fitted = FittedOperator.fit(KoopmanOperator("edmd_left"), data, monomials, monomials)
    arrays = evaluate(fitted, data, time_scale_lags=(1, 2)).arrays
    np.testing.assert_allclose(arrays["time_scale_lag_times"], [0.5, 1.0])
    np.testing.assert_allclose(arrays["time_scales"][:, 0], 2.0, rtol=0.15)


def test_a_truth_in_other_units_than_the_data_is_not_compared():
    data = logistic_data(standardize=True)
    fitted = FittedOperator.fit(KoopmanOperator("edmd_left"), data, monomials, monomials)
    results = evaluate(fitted, data)
    assert not {"vamp_e_exact", "spectral_error"} & results.metrics.keys()
    assert "exact_eigenvalues" not in results.arrays


def test_a_split_that_is_absent_has_no_scores():
    data = logistic_data(split={"train": 0.8, "validation": 0.2})
    fitted = FittedOperator.fit(KoopmanOperator("edmd_left"), data, monomials, monomials)
    metrics = evaluate(fitted, data).metrics
    assert "vamp_2_validation" in metrics
    assert not any("test" in name for name in metrics)
    assert "relative_forecast_error_step_1" in metrics


def test_forecasts_end_where_the_held_out_trajectory_ends():
    data = logistic_data(n_steps=40, split={"train": 0.75, "validation": 0.0, "test": 0.25}, batch_size=8)
    fitted = FittedOperator.fit(KoopmanOperator("edmd_left"), data, monomials, monomials)
    metrics = evaluate(fitted, data, forecast_steps=30).metrics
    assert "relative_forecast_error_step_8" in metrics
    assert "relative_forecast_error_step_10" not in metrics


def test_a_system_of_several_dimensions_is_evaluated_too():
    system = LinearGaussian([[0.9, 0.2], [0.0, 0.7]], [[1.0, 0.0], [0.0, 1.0]])
    data = MarkovTrajectories(system, n_steps=2000, batch_size=16)
    data.setup()
    fitted = FittedOperator.fit(KoopmanOperator("edmd_left"), data, monomials, monomials)
    metrics = evaluate(fitted, data, leading_eigenvalues=2).metrics
    assert metrics["spectral_error"] < 0.1  # the leading eigenvalues are 1 and 0.9
    assert "vamp_e_exact" not in metrics


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("forecast_steps", 0),
        ("leading_eigenvalues", 0),
        ("quadrature_points", 9),
        ("n_bootstrap", 1),
        ("time_scale_lags", ()),
        ("time_scale_lags", (1, 0)),
    ],
)
def test_a_number_out_of_range_names_its_key(name, value):
    with pytest.raises(ConfigurationError, match=rf"training\.evaluation\.{name}="):
        replace(Evaluation(), **{name: value})
