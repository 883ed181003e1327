"""Molecular dynamics: trajectories (.xtc, .trr, .dcd) with the topology that names their atoms, through MDTraj."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.budget import require_memory
from sciml_bench.core.checks import (
    ConfiguredBoolean,
    ConfiguredInteger,
    ConfiguredNumber,
    ConfiguredWord,
    require_boolean,
    require_choice,
    require_integer,
    require_number,
)
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.formats.frame_chains import CHAINS, FrameChain, followed_chain
from sciml_bench.data.files.formats.molecular_files import PICOSECONDS
from sciml_bench.data.files.trajectory_arrays import find_files
from sciml_bench.data.lazy_states import LazyStates, iterate_blocks
from sciml_bench.data.molecules.features import (
    CHOSEN_ATOMS,
    DIHEDRALS,
    FEATURES,
    Dihedrals,
    Positions,
    features_of,
)
from sciml_bench.data.molecules.frames import MolecularFrames, strided
from sciml_bench.data.molecules.molecule import Molecule, read_molecule_of
from sciml_bench.data.molecules.splits_of_trajectories import (
    IN_ORDER,
    TRAJECTORY_SPLITS,
    order_of_trajectories,
    radius_of_gyration,
)
from sciml_bench.data.reading import described
from sciml_bench.data.record import Record
from sciml_bench.data.regular_clock import RATE, median_step
from sciml_bench.data.split import TRAJECTORY, split_trajectories
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.transforms import RecordTransforms

CENTRAL_ATOMS = "name CA"
"""Whose radius of gyration is the collective variable of a split, where there are several of them."""


class MolecularTrajectories(Record):
    """Trajectories of one molecule, in nanometres and nanoseconds.

    Args:
        topology: file with the names of the atoms (.pdb, .gro, .prmtop, …).
        trajectories: files, folders or patterns of .xtc, .trr or .dcd.
        features: what is learned from: `positions` (atoms, 3), `distances` between any two of the chosen atoms, or the
            backbone's `dihedrals` as cosine and sine.
        atoms: the atoms that are looked at, in MDTraj's selection language; null: all that are not water, of distances
            without hydrogen.
        stride: frames from one row to the next; behind a gap of the clock the first row is whole strides after those
            before.
        time_step: between two frames of a file, in ns, whatever the file says; a .dcd says nothing.
        trajectory_split: of `split_by=trajectory`: which goes where, `in_order`, at `random`, or by
            `distribution_matching`, the best of 100 random splits.
        split_seed: of the random ones.
        skip_unreadable: whether an unreadable or truncated trajectory is left out, and told, or stops the run.
        in_memory_gigabytes: features up to this size are held in memory; larger ones are read as they are needed.
        split_by: as in `Record`; whole trajectories by default.
        **options: split, transforms as in `Record`.

    Raises:
        ConfigurationError: an option is out of range.
    """

    def __init__(
        self,
        topology: PathType | None,
        trajectories: PathType | Sequence[PathType] | None,
        features: ConfiguredWord = DIHEDRALS,
        atoms: str | None = None,
        stride: ConfiguredInteger = 1,
        time_step: ConfiguredNumber | None = None,
        trajectory_split: ConfiguredWord = IN_ORDER,
        split_seed: ConfiguredInteger = 0,
        skip_unreadable: ConfiguredBoolean = False,
        in_memory_gigabytes: ConfiguredNumber = 1.0,
        split_by: ConfiguredWord = TRAJECTORY,
        **options: Any,
    ) -> None:
        super().__init__(split_by=split_by, **options)
        for key, value in (("topology", topology), ("trajectories", trajectories)):
            if value is None or value in ("", []):
                given = "null" if value is None else value
                raise ConfigurationError(
                    f"data.{key}={given}: give files, such as data.topology=protein.pdb data.trajectories='runs/*.xtc'"
                )
        self.topology, self.trajectories = topology, trajectories
        self.features = require_choice("data.features", features, FEATURES)
        self.atoms = atoms
        self.stride = require_integer("data.stride", stride, 1, "every frame is 1, every tenth 10")
        self.time_step = time_step
        if time_step is not None:
            remedy = "the time between two frames, in ns, must be positive"
            self.time_step = require_number("data.time_step", time_step, remedy)
        self.trajectory_split = require_choice("data.trajectory_split", trajectory_split, TRAJECTORY_SPLITS)
        if self.split_by != TRAJECTORY and self.trajectory_split != IN_ORDER:
            raise ConfigurationError(
                f"data.trajectory_split={trajectory_split}: data.split_by={split_by} cuts every trajectory; set "
                "data.split_by=trajectory"
            )
        self.split_seed = require_integer("data.split_seed", split_seed, 0, "a seed is a whole number, not negative")
        self.skip_unreadable = require_boolean("data.skip_unreadable", skip_unreadable)
        self.in_memory_gigabytes = require_number(
            "data.in_memory_gigabytes", in_memory_gigabytes, "give 0 or more gigabytes", positive=False
        )
        self._sources: list[LazyStates] = []
        self._order: list[int] = []
        self._unreadable: list[str] = []

    def find_files(self) -> list[Path]:
        """The topology, and the trajectories that are there now.

        Raises:
            FileNotFoundError: there are none.
            ConfigurationError: one has another suffix.
        """
        return [Path(str(self.topology)).expanduser(), *_trajectory_files(self.trajectories)]

    def load(self) -> Trajectories:
        """All trajectories that can be read.

        Raises:
            FileNotFoundError: there is no such file.
            ConfigurationError: a topology, a selection or a suffix that does not fit.
            DataError: a trajectory cannot be used, or of those that are left none.
        """
        topology, *files = self.find_files()
        molecule = self._molecule = read_molecule_of(topology, self.atoms, CHOSEN_ATOMS[self.features])
        self._files_read, self._unreadable = [topology, *files], []
        features = features_of(self.features, molecule)

        def opened(path: Path) -> LazyStates:
            chain = followed_chain(path)
            _require_same_atoms(path, chain, topology, molecule)
            frames = strided(chain, self.stride, self.time_step)
            return LazyStates(MolecularFrames(path, chain, molecule.topology, features, frames))

        states = self._sources = self._readable(files, opened)
        n_bytes = sum(math.prod(source.shape) * source.dtype.itemsize for source in self._sources)
        if n_bytes <= self.in_memory_gigabytes * 2**30:
            require_memory(f"data.in_memory_gigabytes={self.in_memory_gigabytes}", 2 * n_bytes, "give fewer")
            held = self._readable(self._sources, lambda source: (source, _in_memory(source)))
            self._sources, states = map(list, zip(*held, strict=True))
        facts: dict[str, Any] = {"component_units": features.units} if any(features.units) else {}
        if isinstance(features, Positions):
            facts["body_names"] = molecule.names(features.atoms)
            facts["atomic_numbers"] = molecule.atomic_numbers(features.atoms)
            facts["dihedral_atoms"] = features.dihedrals
        names, clock = tuple(str(source.source.path) for source in self._sources), self._clock()
        try:
            found = Trajectories(tuple(states), component_names=features.names, names=names, facts=facts, **clock)
        except DataError as error:
            raise DataError(f"data.trajectories: {error}") from error
        told = [described(found), f"{self.features} of {len(features.atoms)} of the {molecule.topology.n_atoms} atoms"]
        if found.time_unit == "step":
            told.append("the files tell no clock: data.time_step gives it, in ns between two frames")
        if self._unreadable:
            told.append(f"left out, for it cannot be read: {'; '.join(self._unreadable)}")
        self._reading = "; ".join(told)
        return found

    def _readable(self, given: Sequence[Any], read: Callable[[Any], Any]) -> list[Any]:
        """What is read of each of several, as far as it can be read."""
        found = []
        for each in given:
            try:
                found.append(read(each))
            except DataError as error:
                if not self.skip_unreadable:
                    raise DataError(
                        f"data.trajectories: {error}; mend or leave out the file, or set data.skip_unreadable=true"
                    ) from error
                self._unreadable.append(str(error))
        if not found:
            raise DataError(f"data.trajectories: none of {len(given)} can be read; the first: {self._unreadable[0]}")
        return found

    def load_splits(self) -> dict[str, Trajectories]:
        """By time, or by whole trajectories in the order that was asked for."""
        found = self.load()
        how = self.trajectory_split, found.n_trajectories, self.split, self.split_seed
        self._order = order_of_trajectories(*how, self._radii_of_gyration, self._groups()).tolist()
        return self._in_parts(found)

    def _in_parts(self, found: Trajectories) -> dict[str, Trajectories]:
        return split_trajectories(found.select(trajectories=self._order), self.split, self.split_by)

    def _groups(self) -> list[int] | None:
        """The kind of every trajectory that is read, where there are several."""
        return None

    def collective_variables(self) -> dict[str, Trajectories] | None:
        """What the field measures at the rows of every part: the radius of gyration in nm, of the carbons CA if there
        are three, and cosine and sine of the backbone's phi and psi; None where other rows were made of them.
        """
        self._after_setup()
        if self.transforms or self.asked != RecordTransforms():
            return None
        topology, columns = self._molecule.topology, [[radii[:, None] for radii in self._radii_of_gyration()]]
        names: tuple[str, ...] = ("radius of gyration",)
        with suppress(ConfigurationError):  # no peptide has none
            torsions = Dihedrals(Molecule(topology, np.arange(topology.n_atoms)))
            columns.append([_in_memory(LazyStates(one.source.with_features(torsions))) for one in self._sources])
            names += torsions.names
        rows = tuple(np.concatenate(parts, axis=1) for parts in zip(*columns, strict=True))
        return self._in_parts(Trajectories(rows, component_names=names, **self._clock()))

    def _clock(self) -> dict[str, Any]:
        """Times in nanoseconds, or a step of them, or of frames where nobody knows."""
        if self.time_step is not None:
            return {"time_step": self.time_step * self.stride, "time_unit": "ns"}
        frames = [source.source for source in self._sources]
        known = [one.chain.times[one.frames] / PICOSECONDS for one in frames if one.chain.times is not None]
        without = [one.path for one in frames if one.chain.times is None]
        if known and without:
            raise DataError(
                f"data.trajectories: {without[0]} has no clock and others have; give data.time_step, in ns between two "
                "frames"
            )
        if without:
            return {"time_step": float(self.stride), "time_unit": "step"}
        for one, times in zip(frames, known, strict=True):
            if len(late := np.flatnonzero(~(np.diff(times) > 0))):
                row = int(late[0]) + 1
                raise DataError(
                    f"data.trajectories: {one.path} has the time {times[row]:g} ns at frame {one.frames[row] + 1}, "
                    f"not later than {times[row - 1]:g} ns; leave repeated frames out and give runs a file each, or, "
                    "where all frames follow each other evenly, give data.time_step, in ns between two frames"
                )
        if self.asked.resample is None:
            _require_one_time_step(frames)
        step = median_step(known) if max(map(len, known)) > 1 else 1.0
        return {"times": tuple(known), "time_step": step, "time_unit": "ns"}

    def _radii_of_gyration(self) -> list[np.ndarray]:
        """Of the central carbons of all trajectories, or of the chosen atoms where there are fewer than three."""
        molecule = self._molecule
        central = molecule.topology.select(CENTRAL_ATOMS)
        positions = Positions(Molecule(molecule.topology, central) if len(central) > 2 else molecule)
        sources = [LazyStates(source.source.with_features(positions)) for source in self._sources]
        return [np.concatenate([radius_of_gyration(x) for _, x in iterate_blocks(source)]) for source in sources]


def _in_memory(source: LazyStates) -> np.ndarray:
    return np.concatenate([block for _, block in iterate_blocks(source)])


def _trajectory_files(given: Any) -> list[Path]:
    try:
        files = find_files(given)
    except FileNotFoundError as error:
        raise FileNotFoundError(str(error).replace("data.path", "data.trajectories")) from None
    wrong = [path for path in files if path.suffix.lower() not in CHAINS]
    if wrong:
        raise ConfigurationError(
            f"data.trajectories={wrong[0]}: trajectories of molecules end in {', '.join(CHAINS)}; convert others with "
            "mdconvert, which comes with MDTraj"
        )
    return files


def _require_one_time_step(files: Sequence[MolecularFrames]) -> None:
    """Stop at files whose frames are further apart than those of others: every interval of them would be a gap.

    Raises:
        DataError: there are two such.
    """
    clocks = [(one.path, one.chain.times / PICOSECONDS) for one in files if one.chain.times is not None]
    steps = {path: float(np.median(np.diff(times))) for path, times in clocks if len(times) > 1}
    if len(steps) > 1 and max(steps.values()) > (1 + RATE) * min(steps.values()):
        (short, shortest), *_, (long, longest) = sorted(steps.items(), key=lambda item: item[1])
        raise DataError(
            f"data.trajectories: the frames of {long} are {longest:g} ns apart, those of {short} {shortest:g} ns; "
            f"leave one out, bring all to one clock with data.resample={longest:g}, or, where a clock is wrong, give "
            "data.time_step, in ns between two frames"
        )


def _require_same_atoms(path: Path, chain: FrameChain, topology: Path, molecule: Molecule) -> None:
    """Stop at a trajectory of another molecule, which nobody wants to skip.

    Raises:
        ConfigurationError: it has another number of atoms.
    """
    if chain.n_atoms != molecule.topology.n_atoms:
        raise ConfigurationError(
            f"data.topology={topology} has {molecule.topology.n_atoms} atoms, but the trajectory {path} has "
            f"{chain.n_atoms}; give the topology of these trajectories, and trajectories of the same atoms alone"
        )
