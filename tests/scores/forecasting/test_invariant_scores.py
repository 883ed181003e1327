"""Drift of what a system conserves, along motions for which it is known."""

import numpy as np
import pytest

from sciml_bench.scores.forecasting.invariants import LARGEST_DRIFT, invariant_scores
from sciml_bench.systems import DoublePendulum, KortewegDeVries, Lorenz63, LotkaVolterra, TwoBody, VanDerPol


def motions(system, spread=0.05, n_rows=40):
    start = system.default_initial_state
    return system.reference(np.stack([start, (1 + spread) * start]), 0.05 * np.arange(n_rows))


@pytest.mark.parametrize("system", [LotkaVolterra(), DoublePendulum(), TwoBody()])
def test_true_motions_do_not_drift(system):
    true = motions(system)
    metrics, starts = invariant_scores(true, true, system)
    assert metrics["invariant_drift"] < 1e-6
    assert metrics["invariant_drift_reference"] < 1e-6
    assert starts["invariant_drift"].shape == (2,)


def test_a_field_that_grows_by_a_tenth_has_a_fifth_more_momentum():
    waves = KortewegDeVries(n_points=64, length=20.0)
    field = np.sin(2 * np.pi * waves.grid / 20) * np.ones((1, 5, 1))
    grown = field * np.linspace(1, 1.1, 5)[:, None]
    assert invariant_scores(grown, field, waves)[0]["invariant_drift"] == pytest.approx(0.21)


def test_the_mean_is_over_starts_and_what_breaks_down_counts_as_the_largest():
    system = DoublePendulum()
    true = motions(system)
    broken = true.copy()
    broken[1, -1] = np.nan
    metrics, starts = invariant_scores(broken, true, system)
    assert starts["invariant_drift"][1] == LARGEST_DRIFT
    assert metrics["invariant_drift"] == pytest.approx(LARGEST_DRIFT / 2)


@pytest.mark.parametrize("system", [Lorenz63(), VanDerPol(), None])
def test_what_conserves_nothing_has_no_drift(system):
    assert invariant_scores(np.zeros((1, 3, 3)), np.zeros((1, 3, 3)), system) == ({}, {})
