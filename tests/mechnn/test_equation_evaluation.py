"""Equations are scored on whatever parts a record has, and drawn from what was scored."""

import numpy as np
import pytest
from discovery_cases import library, support_of

from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.drawing import pictures_of
from sciml_bench.mechnn import DiscoveredEquations, EquationEvaluation

TIMES = 0.1 * np.arange(60)
CIRCLES = np.stack([[np.sin(TIMES + phase), np.cos(TIMES + phase)] for phase in (0, 1, 2)]).transpose(0, 2, 1)
FORECAST = {"forecast_mse", "forecast_relative_error", "forecast_error_over_mean"}
FORECAST |= {"forecast_length", "forecast_standardised_error", "forecast_horizon"}


def evaluated(**split):
    """Of x′ = y, y′ = −x."""
    record = TrajectoryFiles.from_arrays(TIMES, CIRCLES, component_names=["x", "y"], **split)
    record.setup()
    terms = library(2, 1)
    learned = DiscoveredEquations(terms, support_of(terms, {("y", 0): 1.0, ("x", 1): -1.0})[0])
    return EquationEvaluation()(learned, record)


def test_the_forecast_stands_beside_the_rows_that_it_forecasts():
    results = evaluated(split={"train": 40, "test": 20})
    assert results.metrics["n_terms"] == 2
    assert results.metrics["one_step_residual"] < 1e-6
    assert "noise_deviation" not in results.metrics, "states that are taken as they are say nothing of their noise"
    assert results.metrics["forecast_relative_error"] < 1e-9
    forecast = results.arrays["forecast"]
    assert np.isnan(forecast[:, :40]).all()
    np.testing.assert_allclose(forecast[:, 40:], CIRCLES[:, 40:], atol=1e-9)
    np.testing.assert_allclose(results.arrays["simulation"], CIRCLES, atol=1e-9)


def test_a_law_that_denoises_tells_the_noise():
    noise = 0.05 * np.random.default_rng(0).normal(size=CIRCLES.shape)
    record = TrajectoryFiles.from_arrays(TIMES, CIRCLES + noise, component_names=["x", "y"])
    record.setup()
    terms = library(2, 1)
    law = support_of(terms, {("y", 0): 1.0, ("x", 1): -1.0})[0]
    results = EquationEvaluation()(DiscoveredEquations(terms, law, stiffness=1e6), record)
    assert results.metrics["noise_deviation"] == pytest.approx(noise.std(), rel=0.05)


def test_the_exact_law_of_clean_rows_that_are_far_apart_misses_none_of_them():
    """Logistic growth in closed form: what is left is the error of the integrator that tells the residual."""
    times = np.arange(15.0)
    record = TrajectoryFiles.from_arrays(times, 1 / (1 + np.exp(5 - times))[:, None], component_names=["x"])
    record.setup()
    terms = library(1, 2)
    learned = DiscoveredEquations(terms, support_of(terms, {("x", 0): 1.0, ("x^2", 0): -1.0})[0])
    assert EquationEvaluation()(learned, record).metrics["one_step_residual"] < 1e-12


@pytest.mark.parametrize(
    ("split", "scored"),
    [
        ({"split": {"train": 1.0}}, set()),
        ({"split": {"train": 2, "test": 1}, "split_by": "trajectory"}, FORECAST),
        ({"split": {"train": 40, "test": 20}}, FORECAST),
    ],
)
def test_every_picture_is_drawn_whatever_parts_there_are(split, scored):
    results = evaluated(**split)
    assert {name for name in results.metrics if name.startswith("forecast")} == scored
    assert set(pictures_of(results.stored_arrays)) == {
        "coefficients",
        "discovered_trajectories",
        "simulated_phase_portrait",
    }


def test_equations_that_leave_every_bound_are_scored_by_what_is_left():
    """x′ = 50 x² is infinite within a tenth of one; equations, noise and pictures are there all the same."""
    rows = 1 + 0.1 * np.sin(np.arange(20))[:, None]
    record = TrajectoryFiles.from_arrays(
        0.1 * np.arange(20), rows, component_names=["x"], split={"train": 15, "test": 5}
    )
    record.setup()
    terms = library(1, 2)
    learned = DiscoveredEquations(terms, support_of(terms, {("x^2", 0): 50.0})[0], stiffness=10.0)
    results = EquationEvaluation()(learned, record)
    assert results.metrics["n_terms"] == 1
    assert results.metrics["one_step_residual"] == results.metrics["forecast_mse"] == np.inf
    assert np.isnan(results.arrays["forecast"]).all()
    assert np.abs(results.arrays["denoised"][0, :15] - rows[:15]).max() < 0.1
    assert "coefficients" in pictures_of(results.stored_arrays)
