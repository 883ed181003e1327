"""Records of the package dysts, against an integration of our own."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import DystsTrajectories


def loaded(name, **options):
    record = DystsTrajectories(name, **{"n_steps": 60, "burn_in": 1.0, **options})
    record.setup()
    return record


def test_without_the_package_it_is_said_how_to_get_it_and_nothing_else(monkeypatch, caplog, tmp_path):
    caplog.set_level("INFO")
    monkeypatch.setitem(__import__("sys").modules, "dysts", None)
    with pytest.raises(ConfigurationError, match=r"data.name=Lorenz: the package dysts is missing; install it with"):
        DystsTrajectories("Lorenz", cache=tmp_path).setup()
    assert not caplog.messages  # it does not announce a simulation that it cannot make


def test_rows_are_one_step_of_the_told_clock_apart():
    pytest.importorskip("dysts")
    part = loaded("Rossler").splits["train"]
    a, b, c = 0.2, 0.2, 5.7  # the package's parameters
    step, (states,) = part.time_step, part.states
    ours = solve_ivp(
        lambda t, x: [-x[1] - x[2], x[0] + a * x[1], b + x[2] * (x[0] - c)],
        (0, step * (len(states) - 1)),
        states[0],
        t_eval=step * np.arange(len(states)),
        rtol=1e-10,
        atol=1e-12,
    )
    np.testing.assert_allclose(states, ours.y.T[: len(states)], atol=1e-4)


def test_of_an_equation_with_delays_the_last_column_is_the_first_one_delay_earlier():
    pytest.importorskip("dysts")
    record = loaded("MackeyGlass", n_steps=400)
    (states,), step, delay = record.splits["train"].states, record.splits["train"].time_step, record.system.tau
    clock = step * np.arange(len(states))
    inside = clock > delay
    before = np.interp(clock[inside] - delay, clock, states[:, 0])
    np.testing.assert_allclose(before, states[inside, -1], atol=0.01)


def test_the_lyapunov_time_comes_with_it_and_seeds_part_trajectories():
    pytest.importorskip("dysts")
    record = loaded("Lorenz", n_trajectories=2)
    assert record.splits["train"].facts["lyapunov_time"] == pytest.approx(1 / 0.9, rel=0.05)
    first, second = record.splits["train"].states
    assert np.abs(first - second).max() > 0.01
    with pytest.raises(ConfigurationError, match=r"data.name=Lorentz: choose one of"):
        DystsTrajectories("Lorentz").setup()
