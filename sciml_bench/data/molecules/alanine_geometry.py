"""Alanine dipeptide, ACE-ALA-NME, built from ideal bond lengths, angles and torsions.

Every atom is placed by three earlier ones, as in a Z-matrix; lengths and angles are those of the AMBER force fields,
rounded (Cornell et al., J. Am. Chem. Soc. 117, 5179, 1995). A force field relaxes what is left.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float


class Placed(NamedTuple):
    """An atom, and where it is: at `length` (nm) from the first of `by`, at `angle` and `torsion` (degrees)."""

    residue: str
    name: str
    by: tuple[int, ...]
    length: float
    angle: float
    torsion: float


TETRAHEDRAL, PLANAR = 109.5, 120.0
_CARBON_HYDROGEN, _NITROGEN_HYDROGEN = 0.109, 0.101
_PHI, _PSI = -80.0, 80.0

ATOMS = (
    Placed("ACE", "CH3", (), 0.0, 0.0, 0.0),  # 0
    Placed("ACE", "C", (0,), 0.1522, 0.0, 0.0),
    Placed("ACE", "O", (1, 0), 0.1229, 120.4, 0.0),
    Placed("ACE", "HH31", (0, 1, 2), _CARBON_HYDROGEN, TETRAHEDRAL, 0.0),
    Placed("ACE", "HH32", (0, 1, 2), _CARBON_HYDROGEN, TETRAHEDRAL, 120.0),
    Placed("ACE", "HH33", (0, 1, 2), _CARBON_HYDROGEN, TETRAHEDRAL, -120.0),
    Placed("ALA", "N", (1, 0, 2), 0.1335, 116.6, 180.0),  # 6
    Placed("ALA", "H", (6, 1, 0), _NITROGEN_HYDROGEN, PLANAR, 0.0),
    Placed("ALA", "CA", (6, 1, 0), 0.1449, 121.9, 180.0),  # 8
    Placed("ALA", "C", (8, 6, 1), 0.1522, 110.1, _PHI),  # 9
    Placed("ALA", "CB", (8, 6, 1), 0.1526, TETRAHEDRAL, _PHI - 120.0),  # 10: the L form
    Placed("ALA", "HA", (8, 6, 1), _CARBON_HYDROGEN, TETRAHEDRAL, _PHI + 120.0),
    Placed("ALA", "HB1", (10, 8, 6), _CARBON_HYDROGEN, TETRAHEDRAL, 60.0),
    Placed("ALA", "HB2", (10, 8, 6), _CARBON_HYDROGEN, TETRAHEDRAL, 180.0),
    Placed("ALA", "HB3", (10, 8, 6), _CARBON_HYDROGEN, TETRAHEDRAL, -60.0),
    Placed("ALA", "O", (9, 8, 6), 0.1229, 120.4, _PSI + 180.0),
    Placed("NME", "N", (9, 8, 6), 0.1335, 116.6, _PSI),  # 16
    Placed("NME", "H", (16, 9, 8), _NITROGEN_HYDROGEN, PLANAR, 0.0),
    Placed("NME", "CH3", (16, 9, 8), 0.1449, 121.9, 180.0),  # 18
    Placed("NME", "HH31", (18, 16, 9), _CARBON_HYDROGEN, TETRAHEDRAL, 60.0),
    Placed("NME", "HH32", (18, 16, 9), _CARBON_HYDROGEN, TETRAHEDRAL, 180.0),
    Placed("NME", "HH33", (18, 16, 9), _CARBON_HYDROGEN, TETRAHEDRAL, -60.0),
)
"""`by` counts from 0 in this order."""


def alanine_positions() -> Float[np.ndarray, "22 3"]:
    """Where the atoms of `ATOMS` are, in nanometres."""
    placed = np.zeros((len(ATOMS), 3))
    for number, atom in enumerate(ATOMS):
        # the first three atoms lack neighbours, in whose place stand points that fix the frame
        first, second, third = (*(placed[other] for other in atom.by), *_FRAME[len(atom.by) :])
        angle, torsion = np.radians([atom.angle, atom.torsion])
        axis = _unit(first - second)
        normal = _unit(np.cross(second - third, axis))
        local = np.array([-np.cos(angle), np.sin(angle) * np.cos(torsion), np.sin(angle) * np.sin(torsion)])
        placed[number] = first + atom.length * local @ np.stack([axis, np.cross(normal, axis), normal])
    return placed


_FRAME = (np.array([0.0, 0.0, 0.0]), np.array([-1.0, 0.0, 0.0]), np.array([-1.0, 1.0, 0.0]))


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.linalg.norm(vector)
