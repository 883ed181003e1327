"""A molecule as its topology tells it: which atoms are looked at, what they are called, and which elements they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.files.packages import imported

EXTRA = "molecules"
"""Of this suite, which installs what molecules need."""


@dataclass(frozen=True, eq=False)
class Molecule:
    """A topology and the atoms of it that were chosen.

    Args:
        topology: of MDTraj.
        atoms: increasing numbers of the chosen ones, from 0.
    """

    topology: Any
    atoms: Int[np.ndarray, " atoms"]

    def names(self, atoms: Int[np.ndarray, " some"]) -> tuple[str, ...]:
        """What atoms are called, such as `ALA2-CA`; with their own number where one name stands for several."""
        names = tuple(str(self.topology.atom(int(number))) for number in atoms)
        return (
            names if len(set(names)) == len(names) else tuple(f"{a}-{n + 1}" for a, n in zip(names, atoms, strict=True))
        )

    def atomic_numbers(self, atoms: Int[np.ndarray, " some"]) -> tuple[int, ...]:
        """Of atoms; 0 for one without an element, as in a coarse-grained model."""
        elements = [self.topology.atom(int(number)).element for number in atoms]
        return tuple(0 if element is None else int(element.atomic_number) for element in elements)


def read_molecule_of(topology: Path, selection: str | None, otherwise: str) -> Molecule:
    """The topology of a file, with the atoms that are chosen in MDTraj's language.

    Args:
        topology: the file.
        selection: such as "name CA" or "protein and element != H".
        otherwise: the selection where none is given.

    Raises:
        FileNotFoundError: there is no such file.
        ConfigurationError: it is no topology, or the selection is no sentence of that language or has no atom.
        DataError: MDTraj is missing.
    """
    mdtraj = imported(topology, "mdtraj", EXTRA, "data.topology")
    if not topology.is_file():
        raise FileNotFoundError(f"data.topology={topology}: there is no such file.")
    try:
        found = mdtraj.load_topology(str(topology))
    except Exception as error:  # whatever MDTraj's parsers of a dozen formats raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ConfigurationError(
            f"data.topology={topology} cannot be read by MDTraj ({reason}); give a file with the names of the atoms, "
            "such as a .pdb"
        ) from error
    try:
        atoms = found.select(otherwise if selection is None else selection)
    except Exception as error:  # its parser of selections raises what it likes, too
        raise ConfigurationError(
            f"data.atoms={selection!r} is no selection in MDTraj's language; write one such as 'name CA' or "
            "'protein and element != H'"
        ) from error
    if len(atoms) == 0:
        said = f"data.atoms={selection!r}" if selection is not None else f"data.atoms=null, that is {otherwise!r},"
        raise ConfigurationError(
            f"{said} selects none of the {found.n_atoms} atoms of {topology}; its residues are {_residues(found)}"
        )
    return Molecule(found, np.asarray(atoms))


def _residues(topology: Any) -> str:
    names = list(dict.fromkeys(residue.name for residue in topology.residues))
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
