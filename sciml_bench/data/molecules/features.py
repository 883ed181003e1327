"""What is learned from of a molecule: positions, distances between atoms, or dihedrals as cosine and sine.

Distances and dihedrals do not change when a molecule turns or moves, also across the borders of a periodic cell.
"""

from itertools import combinations
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.molecules.molecule import Molecule
from sciml_bench.data.molecules.whole_chains import WholeChains, has_cells, numbers_of_polymers
from sciml_bench.data.trajectories import Trajectories

POSITIONS, DISTANCES, DIHEDRALS = FEATURES = ("positions", "distances", "dihedrals")

CHOSEN_ATOMS = {POSITIONS: "not water", DISTANCES: "not water and element != H", DIHEDRALS: "all"}
"""By features, the selection where a person made none."""


class Positions:
    """States (atoms, 3) in nanometres, as the atoms lie in space; chains that a periodic cell cuts are made whole."""

    def __init__(self, molecule: Molecule) -> None:
        self.atoms, self.names, self.dihedrals = molecule.atoms, ("x", "y", "z"), Dihedrals.places(molecule)
        self._whole = WholeChains(molecule)
        self.atoms_read = self._whole.atoms
        self.units: tuple[str | None, ...] = ("nm",) * 3

    def of(self, frames: Any) -> Float[np.ndarray, "time atoms 3"]:
        """The positions, each atom at the image where its chain is whole."""
        return self._whole.positions(frames)


class Distances:
    """Distances between any two of the chosen atoms, in nanometres.

    Within a polymer it is that of the whole one, also beyond half of a periodic cell; between two molecules, that of
    the nearest images.
    """

    def __init__(self, molecule: Molecule) -> None:
        self.atoms = molecule.atoms
        if len(self.atoms) < 2:
            raise ConfigurationError(
                "data.features=distances: data.atoms selects a single atom; choose at least 2, such as 'name CA'"
            )
        self._whole = WholeChains(molecule)
        self.atoms_read = self._whole.atoms
        self._pairs = np.array(list(combinations(range(len(self.atoms)), 2)))
        self._within = np.equal(*self._whole.polymers[self._pairs].T)
        names = molecule.names(self.atoms)
        self.names = tuple(f"distance {names[first]} {names[second]}" for first, second in self._pairs)
        self.units: tuple[str | None, ...] = ("nm",) * len(self.names)

    def of(self, frames: Any) -> Float[np.ndarray, "time pairs"]:
        """The distances."""
        import mdtraj

        periodic = has_cells(frames)
        found = mdtraj.compute_distances(frames, self._whole.places[self._pairs], periodic=periodic)
        if periodic and self._within.any():
            whole = mdtraj.Trajectory(self._whole.positions(frames).astype(np.float32), None)
            found[:, self._within] = mdtraj.compute_distances(whole, self._pairs[self._within], periodic=False)
        return found


class Dihedrals:
    """Cosine and sine of the backbone's torsions phi and psi whose four atoms are all chosen, residue by residue."""

    def __init__(self, molecule: Molecule) -> None:
        import mdtraj

        n_atoms = molecule.topology.n_atoms
        frame = mdtraj.Trajectory(np.zeros((1, n_atoms, 3), dtype=np.float32), molecule.topology)
        with np.errstate(all="ignore"):
            quadruples = {
                "phi": mdtraj.compute_phi(frame, periodic=False)[0],
                "psi": mdtraj.compute_psi(frame, periodic=False)[0],
            }
        polymers = numbers_of_polymers(molecule.topology)
        polymer_of = np.array([polymers[atom.residue.index] for atom in molecule.topology.atoms])
        # the second atom of phi and the first of psi are the nitrogen of their residue
        found = [
            (int(atoms[1 if name == "phi" else 0]), name, atoms)
            for name, several in quadruples.items()
            for atoms in several
            if np.isin(atoms, molecule.atoms).all() and len({*polymer_of[atoms]}) == 1
        ]
        if not found:
            raise ConfigurationError(
                "data.features=dihedrals: the chosen atoms have no phi and no psi, which need N, CA and C of "
                "neighbouring residues; choose other data.atoms, or data.features=distances"
            )
        found.sort(key=lambda one: one[:2])
        self.atoms = self.atoms_read = np.unique([atoms for _, _, atoms in found])
        self._quadruples = np.searchsorted(self.atoms, np.array([atoms for _, _, atoms in found]))
        residues = [molecule.topology.atom(nitrogen).residue for nitrogen, _, _ in found]
        several = len({residue.chain.index for residue in residues}) > 1
        self.angles = [
            f"{name} {residue.resSeq}" + (f" chain {residue.chain.index + 1}" if several else "")
            for (_, name, _), residue in zip(found, residues, strict=True)
        ]
        if len({*self.angles}) < len(found):  # several molecules, numbered alike, in one chain
            molecules = np.unique([polymers[residue.index] for residue in residues], return_inverse=True)[1].tolist()
            pairs = zip(found, residues, molecules, strict=True)
            self.angles = [f"{name} {residue.resSeq} molecule {n + 1}" for (_, name, _), residue, n in pairs]
        self.names = tuple(f"{function} {angle}" for angle in self.angles for function in ("cos", "sin"))
        self.units: tuple[str | None, ...] = (None,) * len(self.names)

    def of(self, frames: Any) -> Float[np.ndarray, "time functions"]:
        """cos phi, sin phi, cos psi, … of every residue."""
        import mdtraj

        angles = mdtraj.compute_dihedrals(frames, self._quadruples)
        return np.stack([np.cos(angles), np.sin(angles)], axis=-1).reshape(len(angles), -1)

    @classmethod
    def places(cls, molecule: Molecule) -> dict[str, list[int]]:
        """Of every dihedral, its four atoms as numbers among the chosen ones; empty where there is none."""
        try:
            found = cls(molecule)
        except ConfigurationError:
            return {}
        among = np.searchsorted(molecule.atoms, found.atoms[found._quadruples])
        return dict(zip(found.angles, among.tolist(), strict=True))


def dihedrals_of(
    states: Float[np.ndarray, "time *state"], trajectories: Trajectories
) -> dict[str, Float[np.ndarray, " time"]]:
    """The backbone's dihedrals in degrees, by their names, as far as states tell them.

    Args:
        states: rows of such trajectories: cosines and sines, or positions.
        trajectories: that name the components, or know the atoms of the dihedrals (`dihedral_atoms` of their facts).
    """
    if len(trajectories.state_shape) == 1:
        columns = {name: states[:, number] for number, name in enumerate(trajectories.named_components)}
        angles = [name[4:] for name in columns if name.startswith(("sin phi ", "sin psi "))]
        sines = {angle: columns[f"sin {angle}"] for angle in angles if f"cos {angle}" in columns}
        return {angle: np.degrees(np.arctan2(sine, columns[f"cos {angle}"])) for angle, sine in sines.items()}
    found = {}
    for angle, atoms in trajectories.facts.get("dihedral_atoms", {}).items():
        first, axis, last = np.moveaxis(np.diff(np.asarray(states[:, atoms], dtype=float), axis=1), 1, 0)
        before, after = np.cross(first, axis), np.cross(axis, last)
        length = np.linalg.norm(axis, axis=1)
        found[angle] = np.degrees(np.arctan2(length * (first * after).sum(axis=1), (before * after).sum(axis=1)))
    return found


Features: TypeAlias = Positions | Distances | Dihedrals
"""A function `of` frames of `atoms_read`, which are its `atoms` and others that it needs, whose components have `names`
and `units`."""


def features_of(kind: str, molecule: Molecule) -> Features:
    """The features of a molecule.

    Args:
        kind: one of FEATURES.
        molecule: with its chosen atoms.

    Raises:
        ConfigurationError: the chosen atoms have no such features.
    """
    return {POSITIONS: Positions, DISTANCES: Distances, DIHEDRALS: Dihedrals}[kind](molecule)
