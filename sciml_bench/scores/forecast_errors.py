"""How good forecasts are, step by step; given frames never count as predictions."""

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.core.errors import DataError


def classification_accuracy(
    predicted_labels: Int[np.ndarray, " batch"], true_labels: Int[np.ndarray, " batch"]
) -> float:
    """The share of labels that agree, from 0 to 1.

    Raises:
        DataError: there are no labels, or not as many of both.
    """
    if predicted_labels.shape != true_labels.shape or true_labels.size == 0:
        raise DataError(
            f"labels: {predicted_labels.shape} predicted against {true_labels.shape} true ones; "
            "give one of each per sample"
        )
    return float(np.mean(predicted_labels == true_labels))


def forecast_root_mean_square_error(
    predicted: Float[np.ndarray, "batch time *state"], true: Float[np.ndarray, "batch time *state"]
) -> Float[np.ndarray, " time"]:
    """The root of the mean squared error at every step, over all forecasts and components.

    Args:
        predicted: forecasts, without the frames they started from.
        true: what happened.

    Returns:
        One error per step, in the unit of the states.

    Raises:
        DataError: the shapes differ.
    """
    if predicted.shape != true.shape or true.size == 0:
        raise DataError(f"forecasts of shape {predicted.shape} cannot be compared with states of shape {true.shape}")
    squared = (predicted - true) ** 2
    return np.sqrt(squared.mean(axis=(0, *range(2, squared.ndim))))
