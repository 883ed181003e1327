"""A budget in CPU seconds as a number of steps: measured once at the first steps, and kept from then on."""

import copy
import time
from collections.abc import Mapping
from typing import Any

import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.optimisation import Optimisation
from sciml_bench.core.schedules import LearningRateSchedule
from sciml_bench.core.seeds import seed_everything

PROBED = 0.05
"""Part of the budget that is spent on the measurement, which is not charged to the fit."""

_FIRST, _LEAST = 2, 3
"""Steps that are not counted, since they compile and allocate, and that are counted at least."""


def allotted_settings(
    method: Method, schedule: LearningRateSchedule, settings: Mapping[str, Any], record: dict[str, Any], seed: int
) -> dict[str, Any]:
    """The settings of the trainer with as many steps as the budget allows, and the method planned for them.

    Args:
        method: not fitted yet.
        schedule: of the learning rate.
        settings: the node `trainer`; without `cpu_seconds` they stay as they are.
        record: the content of record.json, where `allotted_steps` is kept, and found when a run goes on.
        seed: of the run.

    Raises:
        ConfigurationError: the budget is used up by what the method learns from.
    """
    changed = dict(settings)
    seconds = changed.pop("cpu_seconds", None)
    if seconds is None:
        return changed
    probe = copy.deepcopy(method, {id(method.view): method.view})
    seed_everything(seed, "allotment")
    probe.train().start()  # the batches of an epoch may be known no earlier
    n_batches = len(probe.train_loader(seed, 0, 1))
    if "allotted_steps" not in record:
        left = seconds - method.cpu_seconds_before
        if left <= 0:
            raise ConfigurationError(
                f"trainer.cpu_seconds={seconds}: the solutions to learn from alone take "
                f"{method.cpu_seconds_before:.3g}; give more, or fewer solutions with training.n_training"
            )
        rate = _steps_per_second(probe, schedule, settings, seconds, seed)
        record["allotted_steps"] = max(1, int(rate * left))
    n_steps = record["allotted_steps"]
    if n_steps < n_batches:
        return changed | {"max_steps": n_steps, "max_epochs": None}
    method.plan(n_steps // n_batches)
    return changed | {"max_steps": -1, "max_epochs": method.planned_epochs}


def _steps_per_second(
    probe: Method, schedule: LearningRateSchedule, settings: Mapping[str, Any], seconds: float | int, seed: int
) -> float:
    """Steps per CPU second of a copy of the method that has started, with what comes at the end of every epoch."""
    optimisation = Optimisation(
        probe.optimizer(), probe.learning_rate, copy.deepcopy(schedule), settings.get("gradient_clip_val")
    )
    probe.progress.seed, step, begun = seed, 0, time.process_time()
    while True:
        for batch in probe.train_loader(seed, 0, 1):
            if step == _FIRST:
                begun = time.process_time()
            loss = probe.loss(batch)
            optimisation.step(loss, 0, 1, probe.sound_members(loss))
            probe.after_step()
            step += 1
            spent = time.process_time() - begun
            if step >= _FIRST + _LEAST and spent > PROBED * seconds:
                return (step - _FIRST) / spent
        with torch.no_grad():
            for batch in probe.view.validation_loader(0, 1) or ():
                probe.validation_loss(batch)
        probe.end_epoch()
        probe.progress.epoch += 1
