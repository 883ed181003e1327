"""Cores of metastable states, how often trajectories come into them, and whether a state is but a few odd rows."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Int

from sciml_bench.data.lazy_states import iterate_blocks
from sciml_bench.data.trajectories import Trajectories


def core_memberships(
    degrees: Float[np.ndarray, "rows states"], core: float, weights: Float[np.ndarray, " rows"] | None = None
) -> Float[np.ndarray, " states"]:
    """The least membership of a row in the core of each state: a share of what half of its rows reach.

    Corners are the outermost rows. Where eigenfunctions are no plateaus, most of a state lies well inside, and a core
    of a fixed membership would be a remote part of it.

    Args:
        degrees: memberships of the rows, each of which belongs to the state of its largest.
        core: the share.
        weights: how much every row counts.
    """
    found = np.empty(degrees.shape[1])
    for state, of_state in enumerate(degrees.T):
        own = degrees.argmax(axis=1) == state
        found[state] = core * min(_median(of_state[own], None if weights is None else weights[own]), 1.0)
    return found


def in_cores(
    degrees: Float[np.ndarray, "rows states"], least: Float[np.ndarray, " states"]
) -> Bool[np.ndarray, "rows states"]:
    """Which rows are in the core of which state; a row is in one at most.

    Args:
        degrees: memberships of the rows.
        least: of the rows in each core.
    """
    return (degrees >= least) & (degrees.argmax(axis=1)[:, None] == np.arange(degrees.shape[1]))


def entries(
    cores: Bool[np.ndarray, "rows states"], starts: Sequence[int] | Int[np.ndarray, " ends"]
) -> Int[np.ndarray, " states"]:
    """How often each core is entered from another one.

    Args:
        cores: which rows are in which core.
        starts: first rows of the trajectories, and the number of rows.
    """
    count = np.zeros(cores.shape[1], dtype=int)
    for first, last in pairwise(starts):
        inside = cores[first:last]
        visited = inside.argmax(axis=1)[inside.any(axis=1)]
        arrivals = visited[1:][visited[1:] != visited[:-1]]
        count += np.bincount(arrivals, minlength=cores.shape[1])
    return count


def farthest_components(
    trajectories: Trajectories, rows: Float[np.ndarray, "states *state"]
) -> tuple[Int[np.ndarray, " states"], Float[np.ndarray, " states"]]:
    """Of each row the component that lies farthest from its mean, and by how many standard deviations.

    Args:
        trajectories: over which mean and deviation are taken.
        rows: such as the purest ones of metastable states.
    """
    count, mean, squares = 0, np.zeros(rows[0].size), np.zeros(rows[0].size)
    for states in trajectories.states:
        for _, block in iterate_blocks(states):
            flat = np.asarray(block, dtype=float).reshape(len(block), -1)
            shift = flat.mean(axis=0) - mean
            total = count + len(flat)
            squares += ((flat - flat.mean(axis=0)) ** 2).sum(axis=0) + shift**2 * count * len(flat) / total
            count, mean = total, mean + shift * len(flat) / total
    deviations = np.sqrt(squares / max(count, 1))
    away = np.abs(rows.reshape(len(rows), -1) - mean) / np.where(deviations > 0, deviations, np.inf)
    return away.argmax(axis=1), away.max(axis=1)


def _median(values: np.ndarray, weights: np.ndarray | None) -> float:
    """The value that half of the weight reaches; 1 of none."""
    if not len(values) or (weights is not None and not weights.any()):
        return 1.0
    order = np.argsort(values)
    total = np.cumsum(np.ones(len(values)) if weights is None else weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
