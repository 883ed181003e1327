import numpy as np
import pytest
import torch
from koopman_cases import N_CLASSES, blobs_in_turn, logistic_data
from torch import nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import TrajectoryData
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.koopman import ClassifierFeatures, KoopmanOperator, LinearRegression

ANGLE, SHRINKAGE = 0.3, 0.99


class Spiral(TrajectoryData):
    """A linear system without noise: x' = 0.99 R x, with R a rotation by 0.3."""

    def load_splits(self):
        turn = np.exp(1j * ANGLE) * SHRINKAGE
        path = (1 + 0.5j) * turn ** np.arange(200)
        states = np.stack([path.real, path.imag], axis=1)
        return {"train": Trajectories((states[:120],)), "test": Trajectories((states[120:],))}


def spiral(lag=1):
    data = Spiral(lag=lag, batch_size=16)
    data.setup()
    return data


def direct(kind, data, forecast_steps=3, **operator_options):
    def operator():
        return KoopmanOperator(**{"method": "edmd_left", **operator_options})

    evaluation = {"forecast_steps": forecast_steps, "n_bootstrap": 2, "quadrature_points": 40}
    method = kind(nn.Identity(), data.spec, operator=operator, evaluation=evaluation)
    method.fit_directly(data)
    return method


@pytest.mark.parametrize("lag", [1, 4])
def test_linear_regression_finds_the_eigenvalues_of_a_linear_system(lag):
    data = spiral(lag)
    method = direct(LinearRegression, data)
    metrics = method.evaluate(data)
    found = method.arrays(data)["eigenvalues"]
    expected = (SHRINKAGE * np.exp(1j * ANGLE)) ** lag
    assert min(abs(found[0] - expected), abs(found[0] - expected.conjugate())) < 1e-5
    assert metrics["relative_forecast_error_step_3"] < 1e-4
    assert "forecast" in method.figures(data)


def test_ridge_regularisation_shrinks_the_linear_estimate():
    data = spiral()
    plain, ridge = (
        direct(LinearRegression, data, method=name, **options)
        for name, options in (("edmd_left", {}), ("ridge", {"tikhonov_regularization": 0.5}))
    )
    for method in (plain, ridge):
        method.evaluate(data)
    moduli = [abs(method.arrays(data)["eigenvalues"]).max() for method in (plain, ridge)]
    assert moduli[1] < 0.9 * moduli[0]


def test_linear_regression_takes_images_as_vectors():
    data = blobs_in_turn()
    features = direct(LinearRegression, data).feature_map(data)
    states, _ = data.pairs("train").batch(np.arange(3))
    assert torch.equal(features(states), states.reshape(3, -1))


def test_classifier_features_forecast_a_cycle_of_classes_for_ever(quick_oracle):
    data = blobs_in_turn()
    method = direct(ClassifierFeatures, data, forecast_steps=12)
    metrics = method.evaluate(data)
    for step in (1, 5, 12):
        assert metrics[f"accuracy_step_{step}"] == 1.0
        assert metrics[f"accuracy_step_minus_{step}"] == 1.0
    roots = np.exp(2j * np.pi * np.arange(N_CLASSES) / N_CLASSES)
    eigenvalues = method.arrays(data)["eigenvalues"]
    assert np.abs(eigenvalues[:, None] - roots).min(axis=0).max() < 0.02


def test_classifier_features_are_probabilities_without_gradients(quick_oracle):
    data = blobs_in_turn()
    features = direct(ClassifierFeatures, data).feature_map(data)
    states, _ = data.pairs("train").batch(np.arange(20))
    probabilities = features(states)
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(20))
    assert not probabilities.requires_grad
    assert (probabilities.argmax(dim=1).numpy() == np.arange(20) % N_CLASSES).all()


def test_classifier_features_of_data_without_labels_name_the_remedy():
    with pytest.raises(ConfigurationError, match=r"classifier_features needs labelled data.*data=ordered_digits"):
        direct(ClassifierFeatures, logistic_data())
