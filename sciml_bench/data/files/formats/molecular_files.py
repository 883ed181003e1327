"""Trajectories of molecules through MDTraj: positions in nanometres, times in nanoseconds."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import PathType
from sciml_bench.data.files.formats.frame_chains import followed_chain
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.files.packages import imported
from sciml_bench.data.lazy_states import LazyStates

MOLECULAR_SUFFIXES = (".xtc", ".trr", ".dcd")
PICOSECONDS = 1000
"""In a nanosecond, the suite's unit of time for molecules."""
TO_NANOMETRES = {"nanometers": 1.0, "angstroms": 0.1}


def read_molecule(path: Path, topology: PathType | None) -> list[NamedTrajectory]:
    """The positions of all atoms, in memory; the periodic cell is not undone.

    Args:
        path: the file.
        topology: file with the names of the atoms; without it they have numbers.

    Raises:
        ConfigurationError: the topology cannot be read, or belongs to another molecule.
        DataError: MDTraj is missing, or the file is truncated or damaged.
    """
    mdtraj = imported(path, "mdtraj", "trajectories")
    try:
        chain = followed_chain(path)  # MDTraj stops silently where a .dcd ends within a frame
    except DataError as error:
        raise DataError(f"data.path={error}; mend the file, or leave it out") from error
    try:
        with mdtraj.open(str(path)) as file:
            frames, unit = file.read(), TO_NANOMETRES[file.distance_unit]
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise DataError(f"data.path={path} cannot be read as {path.suffix} by MDTraj ({error}).") from error
    positions = np.asarray(frames[0]) * np.float32(unit)
    atoms = None if topology is None else _atoms(mdtraj, Path(topology))
    if atoms is not None and len(atoms) != positions.shape[1]:
        raise ConfigurationError(
            f"data.topology={topology} has {len(atoms)} atoms, but {path} has {positions.shape[1]}; give the topology "
            "of this trajectory."
        )
    return [molecule(path, positions, chain.times, atoms)]


def molecule(
    path: Path, positions: Any, times: Float[np.ndarray, " time"] | None, atoms: Sequence[str] | None
) -> NamedTrajectory:
    """The trajectory of a molecule.

    Args:
        path: of the file, for messages.
        positions: with axes (time, atoms, 3), in nanometres.
        times: in picoseconds.
        atoms: their names.
    """
    notes = [f"{positions.shape[1]} atoms as they lie in space, turned and shifted by nobody"]
    if times is not None and len(times) > 1 and not (np.diff(times) > 0).any():
        times, notes = None, [*notes, "all frames have the same time, which is left out"]
    if atoms is None:
        atoms = [f"atom{number}" for number in range(1, positions.shape[1] + 1)]
    return NamedTrajectory(
        str(path),
        positions if isinstance(positions, np.ndarray) else LazyStates(positions),
        None if times is None else times / PICOSECONDS,
        time_unit=None if times is None else "ns",
        component_names=("x", "y", "z"),
        component_units=("nm",) * 3,
        notes=tuple(notes),
        body_names=tuple(atoms),
    )


def _atoms(mdtraj: Any, topology: Path) -> list[str]:
    if not topology.expanduser().is_file():
        raise ConfigurationError(f"data.topology={topology}: there is no such file.")
    try:
        return [str(atom) for atom in mdtraj.load_topology(str(topology.expanduser())).atoms]
    except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
        raise ConfigurationError(f"data.topology={topology} cannot be read by MDTraj ({error}).") from error
