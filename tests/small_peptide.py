"""A peptide of three residues whose atoms walk at random, one whose phi switches, and their files, by MDTraj."""

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


def written_archive(folder: Path, n_frames: int = 12, of_central_atoms=None):
    """Files called as those of chignolin's archive: C0 … C16 extended, C17 … C33 compact; their frames in memory.

    Args:
        folder: where they go.
        n_frames: of each.
        of_central_atoms: by number of the trajectory, by what the carbons CA are scaled, and no other atom.
    """
    import mdtraj

    walks = [walk(n_frames, number, 1.0 if number < 17 else 0.4) for number in range(34)]
    for number, one in enumerate(walks):
        scale = (of_central_atoms or {}).get(number, 1.0)
        central = one.topology.select("name CA")
        one.xyz[:, central] *= scale
        one.save(str(folder / f"C{number}.xtc"))
    mdtraj.Trajectory(walks[0].xyz[:1], walks[0].topology).save(str(folder / "protein.gro"))
    return walks


PHI_VALUES, SWITCHING = (-80.0, 60.0), 0.02
"""Degrees, and the probability of going from one to the other in a frame."""


def written_switching_peptide(folder: Path, n_trajectories: int = 4, n_frames: int = 500):
    """Alanine dipeptide with ideal bonds whose phi is one of two values, a Markov chain; psi is drawn anew each time.

    The only slow motion is that of phi, with the eigenvalue 1 − 2 · SWITCHING over a frame.
    """
    mdtraj = pytest.importorskip("mdtraj", reason="needs the extra `molecules`")
    from sciml_bench.data.molecules.alanine_geometry import ATOMS, alanine_positions

    topology = mdtraj.Topology()
    chain, residue = topology.add_chain(), None
    for atom in ATOMS:
        if residue is None or residue.name != atom.residue:
            residue = topology.add_residue(atom.residue, chain, resSeq=topology.n_residues + 1)
        topology.add_atom(atom.name, mdtraj.element.get_by_symbol(atom.name[0]), residue)
    names = [(atom.residue, atom.name) for atom in ATOMS]
    nitrogen, central, carbon = (names.index(("ALA", name)) for name in ("N", "CA", "C"))
    behind = {"phi": np.arange(central + 1, len(ATOMS)), "psi": np.arange(names.index(("ALA", "O")), len(ATOMS))}
    ideal = alanine_positions()
    for number in range(n_trajectories):
        rng = np.random.default_rng(number)
        state = np.cumsum(rng.random(n_frames) < SWITCHING) % 2
        phi = np.array(PHI_VALUES)[state] + 10 * rng.standard_normal(n_frames) + 80  # from the ideal -80
        positions = np.repeat(ideal[None], n_frames, axis=0)
        turn(positions, central, carbon, behind["psi"], rng.uniform(0, 360, n_frames))
        turn(positions, nitrogen, central, behind["phi"], phi)
        times = INTERVAL * np.arange(n_frames)
        mdtraj.Trajectory(positions.astype(np.float32), topology, time=times).save(str(folder / f"run{number}.xtc"))
    mdtraj.Trajectory(ideal[None].astype(np.float32), topology).save(str(folder / "top.pdb"))
    return [f"data.topology={folder / 'top.pdb'}", f"data.trajectories={folder}/run*.xtc"]


def turn(positions, first: int, second: int, atoms, degrees) -> None:
    """Turn atoms about the axis from one atom to another, in place, by an angle for each frame (Rodrigues)."""
    origin = positions[:, [second]]
    axis = origin - positions[:, [first]]
    axis = np.broadcast_to(axis / np.linalg.norm(axis, axis=2, keepdims=True), (len(positions), len(atoms), 3))
    angle, arm = np.radians(degrees)[:, None, None], positions[:, atoms] - origin
    along = (axis * arm).sum(axis=2, keepdims=True) * axis
    positions[:, atoms] = origin + along + np.cos(angle) * (arm - along) + np.sin(angle) * np.cross(axis, arm)
