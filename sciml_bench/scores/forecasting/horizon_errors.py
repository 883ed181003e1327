"""The error of forecasts from many starts, against the time ahead and start by start.

Errors are in deviations of the training states, every component in its own, so that no unit decides.
"""

import numpy as np
from jaxtyping import Float

from sciml_bench.scores.references import bounded

Forecasts = Float[np.ndarray, "starts rows components"]
"""Predictions or what came; what came is nan in a row that is not scored."""


def standardised_squares(
    predicted: Float[np.ndarray, "starts #rows components"],
    truth: Forecasts,
    deviation: Float[np.ndarray, " components"],
) -> Float[np.ndarray, "starts rows"]:
    """Mean over the components of the squared error in deviations; nan in rows that are not scored.

    Args:
        predicted: the forecasts, or one row that stands for all.
        truth: what came.
        deviation: of the training states.
    """
    missing = np.isnan(truth).any(axis=-1)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.mean(bounded((predicted - np.nan_to_num(truth)) / deviation) ** 2, axis=-1)
    return np.where(missing, np.nan, squares)


def error_against_horizon(squares: Float[np.ndarray, "starts rows"]) -> Float[np.ndarray, " rows"]:
    """Root mean square over the starts at every row ahead; nan where no start has the row.

    Args:
        squares: as `standardised_squares` gives them.
    """
    return np.sqrt(_mean(squares, axis=0))


def standardised_errors(squares: Float[np.ndarray, "starts rows"]) -> Float[np.ndarray, " starts"]:
    """Root mean square over the rows of every start; nan where none is scored.

    Args:
        squares: as `standardised_squares` gives them.
    """
    return np.sqrt(_mean(squares, axis=1))


def relative_errors(predicted: Forecasts, truth: Forecasts) -> Float[np.ndarray, " starts"]:
    """‖p − y‖/‖y‖ of every start, over its rows and components; nan where y vanishes.

    Args:
        predicted: the forecasts p.
        truth: what came, y.
    """
    scored = ~np.isnan(truth).any(axis=-1, keepdims=True)
    with np.errstate(all="ignore"):
        difference = np.where(scored, bounded(predicted - np.nan_to_num(truth)), 0.0)
        sizes = np.sqrt(np.sum(np.where(scored, truth, 0.0) ** 2, axis=(1, 2)))
        return np.sqrt(np.sum(difference**2, axis=(1, 2))) / np.where(sizes > 0, sizes, np.nan)


def _mean(values: Float[np.ndarray, "starts rows"], axis: int) -> Float[np.ndarray, " _"]:
    """Of what is there."""
    there = ~np.isnan(values)
    counts = there.sum(axis=axis)
    return np.where(counts > 0, np.where(there, values, 0.0).sum(axis=axis) / np.maximum(counts, 1), np.nan)
