"""A peptide of three residues whose atoms walk at random, and its files, written by MDTraj."""

from pathlib import Path

import numpy as np
import pytest

BACKBONE = ("N", "CA", "C", "O", "CB", "H")
N_ATOMS = 3 * len(BACKBONE) + 3
INTERVAL = 2.0
"""Picoseconds."""


def peptide():
    """Three alanines and a molecule of water."""
    mdtraj = pytest.importorskip("mdtraj", reason="needs the extra `molecules`")
    topology = mdtraj.Topology()
    chain = topology.add_chain()
    for number in range(3):
        residue = topology.add_residue("ALA", chain, resSeq=number + 1)
        for name in BACKBONE:
            topology.add_atom(name, mdtraj.element.get_by_symbol(name[0]), residue)
    water = topology.add_residue("HOH", topology.add_chain(), resSeq=4)
    for name in ("O", "H1", "H2"):
        topology.add_atom(name, mdtraj.element.get_by_symbol(name[0]), water)
    return topology


def walk(n_frames: int, seed: int = 0, size: float = 1.0):
    """A trajectory of MDTraj; `size` scales it."""
    import mdtraj

    rng = np.random.default_rng(seed)
    start = size * rng.standard_normal((1, N_ATOMS, 3))
    steps = 0.02 * rng.standard_normal((n_frames, N_ATOMS, 3))
    positions = (start + np.cumsum(steps, axis=0)).astype(np.float32)
    return mdtraj.Trajectory(positions, peptide(), time=INTERVAL * np.arange(n_frames))


def written(folder: Path, lengths=(60, 50, 40), suffix: str = "xtc", sizes=None):
    """The topology and the trajectories in files; their frames in memory."""
    walks = [walk(length, seed, (sizes or {}).get(seed, 1.0)) for seed, length in enumerate(lengths)]
    walks[0][0].save(str(folder / "top.pdb"))
    for number, one in enumerate(walks):
        one.save(str(folder / f"run{number}.{suffix}"))
    return folder / "top.pdb", [folder / f"run{number}.{suffix}" for number in range(len(walks))], walks
