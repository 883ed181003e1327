"""Ordered MNIST: handwritten digits of 28×28 pixels in the order 0, 1, 2, 3, 4, 0, 1, …

The benchmark of Kostic et al. (NeurIPS 2022, ICLR 2024) with 3000/1000/1000 images for training, validation and test.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger
from sciml_bench.core.types import PathType
from sciml_bench.data.files.mnist_files import mnist_files, read_mnist
from sciml_bench.data.record import Record
from sciml_bench.data.sources.ordered_classes import checked_n_digits, interleave_classes, rounds_of_split, split_rounds
from sciml_bench.data.trajectories import Trajectories

N_TRAIN = 3000
N_HELD_OUT = 1000


class OrderedMNIST(Record):
    """The next digit of MNIST follows from the present one: states (1, 28, 28) in [0, 1], labels from 0.

    Args:
        path: folder with the original idx files; without it OpenML is asked once and the answer kept in `cache`.
        cache: folder for downloads, `~/.cache/sciml_bench` by default.
        n_digits: digits 0 to n_digits - 1 take turns, 2 to 10.
        split: as in `Record`, in consecutive blocks of whole rounds, rounded down; by default 3000, 1000 and 1000
            images, or two thirds of what there is and halves of the rest if that is less.
        **options: transforms as in `Record`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        path: PathType | None = None,
        cache: PathType | None = None,
        n_digits: ConfiguredInteger = 5,
        split: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(split=split, split_by="time", **options)
        self.path, self.cache, self.state_shape = path, cache, (1, 28, 28)
        self.n_digits = self.n_classes = checked_n_digits(n_digits)
        self.split_is_given = split is not None

    def load_splits(self) -> dict[str, Trajectories]:
        """Blocks of whole rounds; with the 10 000 test images and five digits 3000, 950 and 950 images."""
        images, labels = read_mnist(self.path, self.cache)
        self._files_read = mnist_files(self.path, self.cache)
        images, labels = interleave_classes(images, labels.astype(np.int64), self.n_digits)
        available = len(images) // self.n_digits
        split = self.split if self.split_is_given else self._usual_split(available)
        rounds = rounds_of_split(split, available, self.n_digits)
        n_used = sum(rounds.values()) * self.n_digits
        states = (images[:n_used, None] / 255).astype(np.float32)
        return split_rounds(states, labels[:n_used], self.n_digits, rounds)

    def _usual_split(self, available: int) -> dict[str, float | int]:
        n_train = min(N_TRAIN // self.n_digits, 2 * available // 3)
        n_held_out = min(N_HELD_OUT // self.n_digits, (available - n_train) // 2)
        rounds = {"train": n_train, "validation": n_held_out, "test": n_held_out}
        return {name: count * self.n_digits for name, count in rounds.items()}
