"""How long a fit takes is told before it begins where that is known, else after a few seconds, where that is long."""

import logging
from typing import Any
from unittest.mock import Mock

import pytest
from lightning.pytorch import LightningModule, Trainer

from sciml_bench.core.method import Method
from sciml_bench.training.loop import progress
from sciml_bench.training.loop.progress import EpochProgress


class Fit:
    """A fit of epochs of so many steps, on a clock of our own."""

    def __init__(self, monkeypatch, caplog, n_epochs: int, first: int = 0, n_steps: int = 1, known: float = 0.0):
        caplog.set_level(logging.INFO)
        facts = {"max_epochs": n_epochs, "max_steps": -1, "is_global_zero": True, "should_stop": False}
        self.trainer = Mock(spec=Trainer, callback_metrics={"loss": 0.5}, global_step=first * n_steps, **facts)
        self.module: Any = Mock(spec=LightningModule)
        self.module.method = Mock(spec=Method, seconds_per_step=known, progress=Mock())
        self.module.method.progress.n_steps = n_epochs * n_steps
        self.callback, self.now, self.n_steps = EpochProgress("Method", ("loss",)), 1000.0, n_steps
        monkeypatch.setattr(progress.sys.stderr, "isatty", lambda: False, raising=False)
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)
        self.callback.on_train_start(self.trainer, self.module)

    def steps(self, seconds: list[float]) -> None:
        for duration in seconds:
            self.now += duration
            self.trainer.global_step += 1
            self.callback.on_train_batch_end(self.trainer, self.module, None, None, 0)
            if self.trainer.global_step % self.n_steps == 0:
                self.trainer.current_epoch = self.trainer.global_step // self.n_steps - 1
                self.callback.on_train_epoch_end(self.trainer, self.module)


def told(monkeypatch, capsys, caplog, seconds_per_epoch: float, n_epochs: int, first: int = 0) -> tuple[str, str]:
    fit = Fit(monkeypatch, caplog, n_epochs, first)
    fit.steps([50 * seconds_per_epoch, seconds_per_epoch, seconds_per_epoch])  # the first also compiles
    return capsys.readouterr().err, "\n".join(caplog.messages)


def test_a_fit_of_more_than_an_hour_is_told_once_with_what_to_do(monkeypatch, capsys, caplog) -> None:
    lines, said = told(monkeypatch, capsys, caplog, seconds_per_epoch=6, n_epochs=1210)
    assert "epoch 2/1210  loss 0.5  about 121 min left" in lines
    assert said.count("a step takes about 6 s, and 1208 of them about 2 hours") == 1
    assert "trainer.max_epochs" in said
    assert "data.observe" in said


def test_it_is_told_within_a_long_first_epoch(monkeypatch, caplog) -> None:
    fit = Fit(monkeypatch, caplog, n_epochs=10, n_steps=1000)
    fit.steps([60.0, *[2.0] * 4])
    assert caplog.messages[0].startswith("a step takes about 2 s, and 9996 of them about 5.6 hours")
    assert len(caplog.messages) == 1


def test_what_a_method_knows_of_its_steps_is_told_before_the_first(monkeypatch, caplog) -> None:
    fit = Fit(monkeypatch, caplog, n_epochs=600, known=14.0)
    assert caplog.messages[0].startswith("a step takes about 14 s, and 600 of them about 2.3 hours")
    fit.steps([14.0] * 4)
    assert len(caplog.messages) == 1
    caplog.clear()
    Fit(monkeypatch, caplog, n_epochs=600, known=0.1)
    assert caplog.messages == []


@pytest.mark.parametrize(("seconds", "n_epochs", "shown"), [(6.0, 100, "about 10 min left"), (0.01, 1000, None)])
def test_a_shorter_one_is_told_in_its_lines_or_not(monkeypatch, capsys, caplog, seconds, n_epochs, shown) -> None:
    lines, said = told(monkeypatch, capsys, caplog, seconds, n_epochs)
    assert said == ""
    assert ("left" in lines) == (shown is not None)
    assert shown is None or shown in lines


def test_a_continued_fit_counts_what_is_left(monkeypatch, capsys, caplog) -> None:
    lines, _ = told(monkeypatch, capsys, caplog, seconds_per_epoch=6, n_epochs=1200, first=1100)
    assert "epoch 1102/1200  loss 0.5  about 10 min left" in lines
