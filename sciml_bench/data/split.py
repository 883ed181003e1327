"""Training, validation and test parts that do not leak: contiguous blocks of time, or whole trajectories.

Random splits over overlapping pairs of one trajectory put nearly the same states on both sides; here a split is made
before pairs are formed, so that no pair crosses a border.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from sciml_bench.core.checks import require_choice, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.trajectories import Trajectories

SPLIT_NAMES = ("train", "validation", "test")


def checked_fractions(split: Mapping[str, float]) -> dict[str, float]:
    """Fractions of the data per split, in the order train, validation, test.

    Args:
        split: fractions by name; a missing name or 0 means that there is no such split. If they sum to less than one,
            the end of the data is left out.

    Raises:
        ConfigurationError: an unknown name, no training data, a negative fraction, or a sum above one.
    """
    unknown = sorted(set(split) - set(SPLIT_NAMES))
    if unknown:
        raise ConfigurationError(f"data.split has the unknown name(s) {unknown}: use {', '.join(SPLIT_NAMES)}.")
    fractions = {
        name: require_number(
            f"data.split.{name}",
            split.get(name, 0.0),
            "give a fraction between 0 and 1" + (", above 0 for training" if name == "train" else ""),
            positive=name == "train",
        )
        for name in SPLIT_NAMES
    }
    total = sum(fractions.values())
    if total > 1 + 1e-9:
        raise ConfigurationError(f"data.split={fractions}: the fractions sum to {total:g}; they must not exceed 1.")
    return {name: fraction for name, fraction in fractions.items() if fraction > 0}


def cut_points(n_items: int, fractions: Sequence[float]) -> list[int]:
    """Borders of consecutive parts of `n_items`, beginning with 0; each border is rounded down."""
    borders, total = [0], 0.0
    for fraction in fractions:
        total += fraction
        borders.append(min(n_items, int(total * n_items + 1e-9)))
    return borders


def split_by_time(trajectories: Trajectories, split: Mapping[str, float]) -> dict[str, Trajectories]:
    """Cut every trajectory at the same fractions of its length into contiguous parts without overlap.

    Raises:
        ConfigurationError: the fractions are wrong.
        DataError: a trajectory is too short to leave a state in every part.
    """
    fractions = checked_fractions(split)
    borders = [cut_points(length, list(fractions.values())) for length in trajectories.lengths]
    for number, cuts in enumerate(borders):
        if any(stop <= start for start, stop in pairwise(cuts)):
            raise DataError(
                f"{trajectories.name(number)} has {trajectories.lengths[number]} states, too few for data.split="
                f"{fractions}; use longer trajectories, larger fractions or data.split_by=trajectory."
            )
    return {
        name: trajectories.select(time=[slice(cuts[part], cuts[part + 1]) for cuts in borders])
        for part, name in enumerate(fractions)
    }


def split_by_trajectory(trajectories: Trajectories, split: Mapping[str, float]) -> dict[str, Trajectories]:
    """Give whole trajectories to each split, in their order.

    Raises:
        ConfigurationError: the fractions are wrong, or leave a split without a trajectory.
    """
    fractions = checked_fractions(split)
    borders = cut_points(trajectories.n_trajectories, list(fractions.values()))
    if any(stop <= start for start, stop in pairwise(borders)):
        raise ConfigurationError(
            f"data.split_by=trajectory: data.split={fractions} leaves a split without any of the "
            f"{trajectories.n_trajectories} trajectories; use data.split_by=time, other fractions or more trajectories."
        )
    return {
        name: trajectories.select(trajectories=range(borders[part], borders[part + 1]))
        for part, name in enumerate(fractions)
    }


SPLITTERS = {"time": split_by_time, "trajectory": split_by_trajectory}


def split_trajectories(
    trajectories: Trajectories, split: Mapping[str, float], split_by: str
) -> dict[str, Trajectories]:
    """Split by `time` or by `trajectory`; splits with the fraction 0 are absent from the result.

    Raises:
        ConfigurationError: an unknown `split_by` or wrong fractions.
    """
    return SPLITTERS[require_choice("data.split_by", split_by, SPLITTERS)](trajectories, split)
