from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.observation_times import listed_times, regular_times


@pytest.mark.parametrize(
    ("time_step", "end_time", "extrapolation", "n_learned", "n_times"),
    [
        (0.1, 6.0, 1.0, 61, 121),
        (0.1, 3.1, 1.0, 32, 63),
        (0.1, 3.0, 0.0, 31, 31),
        (0.3, 9.1, 1.0, 31, 61),
        (1, 10, 0.5, 11, 16),
    ],
)
def test_a_regular_clock_ends_where_it_is_told(time_step, end_time, extrapolation, n_learned, n_times):
    times, n_interpolation = regular_times(time_step, end_time, extrapolation)
    assert (n_interpolation, len(times)) == (n_learned, n_times)
    np.testing.assert_allclose(times, np.arange(n_times) * time_step, rtol=1e-15)


@given(st.integers(1, 2000), st.integers(1, 999), st.integers(1, 3))
@settings(max_examples=200, deadline=None)
def test_a_multiple_of_the_step_is_observed_whatever_its_rounding(n_steps, numerator, digits):
    step = Fraction(numerator, 10**digits)
    times, n_interpolation = regular_times(float(step), float(n_steps * step), 0.0)
    assert n_interpolation == len(times) == n_steps + 1


def test_listed_times_may_be_integers_at_any_distance():
    times, n_interpolation = listed_times([0, 1, 5, 6.5], 3)
    assert times.dtype == np.float64
    assert times.tolist() == [0.0, 1.0, 5.0, 6.5]
    assert n_interpolation == 3
    assert listed_times([0, 2], None)[1] == 2


@pytest.mark.parametrize(
    "times", [[0], [], [0, 1, 1], [2, 1], [0, float("nan")], [0, float("inf")], ["a", "b"], [[0, 1]], [[0], [1, 2]]]
)
def test_listed_times_that_are_no_clock_are_named(times):
    with pytest.raises(ConfigurationError, match=r"data\.times="):
        listed_times(times, None)


@pytest.mark.parametrize("n_interpolation", [1, 0, 5, 2.5, "half", True])
def test_a_window_that_does_not_fit_the_times_is_named(n_interpolation):
    with pytest.raises(ConfigurationError, match=rf"data\.n_interpolation={n_interpolation}: .*all 4"):
        listed_times([0, 1, 2, 3], n_interpolation)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((0, 6, 1), "data.time_step=0"),
        ((-0.1, 6, 1), "data.time_step=-0.1"),
        ((0.1, None, 1), "data.end_time=None"),
        ((0.1, float("nan"), 1), "data.end_time=nan"),
        ((0.1, 0.05, 1), "only the time 0"),
        ((0.1, 6, -1), "data.extrapolation=-1"),
    ],
)
def test_a_clock_that_does_not_run_is_named(options, message):
    with pytest.raises(ConfigurationError, match=message):
        regular_times(*options)
