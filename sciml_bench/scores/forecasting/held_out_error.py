"""By what settings are chosen: the error of forecasts within the validation part."""

from typing import Any

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.record import Record
from sciml_bench.scores.forecast_scores import forecast_of, forecast_scores
from sciml_bench.scores.forecasting.starts import starts_in

_ROWS, _MOST_PAST = 100, 200


def validation_error(learned: Any, record: Record, n_starts: int = 10) -> float:
    """The standardised error of forecasts within the validation part; infinite where it cannot make them.

    Args:
        learned: a forecaster.
        record: loaded, with such a part.
        n_starts: of forecasts.
    """
    rows = min(_ROWS, max(1, min(record.splits["validation"].lengths) // 2))
    try:
        starts = starts_in(record, "validation", rows, learned.past_length, n_starts)
        past, future = starts.past(_MOST_PAST), starts.future(rows)
        forecast = forecast_of(learned, past, future)
    except DataError:
        return np.inf
    if not np.isfinite(forecast.states).all():
        return np.inf
    return forecast_scores(forecast, past, future, record.spec).get("forecast_standardised_error", np.inf)
