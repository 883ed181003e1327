"""Solutions and residuals of an operator that is exact, on any grid."""

import numpy as np
import pytest
import torch

from sciml_bench.nsm import solving
from sciml_bench.nsm.equations import Poisson
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.networks.spectral_operator import SpectralOperator
from sciml_bench.nsm.solving import prediction, residual_l2

TURN = 2 * np.pi
POINTS = np.arange(16) / 16


@pytest.fixture
def exact():
    """−Δu = f with u = f / (4π² (k² + l²)), mode by mode."""
    problem = Poisson(n_points=16)
    model = SpectralOperator(problem, modes=[7, 7], width=1, depth=1).double()
    waves = (np.arange(7) + 1) // 2
    squares = TURN**2 * np.add.outer(waves**2, waves**2)
    squares[0, 0] = np.inf
    factor = torch.from_numpy(1 / squares)
    model.coefficients = lambda fields: factor * fields[:, :7, :7]
    return model, problem


def sources(amplitudes=(1.0, -2.0)):
    field = np.sin(TURN * POINTS)[:, None] * np.cos(TURN * 3 * POINTS) + np.cos(TURN * 3 * POINTS)[:, None]
    return np.stack([amplitude * field for amplitude in amplitudes])


def solution(x, y):
    return np.sin(TURN * x)[:, None] * np.cos(TURN * 3 * y) / (10 * TURN**2) + np.cos(TURN * 3 * x)[:, None] / (
        9 * TURN**2
    )


@pytest.mark.parametrize("size", [(16, 12), (5, 4), (3, 40)])
def test_predictions_are_the_solution_at_the_points_of_the_grid_also_at_fewer_points_than_waves(exact, size):
    model, problem = exact
    grid = Grid.equally_spaced(problem.axes, size)
    found = prediction(model, problem, sources(), grid)
    expected = solution(*(np.arange(n) / n for n in size))
    np.testing.assert_allclose(found, np.stack([expected, -2 * expected]), atol=1e-12)


def test_many_fields_are_solved_a_few_at_a_time_in_their_order(exact, monkeypatch):
    model, problem = exact
    grid = Grid.equally_spaced(problem.axes, (8, 8))
    amplitudes = np.arange(1.0, 8.0)
    together = prediction(model, problem, sources(amplitudes), grid)
    monkeypatch.setattr(solving, "_VALUES_AT_ONCE", 3 * 64)
    np.testing.assert_allclose(prediction(model, problem, sources(amplitudes), grid), together, atol=1e-15)
    np.testing.assert_allclose(together[:, 1, 1] / together[0, 1, 1], amplitudes, rtol=1e-10)


def test_the_residual_of_the_solution_vanishes_and_is_the_source_where_there_is_none(exact):
    model, problem = exact
    amplitudes = np.arange(1.0, 21.0)  # more than are taken at once
    np.testing.assert_allclose(residual_l2(model, problem, sources(amplitudes)), 0, atol=1e-8)
    model.coefficients = lambda fields: torch.zeros(len(fields), 7, 7, dtype=torch.float64)
    # ∫ (sin cos)² = 1/4 and ∫ cos² = 1/2
    np.testing.assert_allclose(residual_l2(model, problem, sources(amplitudes)), amplitudes * 0.75**0.5, rtol=1e-10)
