"""Ordered digits: real handwriting that comes with scikit-learn, put in the order 0, 1, 2, 3, 4, 0, 1, …

The 1797 images of 8×8 pixels with 17 grey levels are the test part of Alpaydin and Kaynak, "Optical recognition of
handwritten digits", UCI Machine Learning Repository (1998). No download is needed.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.ordered_classes import checked_n_digits, interleave_classes, split_rounds
from sciml_bench.data.sources.ordered_digits import GREY_LEVELS, enlarge
from sciml_bench.data.split import cut_points
from sciml_bench.data.trajectories import Trajectories


class OrderedDigits(TrajectoryData):
    """Forecast the next digit: states (1, image_size, image_size) in [0, 1], labels 0 to n_digits - 1.

    Args:
        n_digits: digits 0 to n_digits - 1 take turns, 2 to 10.
        image_size: height and width in pixels, at least 8.
        lag: distance within a pair, in steps.
        batch_size: pairs per batch and process.
        split: fractions of the rounds named train, validation and test, cut into consecutive blocks of whole rounds.
        seed: of the shuffling.
        standardize: whether pixels are standardised with the statistics of the training split.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        n_digits: ConfiguredInteger = 5,
        image_size: ConfiguredInteger = 28,
        *,
        lag: ConfiguredInteger = 1,
        batch_size: ConfiguredInteger = 64,
        split: Mapping[str, Any] | None = None,
        seed: ConfiguredInteger = 0,
        standardize: bool = False,
    ) -> None:
        super().__init__(lag=lag, batch_size=batch_size, split=split, seed=seed, standardize=standardize)
        self.n_digits = checked_n_digits(n_digits)
        self.image_size = require_integer("data.image_size", image_size, 8, "the images need at least 8 pixels a side")

    @property
    def n_classes(self) -> int:
        """Number of digits that take turns."""
        return self.n_digits

    def load_splits(self) -> dict[str, Trajectories]:
        """Blocks of whole rounds: 106, 35 and 36 rounds of five digits by default."""
        from sklearn.datasets import load_digits  # imported late: it would double the time that --help takes

        pixels, digits = load_digits(return_X_y=True)
        images, labels = interleave_classes(pixels.reshape(-1, 8, 8) / GREY_LEVELS, np.asarray(digits), self.n_digits)
        borders = cut_points(len(images) // self.n_digits, list(self.split.values()))
        rounds = {name: stop - start for name, (start, stop) in zip(self.split, pairwise(borders), strict=True)}
        if min(rounds.values()) == 0:
            raise ConfigurationError(f"data.split={self.split} leaves a split without a round of digits; enlarge it.")
        states = enlarge(images, self.image_size)[:, None]
        return split_rounds(states, labels, self.n_digits, rounds)
