"""How long a fit takes is told after its second epoch, where that is long."""

import logging
from unittest.mock import Mock

import pytest
from lightning.pytorch import LightningModule, Trainer

from sciml_bench.training.loop import progress
from sciml_bench.training.loop.progress import EpochProgress


def told(monkeypatch, capsys, caplog, seconds_per_epoch: float, n_epochs: int, first: int = 0) -> tuple[str, str]:
    caplog.set_level(logging.INFO)
    facts = {"max_epochs": n_epochs, "max_steps": -1, "is_global_zero": True, "should_stop": False}
    trainer = Mock(spec=Trainer, callback_metrics={"loss": 0.5}, **facts)
    callback, now = EpochProgress("Method", ("loss",)), 1000.0
    monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: False, raising=False)
    callback.on_train_start(trainer, Mock(spec=LightningModule))
    for epoch in range(first, first + 3):
        now += 50 * seconds_per_epoch if epoch == first else seconds_per_epoch  # the first also compiles
        monkeypatch.setattr(progress.time, "monotonic", lambda now=now: now)
        trainer.current_epoch = epoch
        callback.on_train_epoch_end(trainer, Mock(spec=LightningModule))
    return capsys.readouterr().err, "\n".join(caplog.messages)


def test_a_fit_of_more_than_an_hour_is_told_once_with_what_to_do(monkeypatch, capsys, caplog) -> None:
    lines, said = told(monkeypatch, capsys, caplog, seconds_per_epoch=6, n_epochs=1200)
    assert "epoch 2/1200  loss 0.5  about 120 min left" in lines
    assert said.count("the 1198 epochs that are left take about 2 hours") == 1
    assert "trainer.max_epochs" in said
    assert "data.observe" in said


@pytest.mark.parametrize(("seconds", "n_epochs", "shown"), [(6.0, 100, "about 10 min left"), (0.01, 1000, None)])
def test_a_shorter_one_is_told_in_its_lines_or_not(monkeypatch, capsys, caplog, seconds, n_epochs, shown) -> None:
    lines, said = told(monkeypatch, capsys, caplog, seconds, n_epochs)
    assert said == ""
    assert ("left" in lines) == (shown is not None)
    assert shown is None or shown in lines


def test_a_continued_fit_counts_what_is_left(monkeypatch, capsys, caplog) -> None:
    lines, _ = told(monkeypatch, capsys, caplog, seconds_per_epoch=6, n_epochs=1200, first=1100)
    assert "epoch 1102/1200  loss 0.5  about 10 min left" in lines
