"""A finished run back in memory: what it learned, without its training data and without trusting its folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.core.plain_types import Metrics, PathType
from sciml_bench.core.stored.run_folder import RunFolder

_NAMES_IN_FILES = ("key", "times_key", "time_column", "topology", "component_names", "missing")
_NAMES_IN_FILES += ("drop_empty_cells",)
_MOLECULES = "sciml_bench.data.molecules"


@dataclass(frozen=True, eq=False)
class Run:
    """A run folder, opened.

    Args:
        folder: of the run.
        learned: what was learned: it forecasts, has a spectrum, tells equations, solves or estimates, by its protocols.
        trusted_packages: whose classes may be built beside those that the suite exports.
    """

    folder: RunFolder
    learned: Any
    trusted_packages: tuple[str, ...] = ()

    @cached_property
    def configuration(self) -> dict[str, Any]:
        """The configuration that the run was asked for, plain and resolved."""
        return self.folder.configuration or {}

    @property
    def record(self) -> dict[str, Any]:
        """The content of record.json."""
        return self.folder.record

    @property
    def metrics(self) -> Metrics:
        """The content of metrics.json."""
        return self.folder.metrics

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """The content of arrays.npz."""
        return self.folder.arrays

    def forecast(self, horizon: Any, past: Any = None, inputs: Any = None) -> Any:
        """What comes next, in the components of the person's file, whatever was learned from.

        Args:
            horizon: steps of the record's clock, or times.
            past: `Trajectories` to go on from, in these components; by default the end of the record.
            inputs: u(t) at the times to come, where the system has inputs.

        Raises:
            DataError: the run has learned nothing that forecasts, has not kept the end of its record, or the past does
                not fit.
            ConfigurationError: a horizon that the method cannot reach.
        """
        from sciml_bench.data.capabilities import Forecaster
        from sciml_bench.data.own_components import in_own_components

        learned = in_own_components(self.learned)
        if not isinstance(learned, Forecaster):
            raise DataError(f"{self.folder.path} has learned {type(self.learned).__name__}, which does not forecast")
        given = getattr(learned, "past", None) if past is None else past
        if given is None:
            raise DataError(f"{self.folder.path} has not kept the end of its record; give a past")
        return learned.forecast(given, horizon, inputs)

    def data(self, changed: bool = False) -> Any:
        """The record that was learned from, loaded now (of train_nsm.py: the equation).

        Args:
            changed: whether it may be another than the run has learned from.

        Raises:
            ConfigurationError: the configuration names something that is not trusted.
            DataError: the data cannot be used, or have changed.
        """
        from sciml_bench.training.build import build_record
        from sciml_bench.training.data_files import changed_data

        configuration = {**self.configuration, "trusted_packages": self.trusted_packages}
        if not changed and (change := changed_data(self.folder, configuration)):
            raise DataError(
                f"{self.folder.path} has learned from other data, since {change}; put the old file back, or take what "
                "is there now with data(changed=True)"
            )
        record = build_record(configuration)
        record.setup()
        return record


def restore(path: PathType, trusted_packages: Sequence[str] = ()) -> Run:
    """Open a run folder; only classes that the suite exports are built, whatever the folder says.

    Args:
        path: a run folder; that of an ensemble stands for one learned object of several members.
        trusted_packages: your own packages, whose classes may be built as well.

    Raises:
        DataError: the folder holds no run, one that has learned nothing yet, or an ensemble that cannot be joined.
        ConfigurationError: something in it is not trusted.
    """
    from sciml_bench.core.stored.learned_file import Joinable, read_learned

    folder, members = _opened(path)
    trusted = tuple(trusted_packages)
    for member in members:
        if not member.learned_checkpoint.exists():
            raise DataError(f"{member.path} has learned nothing yet ({member.status}); repeat its command first")
    learned = [read_learned(member.learned_checkpoint, trusted) for member in members]
    if members == [folder]:
        return Run(folder, learned[0], trusted)
    if not isinstance(learned[0], Joinable):
        raise DataError(f"{folder.path} holds an ensemble; restore one of the runs in {members[0].path.parent}")
    return Run(folder, type(learned[0]).joined(learned), trusted)


def member_folders(path: PathType) -> list[Path]:
    """The runs of single seeds that a run folder stands for: those of all members of an ensemble, else itself.

    Raises:
        DataError: the folder holds no run, or its record is broken.
    """
    return [member.path for member in _opened(path)[1]]


def _opened(path: PathType) -> tuple[RunFolder, list[RunFolder]]:
    """A run folder, and those of the members of the ensemble that it holds; itself where it holds a single run."""
    from sciml_bench.training.ensemble import Ensemble

    folder = RunFolder(path)
    record = folder.record
    if not record:
        what = "holds no run: record.json is missing" if folder.path.exists() else "does not exist"
        raise DataError(f"{folder.path} {what}; give the folder of a run, in which record.json lies")
    asked = record.get("ensemble") if isinstance(record.get("ensemble"), list | int) else None  # a member's: a mapping
    ensemble = Ensemble.of({"seed": record.get("seed"), "ensemble": asked}, folder)
    return folder, [folder] if ensemble is None else ensemble.folders


def names_in_files(run: Run) -> dict[str, Any]:
    """What a run's record is called in the files that it is read from, and what is done where values are missing."""
    node = run.configuration.get("data") or {}
    if str(node.get("_target_", "")).startswith(f"{_MOLECULES}."):
        from sciml_bench.data.molecules.other_files import reading_of
        from sciml_bench.training.build import build_record

        return {"molecule": reading_of(build_record(run.configuration | {"trusted_packages": run.trusted_packages}))}
    if not str(node.get("_target_", "")).endswith(".TrajectoryFiles"):
        return {}
    return {name: node[name] for name in _NAMES_IN_FILES if isinstance(node.get(name), str | int | list)}
