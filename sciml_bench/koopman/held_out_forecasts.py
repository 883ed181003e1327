"""Forecasts of held-out states and images beside what came, in the user's units."""

import numpy as np
from jaxtyping import Float, Shaped

from sciml_bench.core.results import Results
from sciml_bench.core.types import Metrics
from sciml_bench.data.held_out import TIME, past_and_future, up_to_gaps
from sciml_bench.data.lazy_states import StateArray, read_block
from sciml_bench.data.own_components import in_own_components
from sciml_bench.data.reading import tell_left_out
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.koopman.koopman_model import KoopmanModel
from sciml_bench.koopman.oracle import Oracle
from sciml_bench.scores import classification_accuracy
from sciml_bench.scores.forecast_scores import error_over_mean, forecast_of, forecast_scores

SHOWN_IMAGES = 6

FORECAST_STARTS = 2000
"""Held-out states from which forecasts by step are scored, shared by the trajectories."""

FEWEST_STARTS = 20
"""Of every trajectory, however many there are."""

COMMON_REACH = 15
"""Lags, but no more than half a trajectory, that every start has ahead: so far, all steps are scored from the same."""

LONGEST_FORECAST_BYTES = 2**25
"""Of the states of one forecast over a test part; a longer part is scored from its beginning on."""


def whole_forecast_scores(learned: KoopmanModel, record: Record) -> Metrics:
    """The scores that every forecaster has, over the test part; none where there is no such part."""
    forecaster, record = in_own_components(learned), record.as_observed
    parts = _past_and_future(record, forecaster.past_length)
    if parts is None:
        return {}
    past, future = parts
    row = 8 * future.n_trajectories * int(np.prod(future.state_shape))
    n_rows = max(1, LONGEST_FORECAST_BYTES // row)
    future = future.select(time=[slice(0, min(n_rows, length)) for length in future.lengths])
    future = up_to_gaps(past, future, forecaster.past_length)
    if future is None:
        return {}
    return forecast_scores(forecast_of(forecaster, past, future), past, future, record.spec)


def _past_and_future(record: Record, past_length: int) -> tuple[Trajectories, Trajectories] | None:
    """As `past_and_future`, but of the past only the end is read: every part is longer than the lag."""
    if record.split_by != TIME or "test" not in record.splits:
        return past_and_future(record, past_length)
    before = record.splits.get("validation", record.splits["train"])
    before = before.filled()
    return before.select(time=[slice(n - past_length, n) for n in before.lengths]), record.splits["test"]


def state_forecasts(learned: KoopmanModel, record: Record, n_steps: int) -> Results:
    """The error of the conditional expectation some lags ahead, relative to that of the training mean.

    All held-out trajectories count. A step is scored from the first states that have one `COMMON_REACH` lags later, and
    as many as the step has: the same ones, however many steps are asked for. The arrays `trajectory_errors`
    (trajectories, steps) tell the error of each, by name.
    """
    part = record.splits.get("test", record.splits.get("validation"))
    if part is None:
        return Results()
    part = part.between_gaps(learned.spec.lag + 1)
    lag, mean = learned.spec.lag, np.broadcast_to(record.spec.mean, part.state_shape).ravel()
    mean = mean[: record.spec.as_observed.dim]  # of delays the newest copies
    size = np.broadcast_to(record.spec.deviation, part.state_shape).ravel()[: len(mean)]  # no unit decides

    def error_of(predicted: np.ndarray, true: np.ndarray) -> float | None:
        return error_over_mean(predicted / size, true / size, mean / size)

    longest = max(part.lengths)
    steps = [step for step in range(1, n_steps + 1) if step * lag < longest - 1]
    if not steps:
        return Results()
    long_enough = [number for number, length in enumerate(part.lengths) if length - 1 > lag]
    tell_left_out(part, long_enough, f"the forecasts by step, which need more than {lag + 1} rows")
    found, truth, clean, given = ([[] for _ in steps] for _ in range(4))
    each = np.full((part.n_trajectories, len(steps)), np.nan)
    shown = part.lengths.index(longest)
    shown_states, given_state = np.empty((2, len(steps), len(mean))), mean
    for number, states in enumerate(part.states):
        reached = [step for step in steps if step * lag < states.shape[0] - 1]
        if not reached:
            continue
        most = max(FEWEST_STARTS, FORECAST_STARTS // part.n_trajectories)
        common = min(COMMON_REACH * lag, states.shape[0] // 2)
        n_rows = min(states.shape[0], most + max(common, reached[-1] * lag))
        rows, true_rows = _rows(states, n_rows), None if part.clean is None else _rows(part.clean[number], n_rows)
        starts = rows[: min(most, n_rows - max(common, lag))]
        acting = _acting(learned, part, number, len(starts), reached)
        if number == shown:
            given_state = _newest(rows[:1], mean)[0]
        for place, expected in enumerate(learned.ahead(starts, reached, acting)):
            ahead = reached[place] * lag
            later = slice(ahead, ahead + min(most, n_rows - max(common, ahead)))
            truth[place].append(_newest(rows[later], mean))
            found[place].append(_newest(expected, mean)[: len(truth[place][-1])])
            given[place].append(_newest(rows[: len(truth[place][-1])], mean))
            error = error_of(found[place][-1], truth[place][-1])
            each[number, place] = np.nan if error is None else error
            if number == shown:
                shown_states[:, place] = found[place][-1][0], truth[place][-1][0]
            if true_rows is not None:
                clean[place].append(_newest(true_rows[later], mean))
    metrics: Metrics = {}
    for place, step in enumerate(steps):
        for suffix, parts in {"": truth, "_clean": clean}.items():
            if not parts[place]:
                continue
            error = error_of(np.concatenate(found[place]), np.concatenate(parts[place]))
            if error is not None:
                metrics[f"forecast_error_over_mean_step_{step}{suffix}"] = error
        error = error_of(np.concatenate(given[place]), np.concatenate(truth[place]))
        if error is not None:
            metrics[f"persistence_error_over_mean_step_{step}"] = error
    arrays = {
        "forecast_times": np.array(steps) * learned.spec.lag_time,
        "forecast_states": shown_states[0],
        "true_states": shown_states[1],
        "training_mean": mean,
        "given_state": given_state,
        "trajectory_errors": each,
        "trajectory_names": np.array([part.name(number) for number in range(part.n_trajectories)]),
    }
    names = record.spec.component_names[: len(mean)]
    if len(names) == len(mean):
        units = {name: each[: len(mean)] for name, each in record.spec.unit_arrays.items()}
        arrays |= {"component_names": np.array(names), **units}
    return Results(metrics, arrays, ("forecast",))


def _acting(
    learned: KoopmanModel, part: Trajectories, number: int, n_starts: int, steps: list[int]
) -> Float[np.ndarray, "starts lags lagged_inputs"] | None:
    """What acts within every lag from some rows on, the last one held beyond the record; None without inputs."""
    if not learned.spec.dim_in or part.inputs is None:
        return None
    lag, places = learned.spec.lag, np.arange(n_starts)[:, None] + learned.spec.lag * np.arange(max(steps))
    known = _rows(part.inputs[number], min(part.lengths[number], n_starts + (max(steps) + 1) * lag))
    missing = n_starts + (max(steps) + 1) * lag - len(known)
    return learned.acting_inputs.within_lags(np.concatenate([known, np.repeat(known[-1:], missing, axis=0)]))[places]


def _rows(states: StateArray, n_rows: int) -> Float[np.ndarray, "time *state"]:
    return read_block(states, 0, n_rows).astype(np.float64)


def _newest(states: Shaped[np.ndarray, "rows *state"], mean: np.ndarray) -> Shaped[np.ndarray, "rows newest"]:
    return states.reshape(len(states), -1)[:, : len(mean)]


def image_forecasts(learned: KoopmanModel, oracle: Oracle, test: Trajectories, n_classes: int, reach: int) -> Results:
    """Forecast held-out images, whose labels follow each other in turn, `reach` lags ahead and back; read them."""
    images = test.flattened.reshape(-1, *test.state_shape)
    labels = np.concatenate(test.labels or ())
    oracle_accuracy = classification_accuracy(oracle.classify(images), labels)
    metrics: Metrics = {"oracle_accuracy": oracle_accuracy}
    steps, lag = [*range(-reach, 0), *range(1, reach + 1)], learned.spec.lag
    chosen = np.linspace(0, len(images) - 1, SHOWN_IMAGES).astype(int)
    accuracies, correct, shown = [], [], []
    for step, forecast in zip(steps, learned.expected(images, steps), strict=True):
        readings, true = oracle.classify(forecast), (labels + step * lag) % n_classes
        accuracies.append(classification_accuracy(readings, true))
        metrics[f"accuracy_step_{step}" if step > 0 else f"accuracy_step_minus_{-step}"] = accuracies[-1]
        correct.append(readings[chosen] == true[chosen])
        shown.append(forecast[chosen, 0])
    arrays: dict[str, Shaped[np.ndarray, ...]] = {
        "forecast_steps": np.array(steps),
        "forecast_accuracy": np.array(accuracies),
        "forecast_images": np.stack(shown),
        "given_images": images[chosen, 0],
        "forecast_correct": np.stack(correct),
        "oracle_accuracy": np.array(oracle_accuracy),
        "n_classes": np.array(n_classes),
        "eigenfunctions_test": learned.eigenfunctions(images),
        "labels_test": labels,
    }
    return Results(metrics, arrays, ("forecast_images", "accuracy_against_step", "eigenfunctions"))
