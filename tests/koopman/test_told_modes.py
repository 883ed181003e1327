"""Eigenvalues in words, against periods and decay times that are known."""

import numpy as np
import pytest

from sciml_bench.data.trajectories import Trajectories
from sciml_bench.koopman.operator import KoopmanOperator
from sciml_bench.koopman.told_modes import told_drift, told_modes


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


def eigenvalues_of(states: np.ndarray) -> np.ndarray:
    return KoopmanOperator("ridge", add_constant=True).fit(states[:-1], states[1:]).eigenvalues_


@pytest.mark.parametrize("seed", range(5))
def test_a_random_walk_drifts_and_a_process_that_returns_does_not(seed):
    noise = np.random.default_rng(seed).standard_normal((2000, 1))
    returning = np.zeros((2000, 1))
    for row in range(1, 2000):
        returning[row] = 0.9 * returning[row - 1] + noise[row]
    for states, drifts in ((np.cumsum(noise, axis=0), True), (returning, False)):
        told = told_drift(eigenvalues_of(states), 0.1, Trajectories((states,), time_step=0.1), "ps")
        assert (told is not None) == drifts
        assert told is None or "the training data last only 199.9 ps: the states drift" in told


def test_many_short_trajectories_count_together():
    # 200 trajectories of 11 rows each show a decay over 5 steps although none is long
    rng = np.random.default_rng(1)
    short = rng.standard_normal((200, 1, 1)) / np.sqrt(1 - 0.8**2)
    for _ in range(10):
        short = np.concatenate([short, 0.8 * short[:, -1:] + rng.standard_normal((200, 1, 1))], axis=1)
    train = Trajectories(tuple(short), time_step=1.0)
    assert told_drift(np.array([1, 0.8], dtype=complex), 1.0, train, "step") is None
    assert told_drift(np.array([1, 0.8], dtype=complex), 1.0, train.select(trajectories=[0]), "step") is not None
