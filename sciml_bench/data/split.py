"""Training, validation and test parts that do not leak: contiguous blocks of time, or whole trajectories.

Random splits over overlapping pairs of one trajectory put nearly the same states on both sides; here a split is made
before pairs are formed, so that no pair crosses a border.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from numbers import Integral

from sciml_bench.core.checks import require_choice, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.trajectories import Trajectories

SPLIT_NAMES = ("train", "validation", "test")
DEFAULT_SPLIT = {"train": 0.6, "validation": 0.2, "test": 0.2}


def checked_split(split: Mapping[str, float | int]) -> dict[str, float | int]:
    """Sizes of the parts in the order train, validation, test: all fractions (floats), or all whole numbers (ints).

    Args:
        split: by name, fractions of the data, or numbers of rows (of trajectories, where these stay whole): 0.8 is a
            fraction, 80 a number, and 1 alone is everything. A missing name or 0 means that there is no such part.
            What is left at the end of the data belongs to none.

    Raises:
        ConfigurationError: an unknown name, no training data, a negative size, or fractions whose sum is above one.
    """
    unknown = sorted(set(split) - set(SPLIT_NAMES))
    if unknown:
        raise ConfigurationError(f"data.split has the unknown name(s) {unknown}: use {', '.join(SPLIT_NAMES)}.")
    asked = {name: split.get(name, 0.0) for name in SPLIT_NAMES}
    remedy = "give fractions between 0 and 1, or whole numbers"
    fractions = {
        name: require_number(
            f"data.split.{name}",
            value,
            remedy + (", above 0 for training" if name == "train" else ""),
            positive=name == "train",
        )
        for name, value in asked.items()
    }
    total = sum(fractions.values())
    if total > 1 + 1e-9:
        if all(isinstance(value, Integral) for name, value in asked.items() if fractions[name] > 0):
            return {name: int(value) for name, value in fractions.items() if value > 0}
        raise ConfigurationError(
            f"data.split={fractions}: the fractions sum to {total:g}; they must not exceed 1. Whole numbers of rows or "
            "trajectories are written without a point, and for all parts."
        )
    return {name: fraction for name, fraction in fractions.items() if fraction > 0}


def whole_numbers(split: Mapping[str, float | int], required: Sequence[str] = SPLIT_NAMES[:1]) -> dict[str, int]:
    """Numbers of trajectories (or of rows) per part, for records whose parts are made and not cut.

    Args:
        split: as in `checked_split`.
        required: parts that must be there.

    Raises:
        ConfigurationError: a size is no whole number, or a part is missing.
    """
    sizes = checked_split({name: value for name, value in split.items() if value})
    missing = [name for name in required if name not in sizes]
    if missing or not all(isinstance(value, Integral) for value in split.values()):
        said = f", with {', '.join(missing)}" if missing else ""
        raise ConfigurationError(f"data.split={dict(split)}: give whole numbers{said}, such as train: 100.")
    return {name: int(value) for name, value in sizes.items()}


def cut_points(n_items: int, sizes: Sequence[float | int]) -> list[int]:
    """Borders of consecutive parts of `n_items`, beginning with 0; each border of a fraction is rounded down.

    Args:
        n_items: of all parts and what is left.
        sizes: fractions as floats, or numbers as ints, as from `checked_split`.

    Raises:
        ConfigurationError: the numbers exceed `n_items`.
    """
    if all(isinstance(size, int) for size in sizes):
        borders = list(accumulate(map(int, sizes), initial=0))
        if borders[-1] > n_items:
            raise ConfigurationError(f"data.split: {borders[-1]} asked for, but there are {n_items}; use less.")
        return borders
    borders, total = [0], 0.0
    for fraction in sizes:
        total += fraction
        borders.append(min(n_items, int(total * n_items + 1e-9)))
    return borders


def split_by_time(trajectories: Trajectories, split: Mapping[str, float | int]) -> dict[str, Trajectories]:
    """Cut every trajectory at the same fractions or numbers of its rows into contiguous parts without overlap.

    Raises:
        ConfigurationError: the sizes are wrong.
        DataError: a trajectory is too short to leave a state in every part.
    """
    parts = checked_split(split)
    borders = [cut_points(length, list(parts.values())) for length in trajectories.lengths]
    for number, cuts in enumerate(borders):
        if any(stop <= start for start, stop in pairwise(cuts)):
            raise DataError(
                f"{trajectories.name(number)} has {trajectories.lengths[number]} states, too few for data.split="
                f"{parts}; use longer trajectories, larger fractions or data.split_by=trajectory."
            )
    return {
        name: trajectories.select(time=[slice(cuts[part], cuts[part + 1]) for cuts in borders])
        for part, name in enumerate(parts)
    }


def split_by_trajectory(trajectories: Trajectories, split: Mapping[str, float | int]) -> dict[str, Trajectories]:
    """Give whole trajectories to each split, in their order.

    Raises:
        ConfigurationError: the sizes are wrong, or leave a split without a trajectory.
    """
    parts = checked_split(split)
    borders = cut_points(trajectories.n_trajectories, list(parts.values()))
    if any(stop <= start for start, stop in pairwise(borders)):
        raise ConfigurationError(
            f"data.split_by=trajectory: data.split={parts} leaves a split without any of the "
            f"{trajectories.n_trajectories} trajectories; use data.split_by=time, other fractions or more trajectories."
        )
    return {
        name: trajectories.select(trajectories=range(borders[part], borders[part + 1]))
        for part, name in enumerate(parts)
    }


SPLITTERS = {"time": split_by_time, "trajectory": split_by_trajectory}


def split_trajectories(
    trajectories: Trajectories, split: Mapping[str, float | int], split_by: str
) -> dict[str, Trajectories]:
    """Split by `time` or by `trajectory`; parts of size 0 are absent from the result.

    Raises:
        ConfigurationError: an unknown `split_by` or wrong sizes.
    """
    return SPLITTERS[require_choice("data.split_by", split_by, SPLITTERS)](trajectories, split)
