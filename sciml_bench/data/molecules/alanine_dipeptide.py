"""Alanine dipeptide, simulated on the spot and kept: the molecule on which methods for slow motions are tried first."""

import hashlib
import math
import shutil
import tempfile
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from jaxtyping import Float

from sciml_bench.core.budget import weigh_time
from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError, StorageError
from sciml_bench.core.stored.cache import default_cache
from sciml_bench.core.stored.files import write_json
from sciml_bench.core.types import PathType
from sciml_bench.data.files.formats.frame_chains import followed_chain
from sciml_bench.data.files.packages import imported
from sciml_bench.data.lazy_states import LazyStates, read_block
from sciml_bench.data.molecules import simulation
from sciml_bench.data.molecules.features import Dihedrals
from sciml_bench.data.molecules.molecular_trajectories import MolecularTrajectories
from sciml_bench.data.molecules.molecule import EXTRA, Molecule
from sciml_bench.data.molecules.simulation import TOPOLOGY, Simulation
from sciml_bench.data.split import TRAJECTORY, cut_points
from sciml_bench.data.trajectories import Trajectories

ENOUGH_CROSSINGS = 20
"""Of phi = 0, below which the slowest motion was seen too seldom to be learned."""
_NEGATIVE, _POSITIVE = (-150.0, -20.0), (20.0, 120.0)
"""Degrees of phi well within its two regions: what flutters at their border crosses nothing."""
_SETTINGS = "settings.json"


class AlanineDipeptide(MolecularTrajectories):
    """Trajectories of alanine dipeptide in implicit solvent, in nanometres and nanoseconds.

    Its slowest motion is the visit of positive phi. At 500 K there are two crossings in a nanosecond, at 300 K next to
    none; the record counts them.

    Args:
        temperature: in kelvin.
        n_trajectories: independent ones.
        nanoseconds: of each.
        frame_picoseconds: from one frame to the next, at least 1 (250 steps).
        data_seed: of the simulation.
        cache: folder where it is kept, `~/.cache/sciml_bench` by default.
        **options: features, atoms, stride, trajectory_split, split and so on, as in `MolecularTrajectories`.

    Raises:
        ConfigurationError: an option is out of range.
    """

    def __init__(
        self,
        temperature: ConfiguredNumber = 500.0,
        n_trajectories: ConfiguredInteger = 6,
        nanoseconds: ConfiguredNumber = 4.0,
        frame_picoseconds: ConfiguredNumber = 1.0,
        data_seed: ConfiguredInteger = 0,
        cache: PathType | None = None,
        **options: Any,
    ) -> None:
        interval = require_number("data.frame_picoseconds", frame_picoseconds, "give at least 1 ps")
        self.simulation = Simulation(
            require_number("data.temperature", temperature, "give kelvin above 0"),
            require_integer("data.n_trajectories", n_trajectories, 1, "simulate at least 1"),
            require_number("data.nanoseconds", nanoseconds, "give the length of a trajectory, above 0"),
            interval,
            require_integer("data.data_seed", data_seed, 0, "a seed is a whole number and not negative"),
        )
        if self.simulation.steps_per_frame < simulation.FEWEST_STEPS:
            raise ConfigurationError(
                f"data.frame_picoseconds={frame_picoseconds}: give at least 1, that is {simulation.FEWEST_STEPS} steps"
            )
        if self.simulation.n_frames < 2:
            raise ConfigurationError(
                f"data.nanoseconds={nanoseconds}: a trajectory needs at least 2 frames, {2 * interval:g} ps"
            )
        kept = hashlib.sha256(repr((self.simulation, self._how())).encode()).hexdigest()[:16]
        self.folder = (default_cache() if cache is None else Path(cache)) / "alanine_dipeptide" / kept
        files = [str(self.folder / name) for name in self.simulation.files]
        super().__init__(topology=self.folder / TOPOLOGY, trajectories=files, **options)

    def load_splits(self) -> dict[str, Trajectories]:
        """Simulate what is not kept yet, which takes minutes, and split it; too few trajectories are told before."""
        n, parts, sizes = self.simulation.n_trajectories, list(self.split), list(self.split.values())
        counted = all(isinstance(size, int) for size in sizes)
        needed = sum(sizes) if counted else math.ceil(1 / min(sizes))  # enough for one in the smallest part
        if self.split_by == TRAJECTORY and n < needed and (counted or 0 in np.diff(cut_points(n, sizes))):
            fewer = ", ".join(f"{part}: {n - len(parts) + 1 if part == parts[0] else 1}" for part in parts)
            other = f"such as 'data.split={{{fewer}}}'" if n >= len(parts) else "data.split_by=time"
            raise ConfigurationError(
                f"data.n_trajectories={n}: too few for data.split={self.split}; give data.n_trajectories={needed} or "
                f"more, or {other}"
            )
        return super().load_splits()

    def load(self) -> Trajectories:
        """Simulate what is not kept yet, and read it.

        Raises:
            ConfigurationError: a selection without atoms, or a simulation that takes longer than a night.
            DataError: OpenMM or MDTraj is missing.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{self.folder}.lock"):
            if not self._is_kept():
                self._simulate()
        found = super().load()
        crossings, asked = self.crossings(), self.simulation
        few = "" if crossings >= ENOUGH_CROSSINGS else f", fewer than {ENOUGH_CROSSINGS}: simulate longer or hotter"
        self._reading = (
            f"{self._reading}; simulated at {asked.temperature:g} K, {asked.n_trajectories} x {asked.nanoseconds:g} ns,"
            f" OpenMM's {simulation.PLATFORM} platform on one thread each; {crossings} crossings of phi = 0{few}"
        )
        return found

    def crossings(self) -> int:
        """How often phi went from one of its two regions to the other, in all trajectories."""
        topology = self._molecule.topology
        dihedrals, count = Dihedrals(Molecule(topology, np.arange(topology.n_atoms))), 0
        for source in self._sources:
            cosine, sine, *_ = read_block(LazyStates(source.source.with_features(dihedrals))).T
            count += count_crossings(np.degrees(np.arctan2(sine, cosine)))
        return count

    @staticmethod
    def _how() -> dict[str, Any]:
        names = ("FORCE_FIELD", "PLATFORM", "HYDROGEN_MASS", "FRICTION", "STEP_FEMTOSECONDS", "EQUILIBRATION")
        return {name.lower(): getattr(simulation, name) for name in names}

    def _is_kept(self) -> bool:
        return (self.folder / _SETTINGS).is_file() and self._is_whole(self.folder)

    def _is_whole(self, folder: Path) -> bool:
        try:
            lengths = [followed_chain(folder / name).n_frames for name in self.simulation.files]
        except (DataError, OSError):
            return False
        return set(lengths) == {self.simulation.n_frames}

    def _simulate(self) -> None:
        """Into a folder that gets its name when all is there."""
        imported(Path("alanine_dipeptide"), "openmm", EXTRA, "data")
        asked = self.simulation
        said = f"data.nanoseconds={asked.nanoseconds}: {asked.n_trajectories} x {asked.nanoseconds:g} ns to simulate"
        weigh_time(said, asked.seconds, "simulate fewer")
        place = Path(tempfile.mkdtemp(prefix=f"{self.folder.name}.", suffix=".incomplete", dir=self.folder.parent))
        try:
            asked.run(place)
            if not self._is_whole(place):  # on a full disk OpenMM goes on and leaves frames out
                raise StorageError(f"{place.parent}: not all frames were written; free space and repeat the command")
            write_json(place / _SETTINGS, {**asdict(asked), **self._how(), "openmm": metadata.version("openmm")})
            shutil.rmtree(self.folder, ignore_errors=True)
            place.rename(self.folder)
        finally:
            shutil.rmtree(place, ignore_errors=True)


def count_crossings(phi: Float[np.ndarray, " time"]) -> int:
    """How often an angle in degrees went from the region of negative phi to that of positive phi, or back."""
    region = np.zeros(len(phi))
    for sign, (low, high) in ((-1, _NEGATIVE), (1, _POSITIVE)):
        region[(phi > low) & (phi < high)] = sign
    visited = region[region != 0]
    return int(np.count_nonzero(np.diff(visited)))
