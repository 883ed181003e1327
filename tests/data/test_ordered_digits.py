import numpy as np
import pytest
from sklearn.datasets import load_digits

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources.ordered_digits import OrderedDigits, enlarge


def test_the_default_splits_are_blocks_of_whole_rounds():
    record = OrderedDigits()
    record.setup()
    assert [part.lengths[0] for part in record.splits.values()] == [530, 175, 180]
    assert record.spec.state_shape == (1, 28, 28)
    assert record.spec.n_classes == 5
    for part in record.splits.values():
        labels = part.labels[0]
        np.testing.assert_array_equal(labels, np.arange(len(labels)) % 5)
        assert 0 <= part.states[0].min() < 0.01 < 0.99 < part.states[0].max() <= 1


def test_no_image_appears_twice():
    record = OrderedDigits()
    record.setup()
    images = np.concatenate([part.flattened for part in record.splits.values()])
    original = load_digits().data
    assert len(np.unique(images, axis=0)) == len(np.unique(original[load_digits().target < 5][: len(images)], axis=0))


def test_enlarged_digits_shrink_back_to_the_originals():
    originals = load_digits().images[:200] / 16
    shrunk = enlarge(originals, 32).reshape(200, 8, 4, 8, 4).mean(axis=(2, 4))
    assert np.corrcoef(shrunk.ravel(), originals.ravel())[0, 1] > 0.98


def test_enlarging_keeps_the_centre_of_mass():
    image = np.zeros((1, 8, 8))
    image[0, 2, 5] = 1.0
    large = enlarge(image, 24)[0]
    rows, columns = np.indices(large.shape)
    centre = [(axis * large).sum() / large.sum() for axis in (rows, columns)]
    # Clipping the spline's faint negative ring costs 0.08 pixels here; a grid that is off by a corner costs 0.43.
    np.testing.assert_allclose(centre, [2.5 * 3 - 0.5, 5.5 * 3 - 0.5], atol=0.2)


def test_images_of_the_original_size_are_the_originals():
    images = load_digits().images[:10] / 16
    np.testing.assert_allclose(enlarge(images, 8), images, atol=1e-12)


def test_ten_digits_in_small_images():
    record = OrderedDigits(n_digits=10, image_size=16)
    record.setup()
    assert record.spec.state_shape == (1, 16, 16)
    assert record.splits["test"].labels[0][:10].tolist() == list(range(10))


@pytest.mark.parametrize("options", [{"n_digits": 1}, {"n_digits": 11}, {"image_size": 4}])
def test_impossible_options_are_named(options):
    with pytest.raises(ConfigurationError, match=f"data.{next(iter(options))}="):
        OrderedDigits(**options)


def test_numbers_of_images_are_rounded_down_to_whole_rounds():
    record = OrderedDigits(split={"train": 101, "validation": 50, "test": 52}, image_size=8)
    record.setup()
    assert [part.lengths for part in record.splits.values()] == [(100,), (50,), (50,)]


@pytest.mark.parametrize("split", [{"train": 0.9, "validation": 0.001, "test": 0.09}, {"train": 100, "test": 4}])
def test_a_split_without_a_round_is_refused(split):
    with pytest.raises(ConfigurationError, match="without a round"):
        OrderedDigits(split=split, image_size=8).setup()
