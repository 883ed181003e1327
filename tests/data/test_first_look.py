"""A first look at a record finds the noise, the period, the gaps and the drift that were put in."""

import re

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data import Trajectories
from sciml_bench.data.first_look import first_look
from sciml_bench.data.first_look.noise import noise_deviation
from sciml_bench.data.first_look.periodicity import period_of
from sciml_bench.data.first_look.stationarity import change_of_halves
from sciml_bench.suite.first_comparison import tasks_for, tasks_line


def sine(n_rows=2000, period=20.0, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    return np.sin(2 * np.pi * np.arange(n_rows) / period) + noise * rng.standard_normal(n_rows)


@pytest.mark.parametrize("noise", [0.3, 0.03, 0.003])
def test_noise_on_a_sine_is_found(noise):
    values = np.stack([sine(noise=noise, seed=1), 1e6 * sine(noise=noise, seed=2)], axis=1)
    found = noise_deviation(np.arange(2000.0), values)
    np.testing.assert_allclose(found / [1, 1e6], noise, rtol=0.1)


def test_noise_is_found_on_any_clock_and_beside_jumps():
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.2, 1.8, 3000))
    smooth = np.sin(2 * np.pi * times / 40)
    jumps = np.where(times % 200 < 100, 5.0, 0.0)
    values = np.stack([smooth, jumps], axis=1) + 0.05 * rng.standard_normal((3000, 2))
    np.testing.assert_allclose(noise_deviation(times, values), 0.05, rtol=0.1)


def test_polynomials_have_no_noise_on_any_clock():
    times = np.cumsum(np.random.default_rng(0).uniform(0.5, 1.5, 200))
    values = np.stack([times, times**2, times**5], axis=1)
    assert (noise_deviation(times, values) < 1e-9 * values.std(axis=0)).all()


def test_the_estimate_of_few_rows_is_unbiased_to_a_tenth():
    values = np.stack([sine(100, noise=0.1, seed=seed) for seed in range(200)], axis=1)
    assert noise_deviation(np.arange(100.0), values).mean() == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize(("period", "noise", "accuracy"), [(7.3, 0, 1e-3), (31.4, 0, 1e-3), (17.7, 0.7, 5e-3)])
def test_the_period_of_a_sine_is_found(period, noise, accuracy):
    found = period_of(sine(1000, period, noise))
    assert found is not None
    assert found.steps == pytest.approx(period, rel=accuracy)
    assert found.correlation == pytest.approx(1 / (1 + 2 * noise**2), abs=0.06)


def test_the_period_of_pulses_is_that_of_their_first_harmonic():
    pulses = (np.arange(1000) % 25 < 3).astype(float)
    found = period_of(pulses + 0.01 * np.arange(1000))  # a straight line does not count
    assert found is not None
    assert found.steps == pytest.approx(25, rel=1e-3)


def test_what_does_not_come_back_three_times_has_no_period():
    assert period_of(sine(100, 40.0)) is None
    assert period_of(np.arange(100.0)) is None
    assert period_of(np.zeros(50)) is None
    rng = np.random.default_rng(0)
    assert [period_of(rng.standard_normal(n)) for n in (30, 100, 1000) for _ in range(10)] == [None] * 30


def test_halves_of_a_straight_line_a_whole_wave_and_a_louder_end():
    louder = sine(2000, 20.0) * np.where(np.arange(2000) < 1000, 1.0, 3.0)
    distance, growth = change_of_halves(np.stack([np.arange(2000.0), sine(), louder], axis=1))
    np.testing.assert_allclose(distance, [np.sqrt(3), 0, 0], atol=1e-6)
    np.testing.assert_allclose(growth, [1, 1, 3], rtol=1e-9)


def record(values, **options):
    return Trajectories((values.reshape(len(values), -1),), **options)


def test_gaps_jitter_and_missing_values_are_counted():
    rows = np.delete(np.arange(300), [100, 101, 200])
    times = 0.5 * rows.astype(float)
    times[10] += 0.02
    values = sine(300)[rows][:, None].repeat(2, axis=1)
    values[[20, 30, 40], [0, 1, 1]] = np.nan
    look = first_look(record(values, time_step=0.5, time_unit="s", times=(times,), masked=True))
    assert look.clock.line == "clock: every 0.5 s, jitter 4 %, 2 gaps, 3 missing values (0.51 %)"
    assert look.period is not None
    assert look.period[0].steps == pytest.approx(20, rel=1e-2)


def test_an_uneven_clock_is_told():
    times = np.cumsum(np.random.default_rng(0).uniform(0.1, 1.9, 200))
    look = first_look(record(np.sin(times), times=(times,), time_step=float(np.median(np.diff(times)))))
    assert not look.clock.is_even
    between = f"{np.diff(times).min():.4g} to {np.diff(times).max():.4g} step"
    assert look.clock.line.startswith(f"clock: uneven, every {between}, ")
    assert tasks_for(look)["spectrum"] == "the clock is uneven; data.resample=<step> makes it even"


def test_a_look_is_told_in_lines_with_names():
    values = np.stack([sine(noise=0.05), 3 + 0 * sine()], axis=1)
    look = first_look(record(values, component_names=("x", "y"), time_step=0.1, time_unit="s"))
    assert look.lines[0] == "clock: every 0.1 s, without jitter, no gap, no missing values"
    assert re.fullmatch(r"noise: x (6\.[5-9]|7|7\.[0-5]) %, y 0 % of the deviation", look.lines[1])  # .05 / .709
    assert look.lines[2].startswith("period: 2 s in x, 100 of them (correlation 0.9")
    assert look.lines[3].startswith("drift: the means of the two halves differ by 0.0")
    assert tasks_line(tasks_for(look)) == "tasks: forecast, equations, spectrum"


def test_what_is_noise_has_no_equations_and_what_drifts_no_spectrum():
    rng = np.random.default_rng(0)
    reasons = tasks_for(first_look(record(rng.standard_normal(600).cumsum() + 5 * rng.standard_normal(600))))
    assert "the noise is" in (reasons["equations"] or "")
    assert "not stationary" in (reasons["spectrum"] or "")
    white = first_look(record(rng.standard_normal(600)))
    assert "do not follow each other smoothly" in white.lines[1]
    assert "fewer than 500" in (tasks_for(first_look(record(sine(300))))["spectrum"] or "")
    wide = first_look(record(sine(600)[:, None] + rng.uniform(0, 9, 12)))
    assert "12 components are more than 10" in (tasks_for(wide)["equations"] or "")
    assert re.fullmatch(r"noise: .* to .* % of the deviation", wide.lines[1])


def test_three_rows_are_too_few():
    with pytest.raises(DataError, match="3 rows are too few"):
        first_look(record(np.arange(3.0)))
