"""A budget in CPU seconds becomes a number of steps once, and stays it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf
from toy_runs import toy

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.schedules import ConstantRate
from sciml_bench.node import AdaptiveSchedule, PowerLawSchedule
from sciml_bench.training.build import build
from sciml_bench.training.loop.allotment import allotted_settings
from sciml_bench.training.run import run


def record_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "record.json").read_text())


def slow_method(tmp_path: Path, seconds_per_step: float) -> Any:
    _, method = build(toy(tmp_path))
    loss = method.loss

    def slower(batch: Any) -> Any:
        ends = time.process_time() + seconds_per_step
        while time.process_time() < ends:
            pass
        return loss(batch)

    method.loss = slower
    return method


def test_as_many_epochs_as_the_budget_allows(tmp_path: Path) -> None:
    record: dict[str, Any] = {}
    method = slow_method(tmp_path, 0.01)
    settings = allotted_settings(method, ConstantRate(), {"cpu_seconds": 4.0, "max_epochs": 7}, record, 0)
    assert 250 < record["allotted_steps"] <= 400  # 400 steps of .01 s, and what lies between them
    assert settings == {"max_steps": -1, "max_epochs": record["allotted_steps"] // 4}  # four batches an epoch


def test_what_it_learns_from_is_part_of_the_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record: dict[str, Any] = {}
    method = slow_method(tmp_path, 0.01)
    monkeypatch.setattr(type(method), "cpu_seconds_before", 3.5)
    allotted_settings(method, ConstantRate(), {"cpu_seconds": 4.0, "max_epochs": 7}, record, 0)
    assert 20 < record["allotted_steps"] <= 50
    with pytest.raises(ConfigurationError, match=r"trainer.cpu_seconds=3.0: .* take 3.5; .*training.n_training"):
        allotted_settings(method, ConstantRate(), {"cpu_seconds": 3.0, "max_epochs": 7}, {}, 0)


def test_less_than_an_epoch_is_a_number_of_steps(tmp_path: Path) -> None:
    record: dict[str, Any] = {"allotted_steps": 3}
    method = slow_method(tmp_path, 0.0)
    settings = allotted_settings(method, ConstantRate(), {"cpu_seconds": 1.0, "max_epochs": 7}, record, 0)
    assert settings == {"max_steps": 3, "max_epochs": None}


def test_batches_that_are_cut_at_the_start_are_counted_after_it(tmp_path: Path) -> None:
    _, method = build(toy(tmp_path))
    start, loader, started = method.start, method.train_loader, []
    method.start = lambda: (started.append(True), start())[1]

    def late(*given: int) -> Any:
        assert started, "there is nothing to load before the start"
        return loader(*given)

    method.train_loader = late
    settings = allotted_settings(method, ConstantRate(), {"cpu_seconds": 1.0}, {"allotted_steps": 8}, 0)
    assert settings == {"max_steps": -1, "max_epochs": 2}


def test_the_measurement_leaves_the_weights_alone_and_without_a_budget_nothing_changes(tmp_path: Path) -> None:
    _, method = build(toy(tmp_path))
    before = {name: weight.clone() for name, weight in method.state_dict().items()}
    allotted_settings(method, ConstantRate(), {"cpu_seconds": 0.05}, {}, 0)
    assert all((weight == before[name]).all() for name, weight in method.state_dict().items())
    assert allotted_settings(method, ConstantRate(), {"max_epochs": 7, "cpu_seconds": None}, {}, 0) == {"max_epochs": 7}


def test_a_run_keeps_its_allotment_and_ends_after_it(tmp_path: Path) -> None:
    run(toy(tmp_path, trainer={"cpu_seconds": 0.2}))
    first = record_of(tmp_path)["allotted_steps"]
    rows = (tmp_path / "record.json", tmp_path / "arrays.npz")
    assert all(path.exists() for path in rows)
    run(toy(tmp_path, trainer={"cpu_seconds": 0.2}))  # repeated
    assert record_of(tmp_path)["allotted_steps"] == first


def test_an_interrupted_run_goes_on_with_the_steps_of_its_start(tmp_path: Path) -> None:
    record_before = {"allotted_steps": 8, "status": "interrupted", "format": 2}
    tmp_path.joinpath("record.json").write_text(json.dumps(record_before))
    run(toy(tmp_path, trainer={"cpu_seconds": 3600.0}))
    assert record_of(tmp_path)["allotted_steps"] == 8


@pytest.mark.parametrize("value", [0, -1.0, float("nan"), "long"])
def test_a_budget_that_is_none_is_refused(tmp_path: Path, value: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"trainer\.cpu_seconds"):
        run(toy(tmp_path, trainer={"cpu_seconds": value}))


def test_a_schedule_of_the_coupling_keeps_its_values_and_fills_the_time() -> None:
    fixed = PowerLawSchedule(n_steps=5, epochs_per_step=100, decay=0.5)
    values = [fixed(100 * step) for step in range(5)]
    fixed.stretch(52)
    assert fixed.n_epochs == 50
    assert [fixed(10 * step) for step in range(5)] == values
    fixed.stretch(3)
    assert fixed.n_epochs == 5
    settling = AdaptiveSchedule(n_steps=5, max_epochs_per_step=100)
    settling.stretch(40)
    for epoch in range(32):
        settling.observe(epoch, 1.0 / (epoch + 1))
    assert (settling(32), settling.n_epochs) == (0.0, 40)


def test_the_trainer_of_every_script_has_the_budget() -> None:
    from sciml_bench.core.configuration_root import configuration_root

    node = OmegaConf.load(configuration_root() / "shared" / "trainer" / "auto.yaml")
    assert node.cpu_seconds is None
