import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.sources.ordered_classes import OrderedClasses, interleave_classes


def test_classes_take_turns_in_their_original_order_without_repetition():
    labels = np.array([1, 0, 0, 2, 1, 2, 0, 2, 2, 1])
    images = np.arange(10.0)[:, None, None] * np.ones((10, 2, 2))
    ordered, digits = interleave_classes(images, labels, 3)
    assert digits.tolist() == [0, 1, 2] * 3
    assert ordered[:, 0, 0].tolist() == [1, 0, 3, 2, 4, 5, 6, 9, 7]


def test_a_class_without_images_is_named():
    with pytest.raises(DataError, match="class 2"):
        interleave_classes(np.zeros((2, 2, 2)), np.array([0, 1]), 3)


class Numbered(OrderedClasses):
    """Thirty pictures of three classes that say when their turn comes."""

    def pictures(self):
        return np.arange(30.0)[:, None, None] * np.ones((30, 2, 2)), np.tile([0, 1, 2], 10)

    def states_of(self, images):
        return images[:, None]


def test_every_part_begins_with_class_zero_and_goes_on_where_the_last_one_ended():
    splits = Numbered(3, split={"train": 19, "validation": 9, "test": 5}).load_splits()
    assert [part.lengths for part in splits.values()] == [(18,), (9,), (3,)]
    assert [part.labels[0][0] for part in splits.values()] == [0, 0, 0]
    assert [part.times_of(0)[0] for part in splits.values()] == [0, 18, 27]
    shown = np.concatenate([part.states[0][:, 0, 0, 0] for part in splits.values()])
    np.testing.assert_array_equal(shown, np.arange(30))


def test_fractions_are_of_whole_rounds():
    splits = Numbered(3, split={"train": 0.55, "test": 0.25}).load_splits()
    assert [part.lengths for part in splits.values()] == [(15,), (9,)]
