"""Places of planets by hand: a right angle, a known distance, a Moon beside its Earth."""

import numpy as np
import pytest

from sciml_bench.data import RecordSpec
from sciml_bench.scores.ephemeris_scores import angles_between, ephemeris_scores

KILOMETRES = 149_597_870.7
NAMES = ("sun", "earth", "moon")
TRUTH = np.zeros((1, 2, 3, 3))
TRUTH[..., 1, :] = [1.0, 0.0, 0.0]
TRUTH[..., 2, :] = [1.0, 0.003, 0.0]


def spec(names=NAMES):
    shape = (len(names), 3)
    return RecordSpec(shape, 1.0, "day", ("x", "y", "z"), np.zeros(shape), np.ones(shape), (2,), body_names=names)


def test_errors_are_kilometres_and_degrees_over_time_and_at_the_end():
    prediction = TRUTH.copy()
    prediction[0, 1, 1] = [0.0, 2.0, 0.0]  # at the last of two times, a right angle away and √5 off
    scores = ephemeris_scores(prediction, TRUTH, spec())
    assert scores["position_error_earth_end"] == pytest.approx(np.sqrt(5) * KILOMETRES)
    assert scores["position_error_earth"] == pytest.approx(np.sqrt(5) / 2 * KILOMETRES)
    assert scores["angle_error_earth_end"] == pytest.approx(90)
    assert scores["angle_error_earth"] == pytest.approx(45)
    assert scores["position_error_moon"] == scores["angle_error_moon_end"] == 0
    assert not any("sun" in name for name in scores)


def test_the_moon_is_also_seen_from_the_earth():
    prediction = TRUTH.copy()
    prediction[..., 2, :] = [1.0, 0.0, 0.003]  # a quarter of its orbit away, and next to nothing from the Sun
    scores = ephemeris_scores(prediction, TRUTH, spec())
    assert scores["angle_error_moon_from_earth"] == pytest.approx(90)
    # the legs of a right triangle stand 0.003 from the Earth's direction: tan² of each
    expected = np.degrees(np.arccos(1 / (1 + 0.003**2)))
    assert scores["angle_error_moon"] == pytest.approx(expected, rel=1e-6)
    assert "angle_error_moon_from_earth" not in ephemeris_scores(prediction, TRUTH, spec(("sun", "mars", "moon")))


def test_what_is_not_finite_is_as_far_away_as_the_body_ever_is_and_behind():
    truth = TRUTH.copy()
    truth[0, 1, 1] = [0.0, 1.5, 0.0]
    prediction = truth.copy()
    prediction[0, 0, 1, 2] = np.nan
    scores = ephemeris_scores(prediction, truth, spec())
    assert scores["position_error_earth"] == pytest.approx(1.5 / 2 * KILOMETRES)
    assert scores["angle_error_earth"] == pytest.approx(180 / 2)
    assert scores["position_error_earth_end"] == 0


@pytest.mark.parametrize("angle", [1e-9, 1e-4, 30.0, 90.0, 179.9999])
def test_small_and_large_angles_keep_their_digits(angle):
    turned = 3.0 * np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0.0])
    found = angles_between(np.array([[0.5, 0.0, 0.0]]), turned[None])
    np.testing.assert_allclose(found, [angle], rtol=1e-7)


def test_a_direction_that_is_none_is_behind():
    assert angles_between(np.zeros((1, 3)), np.ones((1, 3))) == [180.0]
