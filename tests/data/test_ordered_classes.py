import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.sources.ordered_classes import interleave_classes, split_rounds


def test_classes_take_turns_in_their_original_order_without_repetition():
    labels = np.array([1, 0, 0, 2, 1, 2, 0, 2, 2, 1])
    images = np.arange(10.0)[:, None, None] * np.ones((10, 2, 2))
    ordered, digits = interleave_classes(images, labels, 3)
    assert digits.tolist() == [0, 1, 2] * 3
    assert ordered[:, 0, 0].tolist() == [1, 0, 3, 2, 4, 5, 6, 9, 7]


def test_a_class_without_images_is_named():
    with pytest.raises(DataError, match="class 2"):
        interleave_classes(np.zeros((2, 2, 2)), np.array([0, 1]), 3)


def test_every_split_begins_with_class_zero():
    states = np.random.default_rng(0).random((30, 1, 2, 2))
    splits = split_rounds(states, np.tile([0, 1, 2], 10), 3, {"train": 6, "validation": 3, "test": 1})
    assert [part.lengths for part in splits.values()] == [(18,), (9,), (3,)]
    assert [part.labels[0][0] for part in splits.values()] == [0, 0, 0]
    np.testing.assert_array_equal(np.concatenate([part.states[0] for part in splits.values()]), states)
