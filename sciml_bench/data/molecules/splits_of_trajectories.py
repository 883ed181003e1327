"""Which trajectory is learned from and which is held out: in their order, at random, or so that the parts are alike.

A few long trajectories differ: where the test part has visited what the train part has not, a score tells of the split.
`distribution_matching` takes, of 100 random splits, the one whose parts have the nearest distributions of a collective
variable (the sum of Wasserstein distances of the held-out parts to the train part), as NeuralKoopmanSVD does for
chignolin with radii of gyration. Trajectories of several kinds, such as those that start folded, are in every part in
the proportion in which they are there.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.data.split import cut_points

IN_ORDER, RANDOM, DISTRIBUTION_MATCHING = TRAJECTORY_SPLITS = ("in_order", "random", "distribution_matching")

N_DRAWN = 100
"""Random splits of which the best is taken."""

Values = Sequence[Float[np.ndarray, " _"]]


def order_of_trajectories(
    kind: str,
    n_trajectories: int,
    split: Mapping[str, float | int],
    seed: int,
    variable: Callable[[], Values],
    groups: Sequence[int] | None = None,
) -> Int[np.ndarray, " trajectories"]:
    """Their numbers in the order in which the parts of a split take them.

    Args:
        kind: one of TRAJECTORY_SPLITS.
        n_trajectories: how many there are.
        split: sizes of the parts, as from `checked_split`.
        seed: of what is random.
        variable: gives the values of the collective variable in every trajectory; called where they are needed.
        groups: of every trajectory, a number of its kind; None where all are alike.
    """
    members = [np.flatnonzero(np.equal(groups or [0] * n_trajectories, group)) for group in sorted({*(groups or [0])})]

    def drawn() -> Int[np.ndarray, " trajectories"]:
        places = np.empty(n_trajectories)
        for numbers in members:  # each kind evenly from first to last
            places[rng.permutation(numbers)] = (np.arange(len(numbers)) + 0.5) / len(numbers)
        return np.argsort(places, kind="stable")

    if kind == IN_ORDER:
        return np.arange(n_trajectories)
    rng = np.random.default_rng(seed)
    if kind == RANDOM:
        return drawn()
    values, borders = variable(), list(pairwise(cut_points(n_trajectories, list(split.values()))))

    def distance(order: Int[np.ndarray, " trajectories"]) -> float:
        return distance_of_parts(values, [order[start:stop] for start, stop in borders])

    return min((drawn() for _ in range(N_DRAWN)), key=distance)


def distance_of_parts(values: Values, parts: Sequence[Int[np.ndarray, " _"]]) -> float:
    """Sum of the Wasserstein distances of the later parts to the first.

    Args:
        values: of a collective variable, one array for each trajectory.
        parts: numbers of trajectories.
    """
    from scipy.stats import wasserstein_distance  # imported late: scipy.stats takes a good part of a second

    first, *others = (np.concatenate([values[number] for number in part]) for part in parts if len(part))
    return float(sum(wasserstein_distance(first, other) for other in others))


def radius_of_gyration(positions: Float[np.ndarray, "time atoms 3"]) -> Float[np.ndarray, " time"]:
    """Root mean square distance of the atoms from their centre, in the unit of the positions."""
    centred = positions - positions.mean(axis=1, keepdims=True)
    return np.sqrt(np.square(centred).sum(axis=2).mean(axis=1))
