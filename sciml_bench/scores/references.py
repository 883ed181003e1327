"""What a forecast has to beat on the same rows: persistence (the last given state) and the mean of the training states.

Errors are measured in deviations of the training states, each component in its own, so that no unit decides.
"""

import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories

REFERENCES = ("persistence", "mean")
LARGEST_ERROR = 1e150
"""The square of more is no number of double precision."""

_OF_STEP = re.compile(r"persistence_error_over_mean_step_(\d+)")
_OF_FIELDS = re.compile(r"mean_relative_l2_(\d+)")

NO_TURN = 1e-9
"""Relative differences below are rounding: nobody is ahead."""


def reference_scores(
    predicted: Sequence[Float[np.ndarray, "_ *state"]],
    past: Trajectories,
    future: Trajectories,
    spec: RecordSpec,
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
        last = read_block(past.states[number], past.lengths[number] - 1, past.lengths[number]).astype(np.float64)
        ahead.append(future.times_of(number)[: len(states)] - past.times_of(number)[-1])
        for name, guess in {"forecast": states, "persistence": last, "mean": spec.mean}.items():
            with np.errstate(over="ignore", invalid="ignore"):
                difference = np.abs((guess - truth) / spec.deviation)
            difference = np.where(difference < LARGEST_ERROR, difference, np.inf)
            squares[name].append((difference**2).reshape(len(truth), -1).mean(axis=1))
    times, order = np.concatenate(ahead), np.argsort(np.concatenate(ahead), kind="stable")
    rows = {name: np.concatenate(parts)[order] for name, parts in squares.items()}
    metrics = {f"{name}_standardised_error": float(np.sqrt(values.mean())) for name, values in rows.items()}
    references = [rows[name] for name in REFERENCES]
    horizon = horizon_ahead(times[order], rows["forecast"], *references)
    return metrics | {"forecast_horizon": horizon, "forecast_length": float(times[order][-1])}


def horizon_ahead(
    times: Float[np.ndarray, " rows"],
    squares: Float[np.ndarray, " rows"],
    *others: Float[np.ndarray, " rows"],
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


def judgement(metrics: Metrics, time_unit: str) -> str | None:
    """One sentence: whether the forecast beat persistence and the mean, by how much, and over which horizon.

    Args:
        metrics: of a run; nothing is said of those without `reference_scores`, errors by step or operators' errors.
        time_unit: of the horizon.
    """
    if steps := sorted(int(found[1]) for found in map(_OF_STEP.fullmatch, metrics) if found):
        return _judged_by_steps(metrics, steps)
    if (resolution := next((found[1] for found in map(_OF_FIELDS.fullmatch, metrics) if found), None)) is not None:
        return _judged_fields(metrics, resolution)
    if "forecast_horizon" not in metrics:
        return None
    error, horizon, longest = (
        metrics[name] for name in ("forecast_standardised_error", "forecast_horizon", "forecast_length")
    )
    ratios = [_compared(error, metrics[f"{name}_standardised_error"], name) for name in REFERENCES]
    if not np.isfinite(error):
        ratios = ["left every bound"]
    if horizon >= longest:
        where = "better than both all the way"
    elif horizon > 0:
        where = f"better than both up to {horizon:.4g} {time_unit} only"
    else:
        where = "not better than both at any horizon"
    return f"forecast over {longest:.4g} {time_unit}: {', '.join(ratios)}; {where}"


def _compared(error: float, reference: float, name: str) -> str:
    whose = "the mean's" if name == "mean" else f"{name}'s"
    return f"{error / reference:.3g} of {whose} error" if reference > 0 else f"{name} is exact"


def _judged_by_steps(metrics: Metrics, steps: Sequence[int]) -> str:
    """Of the expected states some lags ahead, from many starts."""
    errors = {step: metrics[f"forecast_error_over_mean_step_{step}"] for step in steps}
    persistence = {step: metrics[f"persistence_error_over_mean_step_{step}"] for step in steps}
    better = [step for step in steps if errors[step] < min(1, persistence[step]) * (1 - NO_TURN)]
    told = [
        f"{step} {_lags(step)} ahead: {_compared(errors[step], persistence[step], 'persistence')}, "
        f"{_compared(errors[step], 1.0, 'mean')}"
        for step in dict.fromkeys((steps[0], steps[-1]))
    ]
    if not better:
        where = "not better than both at any step"
    elif len(better) == len(steps):
        where = "better than both at every step"
    else:
        where = f"better than both at {len(better)} of {len(steps)} steps, up to {better[-1]} {_lags(better[-1])} ahead"
    return f"forecast {'; '.join(told)}; {where}"


def _lags(count: int) -> str:
    return "lag" if count == 1 else "lags"


def _judged_fields(metrics: Metrics, resolution: str) -> str:
    """Of the solutions of an operator, for parameters that it has not seen."""
    error = metrics[f"relative_l2_{resolution}"]
    keys = {name: f"{name}_relative_l2_{resolution}" for name in REFERENCES}
    references = {name: metrics[key] for name, key in keys.items() if key in metrics}
    told = ", ".join(_compared(error, reference, name) for name, reference in references.items())
    better = error < min(references.values())
    return f"solutions on {resolution} points: {told}; {'better' if better else 'not better'} than {_all(references)}"


def _all(references: Metrics) -> str:
    return "both" if len(references) > 1 else "it"
