"""Frequencies and decay times of a damped rotation that is observed in other coordinates."""

import numpy as np
import pytest

from sciml_bench.koopman import KoopmanOperator

TIME_STEP, PERIOD, DECAY_TIME, SLOW = 0.5, 8.0, 12.0, 30.0


def test_a_damped_rotation_has_its_period_and_decay_time_and_modes_that_add_up():
    angle, damping = 2 * np.pi * TIME_STEP / PERIOD, np.exp(-TIME_STEP / DECAY_TIME)
    step = np.zeros((3, 3))
    step[:2, :2] = damping * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    step[2, 2] = np.exp(-TIME_STEP / SLOW)
    mixing = np.random.default_rng(0).standard_normal((3, 3))
    states = [np.ones(3)]
    for _ in range(40):
        states.append(step @ states[-1])
    observed = np.array(states) @ mixing.T
    operator = KoopmanOperator("edmd_left").fit(observed)
    modes = operator.dynamical_modes(TIME_STEP)
    np.testing.assert_allclose(np.sort(modes.frequencies), [-1 / PERIOD, 0, 1 / PERIOD], atol=1e-8)
    np.testing.assert_allclose(modes.decay_times, [SLOW, DECAY_TIME, DECAY_TIME], rtol=1e-6)
    assert modes.frequencies[0] == pytest.approx(0, abs=1e-8)  # the slowest first
    # E[y(x_t) | x_0] = Σ λ^{t−1} r(x_0) mode
    _, _, functions = operator.eig(observed[:1])
    for steps in (1, 5, 20):
        found = (functions[0] * modes.eigenvalues ** (steps - 1)) @ modes.modes
        np.testing.assert_allclose(found, observed[steps], atol=1e-6)
