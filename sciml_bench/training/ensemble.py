"""Several seeds trained as one batch and recorded as several runs.

The ensemble's folder holds the state of the common fit and the mean scores; below it, `members/seed=<s>/` is the folder
of a run of that seed, complete and restorable like any other.
"""

import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from sciml_bench.core.budget import REFUSED, require_memory, weigh_time
from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.method import DirectMethod, Method
from sciml_bench.core.results import Results
from sciml_bench.core.seeds import seed_everything
from sciml_bench.core.stored.learned_file import Joinable, read_learned
from sciml_bench.core.stored.run_folder import FINISHED, RunFolder
from sciml_bench.core.types import Metrics
from sciml_bench.training.build import build, build_evaluation, trusted
from sciml_bench.training.loop.callbacks import History
from sciml_bench.training.loop.fit import Fit
from sciml_bench.training.record import closed_record, n_trainable_parameters
from sciml_bench.training.scoring import conclude, scored, with_history, write_results

log = logging.getLogger(__name__)

MEMBERS = "members"
_COPIES = 5
"""Of the weights: those of the member, of the joined method, their gradients and two moments."""

SHARED_SECONDS = (
    *("fit_wall_seconds", "fit_cpu_seconds"),
    *("cpu_seconds_per_epoch", "cpu_seconds_per_step", "wall_seconds_per_epoch"),
)
"""Entries of a fit's cost of which every member bears its part."""


_SECONDS_PER_MEMBER = 0.4
"""Beside the common fit [measured: CPU of a small NeuralODE, 0.44 s with 16 members and 0.41 with 64, of which 0.02 to
build it and the rest to score and draw it; the fit adds half a millisecond an epoch]."""


def _weigh_members(count: int) -> None:
    asked = f"ensemble={count}: to build, score and draw so many members, beside their common fit,"
    weigh_time(asked, count * _SECONDS_PER_MEMBER, "ask for fewer")


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
        if ensemble * _SECONDS_PER_MEMBER > REFUSED:  # before they are listed
            _weigh_members(ensemble)
        return [configuration["seed"] + offset for offset in range(ensemble)]
    if not ensemble:
        raise ConfigurationError("ensemble=[] names no seed; give at least one, or ensemble=null for a single run")
    for seed in ensemble:
        require_integer("ensemble", seed, 0, "every seed is a whole number and not negative")
    if len(set(ensemble)) != len(ensemble):
        raise ConfigurationError(f"ensemble={list(ensemble)} names a seed twice; name each seed once")
    return list(ensemble)


@dataclass
class Ensemble:
    """A wrapper around a method: its copies for several seeds, joined for the fit and recorded one by one.

    Args:
        configuration: of the ensemble.
        folder: of the ensemble.
        seeds: of the members.
    """

    configuration: Mapping[str, Any]
    folder: RunFolder
    seeds: list[int]
    methods: list[Method] = field(default_factory=list)

    @classmethod
    def of(cls, configuration: Mapping[str, Any], folder: RunFolder) -> "Ensemble | None":
        """The ensemble of the `ensemble_seeds` of a configuration; None where it asks for one seed."""
        seeds = ensemble_seeds(configuration)
        return None if seeds is None else cls(configuration, folder, seeds)

    @property
    def folders(self) -> list[RunFolder]:
        """The run folder of each member."""
        return [RunFolder(self.folder.path / MEMBERS / f"seed={seed}") for seed in self.seeds]

    def member_configurations(self) -> list[dict[str, Any]]:
        """What a single run of each seed would have been asked for."""
        return [
            {**self.configuration, "seed": seed, "ensemble": None, "run_folder": str(folder.path)}
            for seed, folder in zip(self.seeds, self.folders, strict=True)
        ]

    def build(self) -> tuple[Any, Method]:
        """The record, and one method per seed as a single run of that seed builds it, joined into one.

        All members see the record of the first seed. A run's seed must not change what the data are (noise and splits
        have seeds of their own), only the order in which they are visited, and an ensemble visits them in one order.

        Raises:
            ConfigurationError: a choice is wrong, or the method trains one seed at a time.
            DataError: the data cannot be used.
        """
        _weigh_members(len(self.seeds))
        built: list[tuple[Any, Method]] = []
        for configuration in self.member_configurations():
            seed_everything(configuration["seed"], "build")
            built.append(build(configuration, beside=built[0] if built else None))
            if len(built) == 1:
                weights = sum(weight.numel() * weight.element_size() for weight in built[0][1].parameters())
                asked = f"ensemble: {len(self.seeds)} members with {weights / 2**20:.3g} MiB of weights each"
                require_memory(asked, _COPIES * weights * len(self.seeds), "ask for fewer, or smaller networks")
        self.methods = [method for _, method in built]
        if isinstance(self.methods[0], DirectMethod):
            raise ConfigurationError(
                f"{type(self.methods[0]).__name__} is fitted without epochs, one seed at a time; leave `ensemble` out "
                "and sweep with --multirun seed=0,1,2"
            )
        return built[0][0], type(self.methods[0]).joined(self.methods)

    def conclude(self, observed: Any, joined: Method, done: Fit, record: dict[str, Any]) -> Metrics:
        """As `scoring.conclude`, for each member that is not finished yet; then write the mean scores."""
        parts = zip(self.member_configurations(), self.folders, self.methods, strict=True)
        for index, (configuration, folder, method) in enumerate(parts):
            if folder.status == FINISHED:
                continue
            clock = time.perf_counter(), time.process_time()
            joined.hand_over(index, method)
            folder.write_configuration(configuration)
            own = self._member_record(record, configuration["seed"], method)
            history = done.history
            alone = history.of_member(index, str(method.monitor)) if history.member_values else History()
            conclude(configuration, folder, observed, method, replace(done, history=alone), own)
            folder.write_record(closed_record(own, clock, FINISHED))
        record.update(joined.record_entries())
        together = self._scored_together(observed)
        metrics = together.metrics or averaged([folder.metrics for folder in self.folders])
        results = Results(metrics, together.arrays, together.pictures, together.notes)
        write_results(self.folder, with_history(results, done.history, None))
        for note in results.notes:
            log.info("%s", note)
        return metrics

    def _scored_together(self, observed: Any) -> Results:
        """What the members' common forecasts are worth, to an evaluation that scores these in place of their means."""
        if len(self.folders) < 2 or not getattr(build_evaluation(self.configuration), "scores_ensembles", False):
            return Results()
        learned = [read_learned(folder.learned_checkpoint, trusted(self.configuration)) for folder in self.folders]
        if not isinstance(learned[0], Joinable):
            return Results()
        return scored(self.configuration, type(learned[0]).joined(learned), observed)

    def _member_record(self, record: Mapping[str, Any], seed: int, method: Method) -> dict[str, Any]:
        """The record of one member after the common fit, of whose seconds it bears an equal part."""
        n_members = len(self.seeds)
        shared = {name: record[name] / n_members for name in SHARED_SECONDS}
        return {
            **record,
            **shared,
            # a member alone would have spent its part of the fit and its own evaluation
            "earlier_wall_seconds": shared["fit_wall_seconds"],
            "earlier_cpu_seconds": shared["fit_cpu_seconds"],
            "seed": seed,
            "parameters": n_trainable_parameters(method),
            "ensemble": {"members": n_members, "seeds": self.seeds, "fit_cpu_seconds": record["fit_cpu_seconds"]},
        }


def remove_members(folder: RunFolder) -> None:
    """Remove what an earlier ensemble left, so that none of it counts as finished."""
    if (folder.path / MEMBERS).exists():
        shutil.rmtree(folder.path / MEMBERS)


def averaged(members: Sequence[Metrics]) -> Metrics:
    """Mean over the members under the same names, and `<name>_std`, the sample standard deviation of several.

    Args:
        members: the metrics of each; what one of them lacks is left out.
    """
    names = [name for name in members[0] if all(name in metrics for metrics in members)]
    values = {name: np.array([metrics[name] for metrics in members]) for name in names}
    metrics = {name: float(of_members.mean()) for name, of_members in values.items()}
    if len(members) > 1:
        with np.errstate(invalid="ignore"):  # an infinite error has no spread
            metrics |= {f"{name}_std": float(of_members.std(ddof=1)) for name, of_members in values.items()}
    return metrics
