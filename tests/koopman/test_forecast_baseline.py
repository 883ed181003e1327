"""Forecast errors are relative to those of the mean, whatever the mean is."""

import numpy as np
import pytest
import torch
from koopman_cases import estimated, logistic_pairs

from sciml_bench.koopman.evaluation import Evaluation


def relative_errors(features, view):
    evaluation = Evaluation(forecast_steps=3, n_bootstrap=2, quadrature_points=20, leading_eigenvalues=1)
    metrics = evaluation(estimated(view, features), view.record).metrics
    return [
        metrics[name]
        for name in ("forecast_error_over_mean", *(f"forecast_error_over_mean_step_{n}" for n in (1, 2, 3)))
    ]


def nothing(states):
    """A constant, and a wave too quick to say anything of the state."""
    return torch.cat([torch.ones(len(states), 1), torch.sin(1e4 * states)], dim=1)


def test_who_forecasts_the_mean_has_a_relative_error_of_one():
    view = logistic_pairs(n_steps=2000)
    states = np.concatenate(view.record.splits["test"].states)
    assert abs(states.mean()) > 1.3 * states.std()  # far from zero: forecasting that would look good otherwise
    assert relative_errors(nothing, view) == pytest.approx([1, 1, 1, 1], abs=0.02)
