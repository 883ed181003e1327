import numpy as np
import pytest
import torch
from koopman_cases import N_CLASSES, blobs_in_turn, logistic_pairs, pairs_of
from torch import nn

from sciml_bench.core.errors import NotApplicableError
from sciml_bench.data import Record, Trajectories
from sciml_bench.koopman import ClassifierFeatures, Evaluation, KoopmanOperator, LinearRegression

ANGLE, SHRINKAGE = 0.3, 0.99


class Spiral(Record):
    """A linear system without noise: x' = 0.99 R x, with R a rotation by 0.3."""

    def load(self):
        turn = np.exp(1j * ANGLE) * SHRINKAGE
        path = (1 + 0.5j) * turn ** np.arange(200)
        return Trajectories((np.stack([path.real, path.imag], axis=1),))


def spiral(lag=1):
    return pairs_of(Spiral(split={"train": 0.6, "test": 0.4}), lag=lag)


def direct(kind, view, **operator_options):
    def operator():
        return KoopmanOperator(**{"method": "edmd_left", **operator_options})

    method = kind(nn.Identity(), view, operator=operator)
    method.fit()
    return method


def test_a_closed_form_uses_as_many_pairs_as_there_are():
    view = pairs_of(Spiral(split={"train": 0.1, "test": 0.9}), batch_size=256)
    learned = direct(LinearRegression, view, method="edmd_left").learned()
    assert len(view.pairs("train")) == 19
    np.testing.assert_allclose(np.abs(learned.eigenvalues()), SHRINKAGE, atol=1e-4)


def evaluated(method, forecast_steps=3):
    evaluation = Evaluation(forecast_steps=forecast_steps, n_bootstrap=2, quadrature_points=40)
    return evaluation(method.learned(), method.view.record)


@pytest.mark.parametrize("lag", [1, 4])
def test_linear_regression_finds_the_eigenvalues_of_a_linear_system(lag):
    method = direct(LinearRegression, spiral(lag))
    results = evaluated(method)
    found = method.learned().eigenvalues()
    expected = (SHRINKAGE * np.exp(1j * ANGLE)) ** lag
    assert min(abs(found[0] - expected), abs(found[0] - expected.conjugate())) < 1e-5
    assert results.metrics["forecast_error_over_mean_step_3"] < 1e-4
    assert "forecast" in results.pictures


@pytest.mark.parametrize("lag", [1, 4])
def test_a_linear_system_without_noise_is_forecast_to_the_end_of_the_test_part(lag):
    # 80 rows, also those between two lags
    assert evaluated(direct(LinearRegression, spiral(lag))).metrics["forecast_relative_error"] < 1e-4


def test_ridge_regularisation_shrinks_the_linear_estimate():
    plain, ridge = (
        direct(LinearRegression, spiral(), method=name, **options).learned().eigenvalues()
        for name, options in (("edmd_left", {}), ("ridge", {"tikhonov_regularization": 0.5}))
    )
    assert abs(ridge).max() < 0.9 * abs(plain).max()


def test_linear_regression_takes_images_as_vectors():
    view = blobs_in_turn()
    states, _ = view.pairs("train").batch(np.arange(3))
    features = direct(LinearRegression, view).features()
    assert torch.equal(features.encode(states), states.reshape(3, -1))


def test_classifier_features_forecast_a_cycle_of_classes_for_ever(quick_oracle):
    method = direct(ClassifierFeatures, blobs_in_turn())
    metrics = evaluated(method, forecast_steps=12).metrics
    for step in (1, 5, 12):
        assert metrics[f"accuracy_step_{step}"] == 1.0
        assert metrics[f"accuracy_step_minus_{step}"] == 1.0
    roots = np.exp(2j * np.pi * np.arange(N_CLASSES) / N_CLASSES)
    assert np.abs(method.learned().eigenvalues()[:, None] - roots).min(axis=0).max() < 0.02


def test_classifier_features_are_probabilities_without_gradients(quick_oracle):
    view = blobs_in_turn()
    states, _ = view.pairs("train").batch(np.arange(20))
    probabilities = direct(ClassifierFeatures, view).features().encode(states)
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(20))
    assert not probabilities.requires_grad
    assert (probabilities.argmax(dim=1).numpy() == np.arange(20) % N_CLASSES).all()


def test_classifier_features_of_states_without_labels_name_the_remedy():
    with pytest.raises(NotApplicableError, match=r"classifier_features needs labelled images.*data=ordered_digits"):
        ClassifierFeatures.require_states((1,))
    with pytest.raises(NotApplicableError, match=r"classifier_features needs labelled images.*data=ordered_digits"):
        direct(ClassifierFeatures, logistic_pairs())
