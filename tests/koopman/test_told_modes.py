"""Eigenvalues in words, against periods and decay times that are known."""

import numpy as np
import pytest
import torch
from koopman_cases import estimated, pairs_of
from scipy.signal import lfilter

from sciml_bench.data import Record, Trajectories
from sciml_bench.koopman import Evaluation
from sciml_bench.koopman.told_drift import told_drift
from sciml_bench.koopman.told_modes import told_modes, told_overfitting


def test_periods_and_decay_times_of_a_known_oscillator_are_told():
    values = np.exp(np.array([0, -0.1 + 0.2j * np.pi, -0.1 - 0.2j * np.pi, -0.5, -1 + 1j * np.pi]) * 0.5)
    assert told_modes(values, 0.5, "year") == (
        "modes: period 10 year, decays in 10 year; decays in 2 year; period 2 year, decays in 1 year"
    )


def test_modes_that_do_not_decay_or_grow_are_told_as_such_and_the_constant_is_not():
    assert told_modes(np.array([1, -1, np.exp(0.1)], dtype=complex), 1.0, "s") == (
        "modes: period 2 s, does not decay; grows in 10 s"
    )
    assert told_modes(np.array([1.0 + 0j]), 1.0, "s") is None
    assert told_modes(np.array([1.0, 1e-16, -1e-23], dtype=complex), 1.0, "s") is None  # zeros but for rounding


def test_no_period_is_told_that_the_record_cannot_have_seen():
    values = np.exp(np.array([1e-4 + 2e-4j, 1e-4 - 2e-4j, -1e-4 + 0j, -0.1 + 1j]))  # of a straight line, and of a wave
    assert told_modes(values, 1.0, "s", 9.0) == "modes: does not change in 9 s; period 6.283 s, decays in 10 s"
    assert "period 3.142e+04 s" in str(told_modes(values, 1.0, "s", 900.0))


def test_an_operator_that_tells_less_than_the_mean_is_told():
    assert told_overfitting({"vamp_e_validation": 1.7, "vamp_e_test": 1.0, "vamp_2_test": 0.1}) == ()
    (note,) = told_overfitting({"vamp_e_validation": 1.7, "vamp_e_test": -28.87})
    assert note.startswith("vamp_e_test is -28.9, and that of the mean alone is 1; the operator is overfitted")


def test_a_run_of_too_many_features_for_its_rows_says_so():
    rng = np.random.default_rng(0)
    noise = {part: Trajectories((rng.standard_normal((60, 1)),)) for part in ("train", "validation", "test")}
    record = type("Noise", (Record,), {"load_splits": lambda self: noise})()
    learned = estimated(pairs_of(record), lambda x: torch.cat([torch.cos(k * x) for k in range(40)], dim=1), "cca")
    notes = Evaluation(n_bootstrap=5, timescale_lags=(1,))(learned, record).notes
    assert any("overfitted" in note for note in notes)


def one(states: np.ndarray) -> Trajectories:
    return Trajectories((states,), time_step=0.1, time_unit="ps")


def decaying(decay: float, noise: np.ndarray) -> np.ndarray:
    return lfilter([1.0], [1.0, -np.exp(-1 / decay)], noise, axis=0)


@pytest.mark.parametrize("seed", range(5))
def test_what_drifts_is_named_and_what_returns_is_not(seed):
    noise = np.random.default_rng(seed).standard_normal((2000, 3))
    returning, wave = decaying(40.0, noise), np.sin(2 * np.pi * np.arange(2000) / 400)[:, None]
    assert told_drift(one(np.hstack([returning, wave + 0.1 * noise])), "ps") is None
    walk = np.cumsum(noise[:, :1], axis=0)
    told = told_drift(one(np.hstack([returning, walk, walk + returning])), "ps")
    assert told is not None
    assert told.startswith("x4")
    assert "of the 199.9 ps of the training data" in told


def test_a_trend_is_a_drift_and_many_trajectories_may_start_anywhere():
    rng = np.random.default_rng(0)
    trend = np.arange(300.0)[:, None] + rng.standard_normal((300, 1))
    assert told_drift(one(trend), "ps") is not None
    starts = tuple(np.cumsum(rng.standard_normal((300, 1)), axis=0) for _ in range(20))
    assert told_drift(Trajectories(starts, time_step=1.0), "step") is None
