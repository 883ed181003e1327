"""Conformal intervals cover what they promise where residuals are exchangeable, whatever their law."""

import numpy as np
import pytest

from sciml_bench.scores.forecasting.intervals import conformal_intervals, coverage_and_width, residual_scores


def test_the_width_is_the_order_statistic_of_the_finite_sample():
    scores = np.random.default_rng(0).permutation(np.arange(1, 20.0))  # 19: ⌈20 · 0.9⌉ = 18
    assert conformal_intervals(scores) == 18
    assert conformal_intervals(scores, 0.5) == 10
    assert conformal_intervals(np.arange(1, 10.0)) == 9  # the fewest: ⌈10 · 0.9⌉ = 9
    assert conformal_intervals(np.arange(1, 9.0)) == np.inf
    assert conformal_intervals(np.array([1.0, 2, 3, 4, 5, 6, 7, 8, np.nan])) == np.inf


@pytest.mark.parametrize("law", ["standard_cauchy", "standard_exponential"])
def test_exchangeable_residuals_are_covered_as_promised(law):
    """With n = 19 scores of a continuous law a new one is below the 18th smallest with a probability of 18/20."""
    scores = np.abs(getattr(np.random.default_rng(1), law)((20, 40_000)))
    covered = scores[-1] <= conformal_intervals(scores[:-1])
    assert covered.mean() == pytest.approx(0.9, abs=0.006)


def test_scores_are_in_units_of_the_spread():
    members = np.array([-1.0, 1.0])[:, None, None, None] * np.array([1.0, 3.0])[None, None, None, :]
    scores = residual_scores(members, np.array([[[2.0, -2.0]]]))
    np.testing.assert_allclose(scores[0, 0], [2 / np.sqrt(2), 2 / np.sqrt(18)])


def test_coverage_counts_what_is_scored_and_widths_are_mean_lengths():
    members = np.array([-1.0, 1.0])[:, None, None, None] * np.ones((2, 1, 4, 1))  # spread √2
    truth = np.array([0.5, 1.5, 5.0, np.nan])[None, :, None]
    scored = np.array([[True, True, True, False]])
    coverage, width = coverage_and_width(members, truth, np.array(np.sqrt(2)), scored)  # ± 2
    assert coverage == pytest.approx(2 / 3)
    assert width == pytest.approx(4)


def test_a_member_that_leaves_every_bound_makes_the_interval_infinite_not_narrow():
    members = np.ones((3, 1, 1, 1))
    members[0] = np.nan
    coverage, width = coverage_and_width(members, np.ones((1, 1, 1)), np.array(1.0), np.ones((1, 1), dtype=bool))
    assert (coverage, width) == (0, np.inf)


def test_an_overconfident_ensemble_is_widened_until_it_covers():
    """Spread 0.1 about forecasts that err by 1: the calibrated interval covers 90 %, the normal one next to nothing."""
    rng = np.random.default_rng(2)
    truth = rng.standard_normal((400, 30, 2))
    members = 0.1 * rng.standard_normal((8, 400, 30, 2))
    widths = conformal_intervals(residual_scores(members[:, :200], truth[:200]))
    scored = np.ones((200, 30), dtype=bool)
    coverage, width = coverage_and_width(members[:, 200:], truth[200:], widths, scored)
    assert coverage == pytest.approx(0.9, abs=0.02)
    assert width > 2 * 1.645
    assert coverage_and_width(members[:, 200:], truth[200:], np.array(1.645), scored)[0] < 0.2
