"""Other trajectories of a run's molecule, read as the run's own were: the same atoms, features and clock."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sciml_bench.core.errors import DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.formats.frame_chains import CHAINS
from sciml_bench.data.files.trajectory_arrays import find_files
from sciml_bench.data.molecules.molecular_trajectories import MolecularTrajectories
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.split import DEFAULT_SPLIT, TIME, TRAJECTORY

_READING = ("features", "atoms", "stride", "time_step")
_FEWEST = 3
"""Trajectories that can be split as wholes."""


def reading_of(record: MolecularTrajectories) -> dict[str, Any]:
    """What a molecule's trajectories are read with.

    Args:
        record: need not be loaded.
    """
    return {"topology": str(record.topology)} | {name: getattr(record, name) for name in _READING}


def reading_on_clock_of(spec: RecordSpec, path: PathType, reading: Mapping[str, Any]) -> dict[str, Any]:
    """What `reading_of` gives, for files without a clock with the time step of the run, where this is known.

    Raises:
        DataError: some files have a clock and others have none.
    """
    clockless = {file.suffix.lower() == ".dcd" for file in _chains(path)}
    if len(clockless) > 1 and reading["time_step"] is None:
        raise DataError(f"{path}: of these files some have a clock, and .dcd has none; give those of each kind apart")
    if clockless != {True} or reading["time_step"] is not None or spec.time_unit == "step":
        return dict(reading)
    return {**reading, "time_step": spec.time_step / reading["stride"]}  # that of the run is between its rows


def record_of_files(
    path: PathType, reading: Mapping[str, Any], split: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """The configuration of a record of other files; of fewer than three, each is cut by time.

    Args:
        path: files, a folder or a pattern.
        reading: from `reading_of` or `reading_on_clock_of`.
        split: of whole trajectories, where there are enough of them.

    Returns:
        None where these are no trajectories of a molecule.

    Raises:
        FileNotFoundError: there is no such file.
    """
    # beside the topology in a folder
    files, parts = _chains(path), {"split_by": TIME, "split": DEFAULT_SPLIT}
    if not files:
        return None
    if len(files) >= _FEWEST:
        parts = {"split_by": TRAJECTORY, "split": dict(split or DEFAULT_SPLIT)}
    target = f"{MolecularTrajectories.__module__.rpartition('.')[0]}.{MolecularTrajectories.__name__}"
    return {"_target_": target, "trajectories": [*map(str, files)], **reading, **parts}


def _chains(path: PathType) -> list[Path]:
    return [file for file in find_files(path) if file.suffix.lower() in CHAINS]
