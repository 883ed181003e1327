"""Forecast errors are relative to those of the mean, whatever the mean is."""

import numpy as np
import pytest
import torch
from koopman_cases import logistic_data

from sciml_bench.koopman import KoopmanOperator
from sciml_bench.koopman.evaluation import Evaluation
from sciml_bench.koopman.fitted import FittedOperator


def relative_errors(features, data):
    fitted = FittedOperator.fit(KoopmanOperator("edmd_left"), data, features, features)
    metrics = Evaluation(forecast_steps=3, n_bootstrap=2, quadrature_points=20, leading_eigenvalues=1)(fitted, data)
    return [metrics.metrics[f"relative_forecast_error_step_{step}"] for step in (1, 2, 3)]


def nothing(states):
    """A constant, and a wave too quick to say anything of the state."""
    return torch.cat([torch.ones(len(states), 1), torch.sin(1e4 * states)], dim=1)


def test_who_forecasts_the_mean_has_a_relative_error_of_one():
    data = logistic_data(n_steps=2000)
    states = np.concatenate(data.splits["test"].states)
    assert abs(states.mean()) > 1.3 * states.std()  # far from zero: forecasting that would look good otherwise
    assert relative_errors(nothing, data) == pytest.approx([1, 1, 1], abs=0.02)
