"""Chains that a periodic cell cuts, made whole by the atoms of their backbones, whichever atoms are looked at."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.data.molecules.molecule import Molecule

BACKBONE = frozenset(("N", "CA", "C", "BB", "P", "O5'", "C5'", "C4'", "C3'", "O3'"))
"""What atoms between two chosen ones of a polymer are called, each near the one before; BB in Martini's models."""

FIRST_CAPS, LAST_CAPS = frozenset(("ACE", "FOR")), frozenset(("NME", "NMA", "NH2"))
"""Residues with which a protein begins and ends."""
LAST_OXYGENS = frozenset(("OXT", "OT2", "OC2"))
"""What force fields call the second oxygen at the end of a protein."""


class WholeChains:
    """The chosen atoms of a molecule, each at the image where its chain is whole.

    Two neighbours of a chain are near each other, two chosen atoms of it need not be: the backbone between them is read
    as well, and every atom is put at its image nearest to the atom before.

    Args:
        molecule: with its chosen atoms.

    Attributes:
        atoms: increasing numbers of those to read, the chosen ones among them.
        places: of the chosen ones among these.
        polymers: of every chosen atom, a number of the polymer or else of the residue that it belongs to.
    """

    def __init__(self, molecule: Molecule) -> None:
        atoms = [molecule.topology.atom(number) for number in range(molecule.topology.n_atoms)]
        chosen = np.asarray(molecule.atoms)
        chains = np.array([atom.residue.chain.index for atom in atoms])
        ends = {chain: chosen[chains[chosen] == chain][[0, -1]] for chain in np.unique(chains[chosen]).tolist()}
        between = [
            atom.index
            for atom in atoms
            if atom.name in BACKBONE
            and atom.residue.chain.index in ends
            and ends[atom.residue.chain.index][0] < atom.index < ends[atom.residue.chain.index][1]
            and _is_of_polymer(atom.residue)
        ]
        self.atoms: Int[np.ndarray, " read"] = np.union1d(chosen, between).astype(int)
        self.places: Int[np.ndarray, " atoms"] = np.searchsorted(self.atoms, chosen)
        self._chains = np.split(np.arange(len(self.atoms)), np.flatnonzero(np.diff(chains[self.atoms])) + 1)
        numbers = numbers_of_polymers(molecule.topology)
        self.polymers: Int[np.ndarray, " atoms"] = np.array([numbers[atoms[number].residue.index] for number in chosen])

    def positions(self, frames: Any) -> Float[np.ndarray, "time atoms 3"]:
        """Of the chosen atoms, in nanometres; as they lie in frames without a cell.

        Args:
            frames: of MDTraj, of the atoms to read.
        """
        positions = np.asarray(frames.xyz)
        if not has_cells(frames):
            return positions[:, self.places]
        cells = frames.unitcell_vectors
        shifts = np.zeros(positions.shape)
        steps = np.diff(positions, axis=1) @ np.linalg.inv(cells)
        for atoms in self._chains:
            shifts[:, atoms[1:]] = np.cumsum(-np.round(steps[:, atoms[:-1]]), axis=1)
        shifts, positions = shifts[:, self.places], positions[:, self.places]
        return positions + shifts @ cells if shifts.any() else positions


def has_cells(frames: Any) -> bool:
    """Whether all frames are in a periodic cell."""
    return frames.unitcell_vectors is not None and bool(np.linalg.det(frames.unitcell_vectors).all())


def _ends(residue: Any) -> bool:
    """Whether a protein ends with a residue: it is a cap, or has the second oxygen of the end."""
    return residue.name in LAST_CAPS or any(atom.name in LAST_OXYGENS for atom in residue.atoms)


def _is_of_polymer(residue: Any) -> bool:
    return residue.is_protein or residue.is_nucleic


def numbers_of_polymers(topology: Any) -> list[int]:
    """Of every residue, a number that it shares with the residues of its polymer; files may have all in one chain.

    Args:
        topology: of MDTraj.
    """
    numbers: list[int] = []
    before: Any = None
    for residue in topology.residues:
        joined = (
            before is not None
            and before.chain.index == residue.chain.index
            and before.resSeq <= residue.resSeq
            and not _ends(before)
            and residue.name not in FIRST_CAPS
            and _is_of_polymer(before)
            and _is_of_polymer(residue)
        )
        numbers.append((numbers[-1] if numbers else 0) + (not joined))
        before = residue
    return numbers
