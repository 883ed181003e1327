"""Going on from a finished run into a new folder: `extend=<run folder> trainer.max_epochs=400`."""

import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import PathType
from sciml_bench.core.stored.files import write_atomically
from sciml_bench.core.stored.run_folder import FINISHED, RunFolder
from sciml_bench.training.data_files import changed_data
from sciml_bench.training.identity import name_of_overrides

CHOICES = ("data", "pde", "model", "solver", "training", "schedule", "evaluation", "logger", "trainer")
"""The groups whose keys differ from choice to choice."""


def extension_folder(run: PathType, overrides: Sequence[str]) -> Path:
    """Where an extended run goes: below the old one, named after what is given now.

    Args:
        run: the folder of the finished run.
        overrides: as typed.
    """
    given = [override for override in overrides if not override.startswith(("extend=", "hydra."))]
    return Path(run) / "extended" / name_of_overrides(given, in_the_path=())


def finished_run(run: PathType) -> tuple[RunFolder, dict[str, Any]]:
    """The run that is to be extended, and its configuration.

    Args:
        run: its folder.

    Raises:
        ConfigurationError: it holds no finished run.
    """
    old = RunFolder(str(run))
    earlier = old.configuration if run else None
    if earlier is None or old.status != FINISHED:
        what = "holds no finished run; let it finish first" if run and old.path.exists() else "does not exist"
        raise ConfigurationError(f"extend={run} {what}")
    return old, earlier


def earlier_choices(run: PathType) -> dict[str, str]:
    """What was chosen for a finished run, so that the keys of its configuration can be given again.

    Args:
        run: its folder.

    Raises:
        ConfigurationError: there is no finished run.
        DataError: its configuration cannot be read.
    """
    return choices_of(finished_run(run)[1])


def choices_of(configuration: Mapping[str, Any]) -> dict[str, str]:
    """What was chosen by name, as far as that may be given again.

    Args:
        configuration: of a run.
    """
    choices = configuration.get("choices") or {}
    return {key: value for key, value in choices.items() if key in CHOICES and re.fullmatch(r"\w+", str(value))}


def extended(config: DictConfig, overrides: Sequence[str]) -> dict[str, Any]:
    """The configuration of the finished run, with the values that are given now.

    Args:
        config: as composed with `overrides`, for their values.
        overrides: as typed.

    Raises:
        ConfigurationError: there is no finished run of epochs by one seed in that folder, or nothing to go on for.
    """
    old, earlier = finished_run(config.extend)
    if old.record.get("ensemble") is not None or not old.last_checkpoint.exists():
        raise ConfigurationError(
            f"extend={config.extend} has no checkpoint to go on from: a method without epochs cannot be extended, nor "
            "can an ensemble or one of its members; run it anew with more epochs"
        )
    if changed := changed_data(old, {**earlier, "trusted_packages": config.trusted_packages}):
        raise DataError(
            f"extend={config.extend} has learned from other data, since {changed}; put the old file back, or train on "
            "the new one from the start, without extend"
        )
    merged: Any = OmegaConf.create(dict(earlier))
    OmegaConf.set_struct(merged, False)
    chosen = merged.get("choices") or {}
    for override in overrides:
        key = override.lstrip("+~").partition("=")[0].partition("@")[0]
        if key != "extend" and not key.startswith("hydra"):
            if key in (config.get("choices") or {}) and config.get(key.partition(".")[0]) is None:
                raise ConfigurationError(
                    f"{override}: a run is extended with single values, or another of {', '.join(CHOICES)}; give what "
                    f"{override} would set key by key"
                )
            if key in chosen:
                if config.choices[key] == chosen[key]:  # the same choice, as the run set it
                    continue
                chosen[key] = config.choices[key]
            OmegaConf.update(merged, key, OmegaConf.select(config, key), merge=False)
    # whom to trust is said now; what the folder says of it does not count
    for key in ("extend", "continue_schedule", "force", "run_folder", "trusted_packages"):
        merged[key] = config[key]
    return cast(dict[str, Any], OmegaConf.to_container(merged, resolve=True))


def begin_extension(configuration: Mapping[str, Any], folder: RunFolder) -> None:
    """Give a new folder the last checkpoint of the run that it extends.

    Args:
        configuration: of the extended run.
        folder: of the extended run, without a checkpoint of its own.

    Raises:
        ConfigurationError: it asks for no more epochs or steps than the run has had.
    """
    old = RunFolder(configuration["extend"])
    record, trainer = old.record, configuration["trainer"]
    limits = (("max_epochs", "epochs"), ("max_steps", "steps"))
    wanted = [(key, trainer[key], record[count]) for key, count in limits if trainer.get(key) not in (None, -1)]
    for key, limit, so_far in wanted:
        if limit <= so_far:
            raise ConfigurationError(
                f"trainer.{key}={limit}, but extend={configuration['extend']} has had {so_far} already; the number "
                "counts from the start of that run: give more"
            )
    with old.last_checkpoint.open("rb") as source:
        write_atomically(folder.last_checkpoint, lambda file: shutil.copyfileobj(source, file))


def first_step(configuration: Mapping[str, Any]) -> int:
    """The step at which the learning-rate schedule begins: after those of the extended run, unless it continues."""
    if not configuration.get("extend") or configuration.get("continue_schedule"):
        return 0
    return int(RunFolder(configuration["extend"]).record["steps"])
