"""What does not fit is told before it is begun, with the number."""

import logging
import time

import pytest

from sciml_bench.core import budget
from sciml_bench.core.budget import extrapolated_seconds, memory_bytes, require_memory, weigh_time
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import (
    DrivenTrajectories,
    MarkovTrajectories,
    SimulatedTrajectories,
    markov_trajectories,
    simulated_trajectories,
)
from sciml_bench.systems import Lorenz63, NoisyLogisticMap, Tank


def test_the_memory_of_a_machine_is_some_gigabytes():
    assert 2**28 < memory_bytes() < 2**50


def test_a_container_may_have_less_than_its_machine(tmp_path, monkeypatch):
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(budget, "_LIMIT_OF_CONTAINER", limit)
    whole = memory_bytes()
    limit.write_text("max\n")
    assert memory_bytes() == whole
    limit.write_text(f"{2**27}\n")
    assert memory_bytes() == 2**27


def test_what_cannot_fit_into_memory_is_refused_with_both_sizes(monkeypatch):
    monkeypatch.setattr(budget, "memory_bytes", lambda: 2**31)
    require_memory("data.n_steps=3", 2**31, "simulate fewer")
    with pytest.raises(
        ConfigurationError,
        match=r"^data.n_steps=9 needs about 4 GiB of memory, and there are 2; simulate fewer$",
    ):
        require_memory("data.n_steps=9", 2**32, "simulate fewer")


@pytest.mark.parametrize(("seconds", "warned"), [(3000, False), (7200, True)])
def test_what_takes_hours_is_said_and_begun(seconds, warned, caplog):
    with caplog.at_level(logging.WARNING):
        weigh_time("max_step=1", seconds, "give longer ones")
    assert ("max_step=1 takes about 2 hours; give longer ones" in caplog.text) is warned


def test_what_takes_longer_than_a_night_is_not_begun():
    with pytest.raises(ConfigurationError, match=r"^max_step=1 takes about 20 hours; give longer ones$"):
        weigh_time("max_step=1", 72_000, "give longer ones")


def test_what_a_large_size_takes_follows_from_two_small_ones(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "process_time", lambda: clock[0])

    def work(size):
        clock[0] += 3.0 + 0.5 * size + (100.0 if clock[0] == 0 else 0.0)  # the first is compiled

    assert extrapolated_seconds(work, 10, 1000) == pytest.approx(500)


@pytest.mark.parametrize(
    "record",
    [
        SimulatedTrajectories(Lorenz63(), n_steps=60),
        SimulatedTrajectories(Lorenz63(), n_steps=30, n_trajectories=2, burn_in=5.0),
        DrivenTrajectories(Tank(), n_steps=60, initial_states=[1.0]),
        MarkovTrajectories(NoisyLogisticMap(), n_steps=60),
    ],
    ids=["one path", "attractor", "driven", "process"],
)
def test_a_simulation_that_takes_longer_than_a_night_is_not_begun(record, monkeypatch):
    whole = record.load()
    for module in (markov_trajectories, simulated_trajectories):
        monkeypatch.setattr(module, "_TAKES_ITS_TIME", 50)
        monkeypatch.setattr(module, "_TIMED", 10)
    told = record.load()
    assert all((part == other).all() for part, other in zip(told.states, whole.states, strict=True))
    for module in (markov_trajectories, simulated_trajectories):
        monkeypatch.setattr(module, "extrapolated_seconds", lambda *_: 40_000.0)
    with pytest.raises(ConfigurationError, match=r"^data\.n_steps.* rows takes about 11\.1 hours; simulate fewer$"):
        record.load()
