"""What runs of one process share, and what they must not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from sciml_bench.core.instantiate import instantiate
from sciml_bench.core.stored import kept_records
from sciml_bench.core.stored.kept_records import set_up
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.record import Record
from sciml_bench.data.sources import SimulatedTrajectories

SIMULATED = {
    "_target_": "sciml_bench.data.sources.SimulatedTrajectories",
    "system": {"_target_": "sciml_bench.systems.LotkaVolterra"},
    "n_steps": 40,
    "split": {"train": 0.5, "validation": 0.2, "test": 0.3},
}


class OwnTrajectories(SimulatedTrajectories):
    """A person's own."""


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    """The records that were loaded, from nothing kept."""
    kept_records._kept.clear()
    found: list[Record] = []
    load = SimulatedTrajectories.load

    def counted(self: SimulatedTrajectories) -> Any:
        found.append(self)
        return load(self)

    monkeypatch.setattr(SimulatedTrajectories, "load", counted)
    return found


def made(node: dict[str, Any]) -> Record:
    return set_up(instantiate(node, role="data", trusted_packages=("tests", "test_kept_records", __name__)), node)


def test_an_equal_record_is_simulated_once(loads: list[Record]) -> None:
    first, second = made(SIMULATED), made(dict(reversed(SIMULATED.items())))
    assert len(loads) == 1
    ours, theirs = (record.splits["test"].states[0] for record in (first, second))
    assert isinstance(ours, np.ndarray)
    assert np.array_equal(ours, read_block(theirs))
    ours[:] = 7.0  # as a person's own method may do
    for other in (theirs, made(SIMULATED).splits["test"].states[0]):
        assert not np.any(read_block(other) == 7.0)
    first.adaptation = "a batch of 3"
    assert second.adaptation == "" == made(SIMULATED).adaptation


@pytest.mark.parametrize("changed", [{"n_steps": 41}, {"data_seed": 1}, {"noise_std": 0.1}, {"split": {"train": 1.0}}])
def test_another_record_is_simulated_by_itself(loads: list[Record], changed: dict[str, Any]) -> None:
    made(SIMULATED)
    made({**SIMULATED, **changed})
    assert len(loads) == 2


def test_what_others_make_is_made_anew(loads: list[Record]) -> None:
    own = {**SIMULATED, "_target_": f"{__name__}.OwnTrajectories"}
    for _ in range(2):
        made(own)
    assert len(loads) == 2


def test_files_are_read_anew(tmp_path: Path) -> None:
    kept_records._kept.clear()
    node = {"_target_": "sciml_bench.data.sources.TrajectoryFiles", "path": str(tmp_path / "a.npz"), "time_step": 0.1}
    for value in (1.0, 2.0):
        np.savez(tmp_path / "a.npz", states=value * np.sin(np.arange(50.0))[:, None])
        assert read_block(made(node).splits["train"].states[0])[1] == pytest.approx(value * np.sin(1.0))


def test_few_are_kept_and_no_large_ones(loads: list[Record], monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in (*range(kept_records._MOST + 1), 0):
        made({**SIMULATED, "data_seed": seed})
    assert len(loads) == kept_records._MOST + 2
    kept_records._kept.clear()
    monkeypatch.setattr(kept_records, "_LARGEST", 40 * 2 * 8 - 1)
    made(SIMULATED)
    assert not kept_records._kept


def test_loading_draws_no_global_random_numbers(loads: list[Record]) -> None:
    """So that a run's first weights are the same after a load and without one."""
    before = torch.get_rng_state()
    made({**SIMULATED, "noise_std": 0.1})
    assert torch.equal(before, torch.get_rng_state())
