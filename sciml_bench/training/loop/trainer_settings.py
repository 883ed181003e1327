"""The checks of the node `trainer`, before a folder is touched or data are read."""

from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl

from sciml_bench.core.checks import (
    is_integer,
    is_number,
    require_boolean,
    require_choice,
    require_integer,
    require_number,
)
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.kinds import require_arguments

OURS = ("threads", "early_stopping", "seconds_between_checkpoints", "cpu_seconds")
"""Keys that are no arguments of Lightning's trainer."""

PRECISIONS = ("16", "16-mixed", "16-true", "32", "32-true", "64", "64-true", "bf16", "bf16-mixed", "bf16-true")
PROFILERS = ("simple", "advanced", "pytorch")
_NEEDED = ("max_epochs", "max_steps", "gradient_clip_val", "limit_val_batches", *OURS[:-1])
_NO_OTHER = "none"
_COUNTED = {
    "max_epochs": None,
    "max_steps": -1,
    "check_val_every_n_epoch": _NO_OTHER,
    "log_every_n_steps": _NO_OTHER,
    "threads": None,
}
"""Whole numbers of at least 1, and what may stand in their place."""
_GIVEN = ("default_root_dir", "logger", "callbacks", "plugins", "num_sanity_val_steps", "enable_progress_bar")
_GIVEN += ("enable_model_summary", "use_distributed_sampler", "enable_checkpointing")


def require_trainer(settings: Mapping[str, Any]) -> None:
    """Stop at a setting that makes no sense.

    Args:
        settings: the node `trainer`; what it does not hold is not checked.

    Raises:
        ConfigurationError: naming the key, the value and the remedy.
    """

    for name in _NEEDED:
        if name not in settings:
            raise ConfigurationError(f"trainer.{name} is missing; choose one of trainer=auto, cpu, gpu and ddp.")
    for name, other in _COUNTED.items():
        if name in settings and settings[name] != other:
            words = "" if other == _NO_OTHER else f", or {'null' if other is None else other}"
            require_integer(f"trainer.{name}", settings[name], 1, f"give a whole number of at least 1{words}")
    if settings.get("gradient_clip_val") is not None:
        remedy = "give the largest norm, a positive number, or null to leave gradients as they are"
        require_number("trainer.gradient_clip_val", settings["gradient_clip_val"], remedy)
    for name in ("limit_train_batches", "limit_val_batches"):
        _require_part(f"trainer.{name}", settings.get(name, 1.0), least=1 if name == "limit_train_batches" else 0)
    if is_integer(settings.get("devices")) and settings["devices"] != -1:
        require_integer("trainer.devices", settings["devices"], 1, "give a whole number of at least 1, -1 or auto")
    remedy = "give seconds, a number of at least 0"
    seconds = settings.get("seconds_between_checkpoints", 10.0)
    require_number("trainer.seconds_between_checkpoints", seconds, remedy, positive=False)
    if settings.get("cpu_seconds") is not None:
        remedy = "give the CPU seconds of the fit, a positive number, or null"
        require_number("trainer.cpu_seconds", settings["cpu_seconds"], remedy)
        if settings.get("strategy", "auto") != "auto" or settings.get("devices", 1) not in (1, "1", "auto"):
            raise ConfigurationError(
                f"trainer.cpu_seconds={settings['cpu_seconds']}: steps are measured by one process; give "
                "trainer.max_epochs in its place, or choose trainer=cpu or trainer=gpu"
            )
    require_boolean("trainer.detect_anomaly", settings.get("detect_anomaly", False))
    require_choice("trainer.precision", str(settings.get("precision", "32-true")), PRECISIONS)
    if settings.get("profiler") is not None:
        require_choice("trainer.profiler", settings["profiler"], PROFILERS)
    _require_early_stopping(settings.get("early_stopping", {}))
    given = {name: value for name, value in settings.items() if name not in OURS}
    for name in sorted(set(given) & set(_GIVEN)):
        raise ConfigurationError(f"trainer.{name}={given[name]}: every run sets this itself; remove it.")
    require_arguments(pl.Trainer, given, "trainer")


def _require_part(key: str, value: Any, least: int) -> None:
    is_part = is_number(value) and not is_integer(value) and 0 <= value <= 1 and (value > 0 or least == 0)
    if not (is_part or is_integer(value, least)):
        raise ConfigurationError(
            f"{key}={value}: give a whole number of batches of at least {least}, or a part of them such as 0.5."
        )


def _require_early_stopping(settings: object) -> None:
    if not isinstance(settings, Mapping):
        raise ConfigurationError(f"trainer.early_stopping={settings}: give trainer.early_stopping.patience=<epochs>.")
    for name in settings:
        if name not in ("patience", "min_delta"):
            raise ConfigurationError(f"trainer.early_stopping.{name}: there are patience and min_delta; remove it.")
    if settings.get("patience") is not None:
        remedy = "give a whole number of epochs of at least 1, or null to train to the end"
        require_integer("trainer.early_stopping.patience", settings["patience"], 1, remedy)
    remedy = "give the least improvement that counts, a number of at least 0"
    require_number("trainer.early_stopping.min_delta", settings.get("min_delta", 0.0), remedy, positive=False)
