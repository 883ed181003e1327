"""Populations and learned functions over phi and psi: what slow motions are in the words of the molecule."""

import numpy as np

from sciml_bench.core.results import Results
from sciml_bench.data.lazy_states import iterate_blocks
from sciml_bench.data.molecules.features import dihedrals_of
from sciml_bench.data.record import Record
from sciml_bench.koopman.koopman_model import KoopmanModel

BINS = 60
"""Of each angle, 6 degrees."""
MOST_ROWS = 50_000
"""At which the functions are evaluated, evenly over all parts of the record."""
_SHOWN = 2


def dihedral_maps(learned: KoopmanModel, record: Record) -> Results:
    """How often every (phi, psi) is visited, and the means there of the first two nontrivial left singular functions.

    Of several residues it is the one whose angles tell most of the slowest function: the largest share of its variance
    that lies between bins.

    Args:
        learned: the operator with its features.
        record: loaded; all its parts are looked at.

    Returns:
        nothing where no residue has both angles, or where there is no function beside the constant.
    """
    train, shown = record.splits["train"], min(_SHOWN, len(learned.singular_values()) - 1)
    angles = set(dihedrals_of(np.zeros((1, *train.state_shape)), train))
    residues = sorted({name[3:] for name in angles if {f"phi{name[3:]}", f"psi{name[3:]}"} <= angles})
    if not residues or shown < 1:
        return Results()
    stride = -(-sum(sum(part.lengths) for part in record.splits.values()) // MOST_ROWS)
    counts, sums = np.zeros((len(residues), BINS**2)), np.zeros((len(residues), shown, BINS**2))
    for states in (states for part in record.splits.values() for states in part.without_missing_rows().states):
        for start, block in iterate_blocks(states):
            rows = block[-start % stride :: stride]
            if not len(rows):
                continue
            functions, found = learned.singular_functions(rows)[0][:, 1 : 1 + shown], dihedrals_of(rows, train)
            for number, residue in enumerate(residues):
                phi, psi = (_bins(found[f"{angle}{residue}"]) for angle in ("phi", "psi"))
                counts[number] += np.bincount(phi * BINS + psi, minlength=BINS**2)
                for each, values in zip(sums[number], functions.T, strict=True):
                    each += np.bincount(phi * BINS + psi, values, minlength=BINS**2)
    means = sums / np.maximum(counts, 1)[:, None]
    # the variance of a function is the same for every residue, and so is its mean
    best = int(np.argmax((counts * means[:, 0] ** 2).sum(axis=1)))
    maps = np.where(counts[best] > 0, means[best], np.nan).reshape(shown, BINS, BINS)
    arrays = {"dihedral_counts": counts[best].reshape(BINS, BINS), "dihedral_functions": maps}
    arrays["dihedral_names"] = np.array([f"{angle}{residues[best]}" for angle in ("phi", "psi")])
    return Results({}, arrays, ("dihedral_maps",))


def _bins(angles: np.ndarray) -> np.ndarray:
    return np.floor((angles + 180) * BINS / 360).astype(int) % BINS
