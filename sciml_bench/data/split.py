"""Training, validation and test parts that do not leak: contiguous blocks of time, or whole trajectories.

Random splits over overlapping pairs of one trajectory put nearly the same states on both sides; here a split is made
before pairs are formed, so that no pair crosses a border.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from sciml_bench.core.checks import is_integer, require_choice, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.trajectories import Trajectories

SPLIT_NAMES: tuple[str, ...] = ("train", "validation", "test")
TIME, TRAJECTORY = SPLIT_BY = ("time", "trajectory")
DEFAULT_SPLIT = {"train": 0.6, "validation": 0.2, "test": 0.2}


def checked_split(split: Mapping[str, Any]) -> dict[str, float | int]:
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
    remedy = "give a fraction of at most 1, or a whole number of rows or trajectories, above 0 for training"
    sizes = {
        name: require_number(f"data.split.{name}", value, remedy, positive=name == "train")
        for name, value in asked.items()
    }
    for name, value in asked.items():
        if sizes[name] > 1 + 1e-9 and not is_integer(value):
            raise ConfigurationError(
                f"data.split.{name}={value} is neither a fraction of at most 1 nor a whole number of rows or "
                "trajectories, which is written without a point"
            )
    total = sum(sizes.values())
    if total > 1 + 1e-9:
        if all(is_integer(value) for name, value in asked.items() if sizes[name] > 0):
            return {name: int(size) for name, size in sizes.items() if size > 0}
        kinds = "whole numbers beside fractions" if max(sizes.values()) > 1 else f"the fractions sum to {total:g}"
        raise ConfigurationError(
            f"data.split={asked}: {kinds}; give fractions whose sum is at most 1, or whole numbers of rows or "
            "trajectories for all parts."
        )
    return {name: size for name, size in sizes.items() if size > 0}


def whole_numbers(split: Mapping[str, Any], required: Sequence[str] = SPLIT_NAMES[:1]) -> dict[str, int]:
    """Numbers of trajectories (or of rows) per part, for records whose parts are made and not cut.

    Args:
        split: as in `checked_split`.
        required: parts that must be there.

    Raises:
        ConfigurationError: a size is no whole number, or a part is missing.
    """
    missing = [name for name in required if not split.get(name)]
    for name, value in split.items():
        if missing or not is_integer(value):
            told = f"data.split={dict(split)}" if missing else f"data.split.{name}={value}"
            said = f", with {', '.join(missing)}" if missing else ""
            raise ConfigurationError(f"{told}: give whole numbers{said}, such as train: 100.")
    return {name: int(size) for name, size in checked_split({k: v for k, v in split.items() if v}).items()}


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


def split_trajectories(
    trajectories: Trajectories, split: Mapping[str, float | int], split_by: str = TIME
) -> dict[str, Trajectories]:
    """Contiguous parts without overlap, by name; parts of size 0 are absent.

    Args:
        trajectories: all of them.
        split: as in `checked_split`.
        split_by: "time" cuts every trajectory at the same fractions or numbers of its rows, "trajectory" gives whole
            trajectories to each part, in their order; what lies between rows that were cut out counts as whole.

    Raises:
        ConfigurationError: an unknown `split_by`, or sizes that are wrong or leave a part without a trajectory.
        DataError: a trajectory is too short to leave a state in every part.
    """
    parts = checked_split(split)
    whole = require_choice("data.split_by", split_by, SPLIT_BY) == TRAJECTORY
    trajectories = trajectories.cut_apart if whole else trajectories
    lengths = [trajectories.n_trajectories] if whole else trajectories.lengths
    borders = [cut_points(length, list(parts.values())) for length in lengths]
    for number, cuts in enumerate(borders):
        if all(stop > start for start, stop in pairwise(cuts)):
            continue
        if whole:
            raise ConfigurationError(
                f"data.split_by=trajectory: data.split={parts} leaves a split without any of the {lengths[0]} "
                "trajectories; use data.split_by=time, other fractions or more trajectories."
            )
        raise DataError(
            f"{trajectories.name(number)} has {lengths[number]} states, too few for data.split={parts}; use longer "
            "trajectories, larger fractions or data.split_by=trajectory."
        )
    pieces = {name: [slice(cuts[part], cuts[part + 1]) for cuts in borders] for part, name in enumerate(parts)}
    if whole:
        numbers = range(trajectories.n_trajectories)
        return {name: trajectories.select(trajectories=numbers[piece]) for name, (piece,) in pieces.items()}
    return {name: trajectories.select(time=piece) for name, piece in pieces.items()}
