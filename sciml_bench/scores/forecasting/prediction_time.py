"""The valid prediction time of the dysts benchmark: how long a forecast's symmetric percentage error stays below 30.

Zhang and Gilpin, Zero-shot forecasting of chaotic systems (ICLR 2025): sMAPE = 2 · 100/T · Σ |x − y| / (|x| + |y|),
from 0 to 200 and averaged over the components; the valid prediction time is the first horizon T at which it exceeds
30, in Lyapunov times. The paper's formula leaves open whether the error is that of one row or of all rows so far; its
published code (dysts_data, `smape_rolling` and `vpt_smape`) takes the mean over all rows so far, and so does this. The
function `smape` that the package dysts 0.96 ships halves the error by default (0 to 100), which the paper does not.
"""

import numpy as np
from jaxtyping import Bool, Float

from sciml_bench.scores.forecasting.horizon_errors import Forecasts

VALID_BELOW = 30.0
"""Largest symmetric mean absolute percentage error of a valid forecast."""


def symmetric_percentage_errors(predicted: Forecasts, truth: Forecasts) -> Float[np.ndarray, "starts rows"]:
    """sMAPE over all rows up to each, from 0 to 200; rows that are not scored add nothing.

    Args:
        predicted: the forecasts; what is not finite counts 200.
        truth: what came.
    """
    scored = ~np.isnan(truth).any(axis=-1)
    true = np.nan_to_num(truth)
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.abs(predicted) + np.abs(true)
        parts = np.where(size > 0, np.abs(predicted - true) / np.where(size > 0, size, 1.0), 0.0)
    parts = np.where(np.isfinite(predicted), np.nan_to_num(parts, nan=1.0), 1.0)
    of_rows = np.where(scored, 200 * parts.mean(axis=-1), 0.0)
    return np.cumsum(of_rows, axis=1) / np.maximum(np.cumsum(scored, axis=1), 1)


def valid_prediction_times(
    predicted: Forecasts, truth: Forecasts, times: Float[np.ndarray, "starts rows"], threshold: float = VALID_BELOW
) -> tuple[Float[np.ndarray, " starts"], Bool[np.ndarray, " starts"]]:
    """The time since the last given row of the last row before sMAPE passes the threshold; 0 where the first does.

    Args:
        predicted: the forecasts.
        truth: what came.
        times: since the last given row, rising.
        threshold: in per cent, of 200.

    Returns:
        the times, and whether a forecast stays valid to its end, so that it might have been valid for longer.
    """
    passed = symmetric_percentage_errors(predicted, truth) > threshold
    n_valid = np.where(passed.any(axis=1), passed.argmax(axis=1), passed.shape[1])
    since_start = np.concatenate([np.zeros((len(times), 1)), times], axis=1)
    return since_start[np.arange(len(times)), n_valid], n_valid == passed.shape[1]
