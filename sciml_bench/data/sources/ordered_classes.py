"""Images of classes put in a cyclic order, 0, 1, 2, …, 0, 1, 2, …: a dynamical system made of real pictures.

The next class follows from the present one, the picture of it does not: the exact Koopman operator is the cyclic shift
of the class indicators, so a perfect model forecasts every class for ever (Kostic et al., "Learning dynamical systems
via Koopman operator regression in reproducing kernel Hilbert spaces", NeurIPS 2022, section 6).
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int, Shaped

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.split import cut_points
from sciml_bench.data.trajectories import Trajectories


def interleave_classes(
    images: Shaped[np.ndarray, "image height width"], labels: Int[np.ndarray, " image"], n_classes: int
) -> tuple[Shaped[np.ndarray, "time height width"], Int[np.ndarray, " time"]]:
    """One trajectory of whole rounds 0, 1, …, n_classes - 1, each class in its original order and no image twice.

    Args:
        images: pictures in any order of classes.
        labels: the class of each.
        n_classes: classes 0 to n_classes - 1 take part.

    Raises:
        DataError: a class has no image.
    """
    members = [np.flatnonzero(labels == number) for number in range(n_classes)]
    n_rounds = min(len(member) for member in members)
    if n_rounds == 0:
        empty = next(number for number, member in enumerate(members) if len(member) == 0)
        raise DataError(f"There is no image of class {empty}; the data are not those of {n_classes} classes.")
    order = np.stack([member[:n_rounds] for member in members], axis=1).ravel()
    return images[order], labels[order]


def split_rounds(
    states: Float[np.ndarray, "time 1 height width"],
    labels: Int[np.ndarray, " time"],
    n_classes: int,
    rounds: Mapping[str, int],
) -> dict[str, Trajectories]:
    """Consecutive blocks of whole rounds, so that every split begins with class 0.

    Args:
        states: images as states with one channel.
        labels: the class of each.
        n_classes: length of a round.
        rounds: number of rounds of each split.
    """
    splits, start = {}, 0
    for name, n_rounds in rounds.items():
        stop = start + n_rounds * n_classes
        splits[name] = Trajectories(
            (states[start:stop],), labels=(labels[start:stop],), names=("ordered images",), first_rows=(start,)
        )
        start = stop
    return splits


def rounds_of_split(split: Mapping[str, float | int], available: int, n_classes: int) -> dict[str, int]:
    """Number of whole rounds of each part.

    Args:
        split: fractions of the rounds, or numbers of images, as from `checked_split`.
        available: rounds at hand.
        n_classes: length of a round.

    Raises:
        ConfigurationError: a part is left without a round, or more is asked for than there is.
    """
    sizes = [size // n_classes if isinstance(size, int) else size for size in split.values()]
    if all(isinstance(size, int) for size in sizes) and sum(sizes) > available:
        raise ConfigurationError(
            f"data.split={dict(split)}: only {available * n_classes} images of {n_classes} classes are at hand; "
            "ask for fewer, or give more images."
        )
    borders = cut_points(available, sizes)
    rounds = {name: stop - start for name, (start, stop) in zip(split, pairwise(borders), strict=True)}
    if min(rounds.values()) == 0:
        raise ConfigurationError(f"data.split={dict(split)} leaves a split without a round of digits; enlarge it.")
    return rounds


def checked_n_digits(n_digits: ConfiguredInteger) -> int:
    """Return `n_digits` if it is a whole number from 2 to 10.

    Raises:
        ConfigurationError: it is not.
    """
    number = require_integer("data.n_digits", n_digits, 2, "choose 2 to 10 digits")
    if number > 10:
        raise ConfigurationError(f"data.n_digits={n_digits}: choose 2 to 10 digits.")
    return number
