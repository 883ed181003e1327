"""Ordered MNIST: handwritten digits of 28×28 pixels in the order 0, 1, 2, 3, 4, 0, 1, …

The benchmark of Kostic et al. (NeurIPS 2022, ICLR 2024) with 3000/1000/1000 images for training, validation and test.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.core.checks import ConfiguredInteger
from sciml_bench.core.types import PathType
from sciml_bench.data.files.mnist_files import Images, mnist_files, read_mnist
from sciml_bench.data.sources.ordered_classes import OrderedClasses

N_TRAIN = 3000
N_HELD_OUT = 1000


class OrderedMNIST(OrderedClasses):
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
        super().__init__(n_digits, split=split, **options)
        self.path, self.cache, self.state_shape = path, cache, (1, 28, 28)
        self.split_is_given = split is not None

    def pictures(self) -> tuple[Images, Int[np.ndarray, " image"]]:
        """All that are at hand."""
        images, labels = read_mnist(self.path, self.cache)
        self._files_read = mnist_files(self.path, self.cache)
        return images, labels.astype(np.int64)

    def states_of(self, images: Images) -> Float[np.ndarray, "time 1 28 28"]:
        """In [0, 1]."""
        return (images[:, None] / 255).astype(np.float32)

    def sizes(self, n_rounds: int) -> Mapping[str, float | int]:
        """With the 10 000 test images and five digits 3000, 950 and 950 images, where no split is given."""
        if self.split_is_given:
            return self.split
        n_train = min(N_TRAIN // self.n_digits, 2 * n_rounds // 3)
        n_held_out = min(N_HELD_OUT // self.n_digits, (n_rounds - n_train) // 2)
        rounds = {"train": n_train, "validation": n_held_out, "test": n_held_out}
        return {name: count * self.n_digits for name, count in rounds.items()}
