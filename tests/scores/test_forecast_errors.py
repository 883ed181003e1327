import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.scores import classification_accuracy, forecast_root_mean_square_error


def test_accuracy_is_the_share_of_labels_that_agree():
    assert classification_accuracy(np.array([0, 1, 2, 3]), np.array([0, 1, 2, 0])) == 0.75
    with pytest.raises(DataError, match="labels"):
        classification_accuracy(np.array([], int), np.array([], int))


def test_the_error_of_a_forecast_grows_as_the_walk_it_forecasts():
    rng = np.random.default_rng(0)
    walk = rng.standard_normal((4000, 9, 2)).cumsum(axis=1)
    error = forecast_root_mean_square_error(np.zeros_like(walk), walk)
    np.testing.assert_allclose(error, np.sqrt(np.arange(1, 10)), rtol=0.03)


def test_images_are_averaged_over_all_pixels_and_shapes_have_to_agree():
    true = np.zeros((3, 2, 4, 4))
    predicted = true.copy()
    predicted[:, 1] = 2.0
    np.testing.assert_array_equal(forecast_root_mean_square_error(predicted, true), [0, 2])
    with pytest.raises(DataError, match="shape"):
        forecast_root_mean_square_error(true[:0], true[:0])
