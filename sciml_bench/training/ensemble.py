"""Several seeds trained as one batch and recorded as several runs.

The ensemble's folder holds the state of the common fit and the mean scores; below it, `members/seed=<s>/` is the folder
of a run of that seed, complete and restorable like any other.
"""

import shutil
from collections.abc import Mapping, Sequence
from typing import Any

import lightning.pytorch as pl
import numpy as np

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import Method
from sciml_bench.core.run_folder import RunFolder
from sciml_bench.core.seeds import seed_everything
from sciml_bench.core.types import Metrics
from sciml_bench.training.build import build
from sciml_bench.training.record import n_trainable_parameters

MEMBERS = "members"

SHARED_SECONDS = (
    "fit_wall_seconds",
    "fit_cpu_seconds",
    "cpu_seconds_per_epoch",
    "cpu_seconds_per_step",
    "wall_seconds_per_epoch",
)
"""Entries of a fit's cost of which every member bears its part."""


def ensemble_seeds(configuration: Mapping[str, Any]) -> list[int] | None:
    """The seeds of `ensemble`: a number n stands for seed, seed + 1, …, seed + n - 1; None where one seed is trained.

    Raises:
        ConfigurationError: `ensemble` is neither a number of seeds nor a list of distinct seeds.
    """
    ensemble = configuration.get("ensemble")
    if ensemble is None:
        return None
    if not isinstance(ensemble, list | tuple):
        require_integer("ensemble", ensemble, 1, "give the number of seeds, or their list: ensemble=[10,20,30]")
        return [configuration["seed"] + offset for offset in range(ensemble)]
    if not ensemble:
        raise ConfigurationError("ensemble=[] names no seed; give at least one, or ensemble=null for a single run")
    for seed in ensemble:
        require_integer("ensemble", seed, 0, "every seed is a whole number and not negative")
    if len(set(ensemble)) != len(ensemble):
        raise ConfigurationError(f"ensemble={list(ensemble)} names a seed twice; name each seed once")
    return list(ensemble)


def build_members(
    configuration: Mapping[str, Any], folder: RunFolder, seeds: Sequence[int]
) -> tuple[pl.LightningDataModule, list[Method], Method]:
    """The data module, one method per seed as a single run of that seed builds it, and all of them joined into one.

    All members see the data module of the first seed. A run's seed must not change what the data are (noise and splits
    have seeds of their own), only the order in which they are visited, and an ensemble visits them in one order.

    Raises:
        ConfigurationError: a choice is wrong, or the method trains one seed at a time.
        DataError: the data cannot be used.
    """
    built = []
    for seed in seeds:
        seed_everything(seed, "build")
        built.append(build(member_configuration(configuration, folder, seed)))
    methods = [method for _, method in built]
    if hasattr(methods[0], "fit_directly"):
        raise ConfigurationError(
            f"{type(methods[0]).__name__} is fitted without epochs, one seed at a time; leave `ensemble` out and sweep "
            "with --multirun seed=0,1,2"
        )
    return built[0][0], methods, type(methods[0]).joined(methods)


def member_folder(folder: RunFolder, seed: int) -> RunFolder:
    """The run folder of one seed below the ensemble's."""
    return RunFolder(folder.path / MEMBERS / f"seed={seed}")


def remove_members(folder: RunFolder) -> None:
    """Remove what an earlier ensemble left, so that none of it counts as finished."""
    if (folder.path / MEMBERS).exists():
        shutil.rmtree(folder.path / MEMBERS)


def member_configuration(configuration: Mapping[str, Any], folder: RunFolder, seed: int) -> dict[str, Any]:
    """What a single run of one seed would have been asked for."""
    return {**configuration, "seed": seed, "ensemble": None, "run_folder": str(member_folder(folder, seed).path)}


def member_record(record: Mapping[str, Any], seeds: Sequence[int], seed: int, method: Method) -> dict[str, Any]:
    """The record of one member after the common fit, of whose seconds it bears an equal part.

    Args:
        record: of the ensemble.
        seeds: of all members.
        seed: of this member.
        method: of this member.
    """
    shared = {name: record[name] / len(seeds) for name in SHARED_SECONDS}
    return {
        **record,
        **shared,
        "seed": seed,
        "parameters": n_trainable_parameters(method),
        **method.record_entries(),
        "ensemble": {"members": len(seeds), "seeds": list(seeds), "fit_cpu_seconds": record["fit_cpu_seconds"]},
    }


def averaged(members: Sequence[Metrics]) -> Metrics:
    """Mean over the members under the same names, and `<name>_std`, the sample standard deviation of several.

    Args:
        members: the metrics of each; what one of them lacks is left out.
    """
    names = [name for name in members[0] if all(name in metrics for metrics in members)]
    values = {name: np.array([metrics[name] for metrics in members]) for name in names}
    metrics = {name: float(of_members.mean()) for name, of_members in values.items()}
    if len(members) > 1:
        metrics |= {f"{name}_std": float(of_members.std(ddof=1)) for name, of_members in values.items()}
    return metrics
