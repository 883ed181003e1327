"""What a forecast has to beat on the same rows: persistence (the last complete state) and the mean of training states.

Errors are measured in deviations of the training states, each component in its own, so that no unit decides.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories

REFERENCES = ("persistence", "mean")
LARGEST_DIFFERENCE = 1e150
"""The square of more is no number of double precision."""

NO_TURN = 1e-9
"""Relative differences below are rounding: nobody is ahead."""


def reference_scores(
    predicted: Sequence[Float[np.ndarray, "_ *state"]], past: Trajectories, future: Trajectories, spec: RecordSpec
) -> Metrics:
    """The forecast beside persistence and the mean.

    `forecast_standardised_error`, `persistence_standardised_error`, `mean_standardised_error`: root mean square errors
    over all rows, components and trajectories, in deviations of the training states. `forecast_horizon`: the longest
    time since the last given row over which the forecast has a smaller error than both, 0 where it never has;
    `forecast_length`: the time to the last row.

    Args:
        predicted: the forecast of every trajectory.
        past: what was given.
        future: what came.
        spec: of the record, with mean and deviation of its training states.
    """
    ahead, squares = [], {name: [] for name in ("forecast", *REFERENCES)}
    for number, states in enumerate(predicted):
        truth = read_block(future.states[number], 0, len(states)).astype(np.float64)
        row = past.lengths[number] - 1
        if past.masked and (given := np.flatnonzero(past.complete_rows(number))).size:
            row = int(given[-1])
        last = read_block(past.states[number], row, row + 1).astype(np.float64)
        ahead.append(future.times_of(number)[: len(states)] - past.time_at(number, -1))
        for name, guess in {"forecast": states, "persistence": last, "mean": spec.mean}.items():
            with np.errstate(over="ignore", invalid="ignore"):
                difference = bounded((guess - truth) / spec.deviation)
            squares[name].append((difference**2).reshape(len(truth), -1).mean(axis=1))
    times, order = np.concatenate(ahead), np.argsort(np.concatenate(ahead), kind="stable")
    rows = {name: np.concatenate(parts)[order] for name, parts in squares.items()}
    metrics = {f"{name}_standardised_error": float(np.sqrt(values.mean())) for name, values in rows.items()}
    references = [rows[name] for name in REFERENCES]
    horizon = horizon_ahead(times[order], rows["forecast"], *references)
    return metrics | {"forecast_horizon": horizon, "forecast_length": float(times[order][-1])}


def bounded(difference: Float[np.ndarray, "*rows"]) -> Float[np.ndarray, "*rows"]:
    """Differences, infinite where a prediction has left every bound, or their square would."""
    return np.where(np.abs(difference) < LARGEST_DIFFERENCE, difference, np.inf)


def horizon_ahead(
    times: Float[np.ndarray, " rows"], squares: Float[np.ndarray, " rows"], *others: Float[np.ndarray, " rows"]
) -> float:
    """The longest time over which the mean square of some errors is smaller than that of all others; 0 for none.

    Args:
        times: of the rows, rising, since the forecast began; those of several trajectories may be equal.
        squares: squared errors of the rows.
        others: those of what there is to beat.
    """
    complete = np.append(np.diff(times) > 0, True)  # equal times belong together
    ahead = complete.copy()
    total = np.cumsum(squares)
    for other in others:
        ahead &= total < np.cumsum(other) * (1 - NO_TURN)
    places = np.flatnonzero(ahead)
    return float(times[places[-1]]) if len(places) else 0.0
