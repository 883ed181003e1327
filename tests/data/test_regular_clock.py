"""Which clocks are regular, and their step; the cases are made by hand."""

import numpy as np
import pytest

from sciml_bench.data.regular_clock import keeps_step, median_step, whole_steps

EVEN = 0.25 * np.arange(80)


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1.0, 3.7, 1e9])
@pytest.mark.parametrize("start", [0.0, 1845.0])
def test_a_clock_is_regular_in_every_unit_and_from_any_start(unit, start):
    times = unit * (start + EVEN)
    assert keeps_step(times, 0.25 * unit)
    assert not keeps_step(times, 0.27 * unit)
    assert median_step([times]) == pytest.approx(0.25 * unit, rel=1e-9)


def test_a_clock_that_drifts_away_row_by_row_is_regular_and_one_that_changes_its_rate_is_not():
    assert keeps_step(EVEN * 1.005, 0.25)
    bent = np.concatenate([EVEN, EVEN[-1] + 1.5 * EVEN[1:]])
    assert not keeps_step(bent, 0.25)
    assert not keeps_step(bent, float(np.diff(bent).mean()))


def test_a_missing_row_is_counted_whatever_the_jitter():
    jitter = np.random.default_rng(0).uniform(-0.02, 0.02, 80)
    times = np.delete(EVEN + jitter, [30, 31, 50])
    assert not keeps_step(times, 0.25)
    whole = whole_steps(times, 0.25)
    assert whole is not None
    assert whole.tolist() == [1] * 29 + [3] + [1] * 17 + [2] + [1] * 28
    assert median_step([times]) == pytest.approx(0.25, rel=1e-3)


def test_times_at_any_distance_are_on_no_clock():
    assert whole_steps(np.array([0.0, 1.0, 2.5, 3.5]), 1.0) is None
    assert not keeps_step(np.array([0.0, 1.0, 4.0]), 2.0)
    assert median_step([np.array([0.0, 1.0, 2.4, 3.9])]) == pytest.approx(1.4)


def test_rounding_is_no_jitter_as_long_as_the_last_decimal_is_finer_than_the_step():
    assert keeps_step(np.round(np.arange(500) / 30, 2), 1 / 30)  # off by .15 of a step
    assert not keeps_step(np.arange(500) / 30 + 0.005 * np.sin(np.arange(500.0)), 1 / 30)
    assert not keeps_step(np.round(np.arange(500) / 30, 1), 1 / 30)


def test_a_single_row_is_on_every_clock():
    assert keeps_step(np.array([3.0]), 1.0)
    assert median_step([np.array([3.0])]) == 1.0
