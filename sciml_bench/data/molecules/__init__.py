"""Molecular dynamics: trajectories from files, chignolin's, and alanine dipeptide, which is simulated on the spot.

A name is imported when it is asked for, so that the processes that simulate need no torch.
"""

from typing import TYPE_CHECKING

from sciml_bench.core import lazy_names

if TYPE_CHECKING:
    from sciml_bench.data.molecules.alanine_dipeptide import AlanineDipeptide
    from sciml_bench.data.molecules.chignolin import Chignolin
    from sciml_bench.data.molecules.molecular_trajectories import MolecularTrajectories

__all__ = ["AlanineDipeptide", "Chignolin", "MolecularTrajectories"]

_HOMES = {
    "AlanineDipeptide": "alanine_dipeptide",
    "Chignolin": "chignolin",
    "MolecularTrajectories": "molecular_trajectories",
}

__getattr__ = lazy_names(__name__, _HOMES)
