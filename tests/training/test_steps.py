"""A fit that is limited by its steps instead of its epochs."""

import pytest
import toy_method
from toy_runs import toy

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training import run

STEPS = {"max_epochs": None, "max_steps": 10}


def steps_of_an_epoch(tmp_path):
    run(toy(tmp_path, "ToyPlanned", {"max_epochs": 1}))
    return RunFolder(tmp_path).record["steps"]


def test_steps_are_counted_through_as_many_epochs_as_they_need(tmp_path):
    n = steps_of_an_epoch(tmp_path / "one")
    run(toy(tmp_path / "many", "ToyPlanned", STEPS | {"max_steps": 2 * n + 1}))
    record = RunFolder(tmp_path / "many").record
    assert (record["steps"], record["epochs"]) == (2 * n + 1, 3)
    assert len(RunFolder(tmp_path / "many").arrays["history_distance"]) == 3


def test_whichever_limit_is_reached_first_ends_the_fit(tmp_path):
    n = steps_of_an_epoch(tmp_path / "one")
    run(toy(tmp_path / "epochs", "ToyPlanned", {"max_epochs": 2, "max_steps": 1000}))
    assert RunFolder(tmp_path / "epochs").record["steps"] == 2 * n
    run(toy(tmp_path / "steps", "ToyPlanned", {"max_epochs": 1000, "max_steps": n + 1}))
    assert RunFolder(tmp_path / "steps").record["steps"] == n + 1


@pytest.mark.parametrize("max_epochs", [None, 50])
def test_a_fit_limited_by_steps_goes_on_where_it_was_interrupted(max_epochs, tmp_path, monkeypatch):
    n = steps_of_an_epoch(tmp_path / "one")
    limits = {"max_epochs": max_epochs, "max_steps": 3 * n + 1}
    whole = run(toy(tmp_path / "whole", "ToyPlanned", limits))
    step = toy_method.ToyPlanned.loss
    seen = []

    def interrupted(self, batch):
        if self.progress.epoch == 2:
            raise RuntimeError("interrupted")
        return step(self, batch)

    def watched(self, batch):
        seen.append((self.progress.epoch, self.progress.step % n))
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(toy_method.ToyPlanned, "loss", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            run(toy(tmp_path / "resumed", "ToyPlanned", limits))
    monkeypatch.setattr(toy_method.ToyPlanned, "loss", watched)
    assert run(toy(tmp_path / "resumed", "ToyPlanned", limits)) == whole
    assert seen == [*((2, index) for index in range(n)), (3, 0)]
    assert RunFolder(tmp_path / "resumed").record["steps"] == 3 * n + 1


def test_a_finished_fit_that_was_killed_before_its_evaluation_takes_no_further_step(tmp_path, monkeypatch):
    limits = STEPS | {"max_steps": 5}
    whole = run(toy(tmp_path, "ToyPlanned", limits))
    (tmp_path / "metrics.json").unlink()
    folder = RunFolder(tmp_path)
    folder.write_record(folder.record | {"status": "running"})

    def step(self, batch):
        raise AssertionError("a step too many")

    monkeypatch.setattr(toy_method.ToyPlanned, "loss", step)
    assert run(toy(tmp_path, "ToyPlanned", limits)) == whole


@pytest.mark.parametrize("max_steps", [0, -5, 1.5, "many"])
def test_a_number_of_steps_that_is_none_is_refused(max_steps, tmp_path):
    with pytest.raises(ConfigurationError, match=r"trainer.max_steps=.*or -1"):
        run(toy(tmp_path, "ToyPlanned", {"max_epochs": None, "max_steps": max_steps}))
