"""Other trajectories of a run's molecule, read as the run's own were: the same atoms, features and clock."""

from collections.abc import Mapping
from typing import Any

from sciml_bench.core.types import PathType
from sciml_bench.data.files.formats.frame_chains import CHAINS
from sciml_bench.data.files.trajectory_arrays import find_files
from sciml_bench.data.molecules.molecular_trajectories import MolecularTrajectories
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


def are_frames(path: PathType) -> bool:
    """Whether the first of some files is a trajectory of a molecule.

    Args:
        path: as `find_files` takes it.

    Raises:
        FileNotFoundError: there is none.
    """
    return find_files(path)[0].suffix.lower() in CHAINS


def record_of_files(
    path: PathType, reading: Mapping[str, Any], split: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The configuration of a record of other files; of fewer than three, each is cut by time.

    Args:
        path: files, a folder or a pattern.
        reading: from `reading_of`.
        split: of whole trajectories, where there are enough of them.
    """
    parts: dict[str, Any] = {"split_by": TIME, "split": DEFAULT_SPLIT}
    if len(find_files(path)) >= _FEWEST:
        parts = {"split_by": TRAJECTORY, "split": dict(split or DEFAULT_SPLIT)}
    target = f"{MolecularTrajectories.__module__.rpartition('.')[0]}.{MolecularTrajectories.__name__}"
    return {"_target_": target, "trajectories": [str(path)], **reading, **parts}
