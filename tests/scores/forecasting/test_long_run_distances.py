"""Distances of invariant measures and of spectra where they are known in closed form."""

import numpy as np
import pytest
from scipy.special import erf

from sciml_bench.scores.forecasting.invariant_measure import histogram_distance, state_space_divergence
from sciml_bench.scores.forecasting.power_spectra import spectrum_hellinger_distance

N_ROWS = 200_000


def gaussian(mean, deviation, n_rows=N_ROWS, dim=1, seed=0):
    return mean + deviation * np.random.default_rng(seed).standard_normal((n_rows, dim))


def test_histograms_of_two_uniform_laws_differ_by_what_does_not_overlap():
    grid = (np.arange(N_ROWS) + 0.5)[:, None] / N_ROWS
    assert histogram_distance(grid, grid) == 0
    # the second half alone: half of its weight is missing on the left, as much too many on the right
    assert histogram_distance(0.5 + grid / 2, grid) == pytest.approx(0.5, abs=0.02)
    assert histogram_distance(grid + 5, grid) == pytest.approx(1)
    two = np.hstack([grid + 5, grid])
    assert histogram_distance(two, np.hstack([grid, grid])) == pytest.approx(0.5)


def test_the_divergence_of_two_gaussians_is_their_closed_form():
    """KL(N(0, 1) ‖ N(m, s²)) = ln s + (1 + m²)/(2 s²) − 1/2."""
    found = state_space_divergence(gaussian(0.5, 1.3, seed=1), gaussian(0, 1), n_bins=60)
    assert found == pytest.approx(np.log(1.3) + (1 + 0.25) / (2 * 1.69) - 0.5, abs=0.01)


def test_the_divergence_adds_up_over_independent_components():
    truth, found = gaussian(0, 1, dim=2), gaussian(0.3, 1, dim=2, seed=1)
    assert state_space_divergence(found, truth) == pytest.approx(2 * 0.3**2 / 2, abs=0.02)


def test_what_lies_outside_the_range_of_the_truth_is_weight_that_is_missing_inside():
    truth = np.random.default_rng(0).random((N_ROWS, 1))
    half = truth.copy()
    half[::2] = 1e9
    half[2::4] = np.nan
    assert state_space_divergence(half, truth) == pytest.approx(np.log(2), abs=0.01)
    assert state_space_divergence(np.full((100, 1), np.nan), truth) > 10


def test_in_many_components_it_is_the_divergence_of_smoothed_gaussians():
    """A mixture of unit Gaussians around draws of N(m, 1) is N(m, 2): KL = d m² / (2 · 2)."""
    truth, found = gaussian(0, 1, 4000, dim=4), gaussian(0.8, 1, 4000, dim=4, seed=1)
    assert state_space_divergence(found, truth) == pytest.approx(4 * 0.64 / 4, abs=0.12)
    assert abs(state_space_divergence(gaussian(0, 1, 4000, dim=4, seed=1), truth)) < 0.05
    gone = found.copy()
    gone[::2] = np.nan  # half of the weight
    assert state_space_divergence(gone, truth) == pytest.approx(4 * 0.64 / 4 + np.log(2), abs=0.15)
    assert state_space_divergence(np.full((10, 4), np.nan), truth) == np.inf


def test_spectra_of_equal_rhythm_agree_whatever_the_phase_and_the_size():
    t = np.arange(4096)
    rhythm = np.stack([np.sin(2 * np.pi * 64 * t / 4096), np.cos(2 * np.pi * 200 * t / 4096)], axis=1)
    moved = 5 + 3 * np.roll(rhythm, 17, axis=0)
    assert spectrum_hellinger_distance(moved, rhythm) == pytest.approx(0, abs=1e-6)


def test_unsmoothed_lines_apart_have_the_largest_distance():
    t = np.arange(4096)
    one, other = (np.sin(2 * np.pi * number * t / 4096)[:, None] for number in (64, 65))
    assert spectrum_hellinger_distance(one, other, smoothing=0) == pytest.approx(1)


@pytest.mark.parametrize("apart", [20, 40, 80])
def test_smoothed_lines_are_gaussians_with_their_known_distance(apart):
    """Two Gaussians of deviation s that lie Δ apart: H² = 1 − exp(−Δ²/(8 s²))."""
    t = np.arange(4096)
    one, other = (np.sin(2 * np.pi * number * t / 4096)[:, None] for number in (600, 600 + apart))
    expected = np.sqrt(1 - np.exp(-(apart**2) / (8 * 20.0**2)))
    assert spectrum_hellinger_distance(one, other) == pytest.approx(expected, abs=4e-3)


def test_half_the_power_elsewhere_is_the_distance_of_the_shares():
    """p = {1}, q = {1/2, 1/2} on lines far apart: H² = 1 − √(1/2)."""
    t = np.arange(4096)
    one, other = (np.sin(2 * np.pi * number * t / 4096) for number in (300, 1500))
    found = spectrum_hellinger_distance((one + other)[:, None], one[:, None])
    assert found == pytest.approx(np.sqrt(1 - np.sqrt(0.5)), abs=1e-3)


def test_a_forecast_at_rest_or_out_of_bounds_has_no_rhythm():
    truth = np.sin(np.arange(500.0))[:, None]
    broken = truth.copy()
    broken[-1] = np.nan
    assert spectrum_hellinger_distance(np.ones((500, 1)), truth) == 1
    assert spectrum_hellinger_distance(broken, truth) == 1
    assert spectrum_hellinger_distance(np.ones((500, 1)), np.zeros((500, 1))) == 0


def test_the_reference_of_the_mixture_is_the_normal_law_itself():
    """What the test above relies on: the share of N(0, 2) within one unit, of draws smoothed by unit Gaussians."""
    draws = gaussian(0, 1, 4000)[:, 0] + np.random.default_rng(5).standard_normal(4000)
    assert np.mean(np.abs(draws) < 1) == pytest.approx(erf(1 / 2), abs=0.02)
