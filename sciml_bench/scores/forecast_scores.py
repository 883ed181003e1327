"""How good a forecast is beside what came, for every forecaster the same; given rows never count as predictions.

Two measures of relative error have names of their own: ‖p − y‖/‖y‖ over everything (`forecast_relative_error`), and the
root mean square error over that of forecasting the training mean (`forecast_error_over_mean`).
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.core.errors import DataError
from sciml_bench.core.types import Metrics
from sciml_bench.data.capabilities import Forecast, Forecaster, KnowsRecord
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.scores.references import bounded, reference_scores

Rows = list[Float[np.ndarray, "_ *state"]]  # trajectories differ in length


def forecast_of(learned: Forecaster, past: Trajectories, future: Trajectories) -> Forecast:
    """The forecast at the times of what came.

    Args:
        learned: a forecaster.
        past: what it is given.
        future: rows after it, of which it is told the times and, where it has learned with inputs, the inputs.
    """
    times = [future.times_of(number) for number in range(future.n_trajectories)]
    if isinstance(learned, KnowsRecord) and learned.spec.dim_in:
        inputs = None if future.inputs is None else [read_block(part) for part in future.inputs]
        return learned.forecast(past, times, inputs=inputs)
    return learned.forecast(past, times)


def forecast_scores(forecast: Forecast, past: Trajectories, future: Trajectories, spec: RecordSpec) -> Metrics:
    """Scores over all rows, components and trajectories of what came.

    `forecast_mse`, in squared units of the state; `forecast_relative_error`, ‖p − y‖/‖y‖; `forecast_error_over_mean`,
    root mean square error over that of the training mean; all of them with `_clean` against the truth, where it is
    known. A forecast that leaves every bound has infinite errors; rows with missing values are left out. Beside them
    what it has to beat, of `scores.references`.

    Args:
        forecast: at the times of the future.
        past: what was given.
        future: what came.
        spec: of the record.

    Raises:
        DataError: the forecast has other states, or fewer.
    """
    predicted = [states[:length] for states, length in zip(forecast.states, future.lengths, strict=True)]
    if future.masked:
        rows = [np.flatnonzero(future.complete_rows(number)) for number in range(future.n_trajectories)]
        if not sum(map(len, rows)):
            return {}
        predicted = [states[kept] for states, kept in zip(predicted, rows, strict=True)]
        future = future.picked(rows)
    metrics: Metrics = {}
    for suffix, parts in {"": future.states, "_clean": future.clean}.items():
        if parts is not None:
            truth = [read_block(part, 0, part.shape[0]).astype(np.float64) for part in parts]
            metrics |= {f"{name}{suffix}": value for name, value in errors_of(predicted, truth, spec.mean).items()}
    return metrics | reference_scores(predicted, past, future, spec)


def errors_of(predicted: Rows, truth: Rows, mean: Float[np.ndarray, "*#state"]) -> Mapping[str, float]:
    """The three errors of some predictions.

    Args:
        predicted: one array per trajectory.
        truth: the same.
        mean: of the training states.

    Raises:
        DataError: the shapes differ.
    """
    for one, other in zip(predicted, truth, strict=True):
        if one.shape != other.shape:
            raise DataError(f"forecasts of shape {one.shape} cannot be compared with states of shape {other.shape}")
    found, true = (
        np.ascontiguousarray(np.concatenate([rows.reshape(len(rows), -1) for rows in parts]))
        for parts in (predicted, truth)
    )
    difference, size = bounded(found - true), float(np.linalg.norm(true))
    errors = {"forecast_mse": float(np.mean(difference**2))}
    if size > 0:
        errors["forecast_relative_error"] = float(np.linalg.norm(difference)) / size
    over_mean = error_over_mean(found, true, np.broadcast_to(mean, truth[0].shape[1:]).ravel())
    return errors if over_mean is None else {**errors, "forecast_error_over_mean": over_mean}


def error_over_mean(
    predicted: Float[np.ndarray, "rows components"],
    truth: Float[np.ndarray, "rows components"],
    mean: Float[np.ndarray, " components"],
) -> float | None:
    """Root mean square error over that of forecasting the training mean; None where the mean is exact.

    Args:
        predicted: flattened states.
        truth: the same.
        mean: of the training states.
    """
    baseline = float(np.sqrt(np.mean((truth - mean) ** 2)))
    return float(np.sqrt(np.mean(bounded(predicted - truth) ** 2))) / baseline if baseline > 0 else None


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
