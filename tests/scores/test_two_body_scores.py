"""What gravity conserves, for motions whose drift is known beforehand."""

import numpy as np
import pytest

from sciml_bench.data import RecordSpec
from sciml_bench.scores.two_body_scores import two_body_scores, with_velocities
from sciml_bench.systems import TwoBody

STEP = 0.05
TIMES = STEP * np.arange(30)


def circle(mass, radius=1.0):
    """Two equal masses on one circle around their barycentre, by Newton's law: m ω² r = G m² / (2 r)²."""
    rate = np.sqrt(mass / (4 * radius**3))
    one = radius * np.stack([np.cos(rate * TIMES), np.sin(rate * TIMES)], axis=-1)
    return np.stack([one, -one], axis=1)[None], rate


def spec(system):
    names = ("x", "y")
    shape = (2, 2)
    return RecordSpec(shape, STEP, "time", names, np.zeros(shape), np.ones(shape), (30,), system=system)


SYSTEM = TwoBody(mass_1=1.0, mass_2=1.0, gravity=1.0)


def test_velocities_of_polynomials_up_to_degree_8_are_exact():
    t = np.linspace(-1, 1, 11)
    powers = [8, 7, 3, 1]
    positions = np.stack([t**power for power in powers], axis=-1).reshape(1, 11, 2, 2)
    states = with_velocities(positions, t[1] - t[0])
    assert states.shape == (1, 3, 8)
    inner = t[4:-4]
    expected = np.stack([power * inner ** (power - 1) for power in powers], axis=-1)
    np.testing.assert_allclose(states[0, :, 4:], expected, atol=1e-12)
    np.testing.assert_array_equal(states[0, :, :4], positions[0, 4:-4].reshape(3, 4))


def test_the_truth_does_not_drift():
    truth, _ = circle(1.0)
    scores = two_body_scores(truth, truth, spec(SYSTEM))
    assert set(scores) == {
        f"{name}_drift{suffix}" for name in ("energy", "angular_momentum") for suffix in ("", "_median", "_reference")
    }
    assert max(scores.values()) < 1e-9


def test_a_motion_that_is_twice_as_quick_has_the_drift_of_its_velocities():
    truth, rate = circle(1.0)
    angles = 2 * rate * TIMES
    one = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    quick = np.stack([one, -one], axis=1)[None]
    scores = two_body_scores(quick, truth, spec(SYSTEM))
    # kinetic energy K = −V/2 on the circle, so E = −K becomes 4 K − 2 K = 2 K: |−2 − 1| = 3; the momentum doubles
    assert scores["energy_drift"] == pytest.approx(3, rel=1e-6)
    assert scores["angular_momentum_drift"] == pytest.approx(1, rel=1e-6)


def test_a_motion_that_grows_quicker_has_the_drift_of_its_last_velocity():
    truth, rate = circle(1.0)
    angles = rate * (TIMES + TIMES**2 / 20)  # the velocity grows by t / 10
    one = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    scores = two_body_scores(np.stack([one, -one], axis=1)[None], truth, spec(SYSTEM))
    last = 1 + TIMES[-5] / 10  # four rows before the end the velocity is still known
    assert scores["angular_momentum_drift"] == pytest.approx(last - 1, rel=1e-6)
    assert scores["energy_drift"] == pytest.approx(last**2 - 1, rel=1e-6)  # E / E₀ = 2 − v²


def test_drifts_are_averaged_over_trajectories_and_the_largest_of_each_counts():
    truth, _ = circle(1.0)
    three = np.concatenate([truth] * 3)
    predicted = three.copy()
    predicted[2, -1] = np.nan  # one motion of three breaks down
    scores = two_body_scores(predicted, three, spec(SYSTEM))
    assert scores["energy_drift"] == pytest.approx(1e6 / 3, rel=1e-6)
    assert scores["energy_drift_median"] < 1e-9
    assert scores["energy_drift_reference"] < 1e-9


def test_fewer_than_nine_states_are_not_measured():
    truth, _ = circle(1.0)
    assert two_body_scores(truth[:, :8], truth[:, :8], spec(SYSTEM)) == {}
    assert two_body_scores(truth[:, :9], truth[:, :9], spec(SYSTEM)) != {}
