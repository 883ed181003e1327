"""Images of classes put in a cyclic order, 0, 1, 2, …, 0, 1, 2, …: a dynamical system made of real pictures.

The next class follows from the present one, the picture of it does not: the exact Koopman operator is the cyclic shift
of the class indicators, so a perfect model forecasts every class for ever (Kostic et al., "Learning dynamical systems
via Koopman operator regression in reproducing kernel Hilbert spaces", NeurIPS 2022, section 6).
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.record import Record
from sciml_bench.data.split import TIME, cut_points
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


class OrderedClasses(Record):
    """What all records of such images share: states (1, height, width) in [0, 1] and labels from 0.

    Args:
        n_digits: digits 0 to n_digits - 1 take turns, 2 to 10.
        **options: split, transforms as in `Record`; parts are consecutive blocks of whole rounds, rounded down.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(self, n_digits: ConfiguredInteger, **options: Any) -> None:
        super().__init__(split_by=TIME, **options)
        self.n_digits = self.n_classes = require_integer("data.n_digits", n_digits, 2, "choose 2 to 10 digits")
        if self.n_digits > 10:
            raise ConfigurationError(f"data.n_digits={n_digits}: choose 2 to 10 digits.")

    def pictures(self) -> tuple[Shaped[np.ndarray, "image height width"], Int[np.ndarray, " image"]]:
        """All images at hand and the class of each; what a subclass implements."""
        raise NotImplementedError

    def states_of(self, images: Shaped[np.ndarray, "time height width"]) -> Float[np.ndarray, "time 1 height width"]:
        """Images as states; what a subclass implements."""
        raise NotImplementedError

    def sizes(self, n_rounds: int) -> Mapping[str, float | int]:
        """Fractions, or numbers of images, of every part where there are so many rounds."""
        return self.split

    def load_splits(self) -> dict[str, Trajectories]:
        """Blocks of whole rounds, so that every part begins with class 0.

        Raises:
            ConfigurationError: a part is left without a round, or more is asked for than there is.
        """
        images, labels = interleave_classes(*self.pictures(), self.n_digits)
        n_rounds = len(images) // self.n_digits
        split = self.sizes(n_rounds)
        rounds = [size // self.n_digits if isinstance(size, int) else size for size in split.values()]
        if all(isinstance(size, int) for size in rounds) and sum(rounds) > n_rounds:
            raise ConfigurationError(
                f"data.split={dict(split)}: only {len(images)} images of {self.n_digits} classes are at hand; "
                "ask for fewer, or give more images."
            )
        borders = [border * self.n_digits for border in cut_points(n_rounds, rounds)]
        if len(set(borders)) < len(borders):
            raise ConfigurationError(f"data.split={dict(split)} leaves a split without a round of digits; enlarge it.")
        states = self.states_of(images[: borders[-1]])
        return {
            name: Trajectories(
                (states[start:stop],), labels=(labels[start:stop],), names=("ordered images",), first_rows=(start,)
            )
            for name, (start, stop) in zip(split, pairwise(borders), strict=True)
        }
