"""Ordered MNIST: handwritten digits of 28×28 pixels in the order 0, 1, 2, 3, 4, 0, 1, …

The benchmark of Kostic et al. (NeurIPS 2022, ICLR 2024) with 3000/1000/1000 images for training, validation and test.
"""

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.mnist_files import read_mnist
from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.ordered_classes import checked_n_digits, interleave_classes, split_rounds
from sciml_bench.data.trajectories import Trajectories

N_TRAIN = 3000
N_HELD_OUT = 1000


class OrderedMNIST(TrajectoryData):
    """Forecast the next digit of MNIST: states (1, 28, 28) in [0, 1], labels 0 to n_digits - 1.

    The splits are consecutive blocks of whole rounds, and sizes are rounded down to whole rounds.

    Args:
        path: folder with the original idx files; without it OpenML is asked once and the answer kept in `cache`.
        cache: folder for downloads, `~/.cache/sciml_bench` by default.
        n_digits: digits 0 to n_digits - 1 take turns, 2 to 10.
        n_train: training images; by default 3000, or two thirds of what there is if that is less.
        n_validation: validation images; by default 1000, or half of what is left if that is less.
        n_test: test images; the same.
        lag: distance within a pair, in steps.
        batch_size: pairs per batch and process.
        seed: of the shuffling.
        standardize: whether pixels are standardised with the statistics of the training split.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        path: PathType | None = None,
        cache: PathType | None = None,
        n_digits: ConfiguredInteger = 5,
        n_train: ConfiguredInteger | None = None,
        n_validation: ConfiguredInteger | None = None,
        n_test: ConfiguredInteger | None = None,
        *,
        lag: ConfiguredInteger = 1,
        batch_size: ConfiguredInteger = 64,
        seed: ConfiguredInteger = 0,
        standardize: bool = False,
    ) -> None:
        super().__init__(lag=lag, batch_size=batch_size, seed=seed, standardize=standardize)
        self.path = path
        self.cache = cache
        self.n_digits = checked_n_digits(n_digits)
        self.n_images = {
            name: None
            if count is None
            else require_integer(
                f"data.n_{name}", count, self.n_digits, f"use at least {self.n_digits} images, one round"
            )
            for name, count in (("train", n_train), ("validation", n_validation), ("test", n_test))
        }

    @property
    def n_classes(self) -> int:
        """Number of digits that take turns."""
        return self.n_digits

    def load_splits(self) -> dict[str, Trajectories]:
        """Blocks of whole rounds; with the 10 000 test images and five digits 3000, 950 and 950 images."""
        images, labels = read_mnist(self.path, self.cache)
        images, labels = interleave_classes(images, labels.astype(np.int64), self.n_digits)
        rounds = self.rounds(len(images) // self.n_digits)
        n_used = sum(rounds.values()) * self.n_digits
        states = (images[:n_used, None] / 255).astype(np.float32)
        return split_rounds(states, labels[:n_used], self.n_digits, rounds)

    def rounds(self, available: int) -> dict[str, int]:
        """Number of whole rounds of each split, when `available` rounds are at hand.

        Raises:
            ConfigurationError: more images are asked for than there are.
        """
        asked = {name: None if count is None else count // self.n_digits for name, count in self.n_images.items()}
        if asked["train"] is None:
            asked["train"] = min(N_TRAIN // self.n_digits, 2 * available // 3)
        left = available - asked["train"]
        open_splits = [name for name in ("validation", "test") if asked[name] is None]
        left -= sum(asked[name] or 0 for name in ("validation", "test"))
        for name in open_splits:
            asked[name] = min(N_HELD_OUT // self.n_digits, max(0, left) // len(open_splits))
        rounds = {name: count or 0 for name, count in asked.items()}
        if sum(rounds.values()) > available or min(rounds.values()) == 0:
            sizes = ", ".join(f"data.n_{name}={count * self.n_digits}" for name, count in rounds.items())
            raise ConfigurationError(
                f"{sizes}: only {available * self.n_digits} images of {self.n_digits} digits are at hand, and every "
                "split needs at least one round; ask for fewer or give a folder with more images in data.path."
            )
        return rounds
