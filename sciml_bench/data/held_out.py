"""What a forecaster is asked: the past that it is given and the future that it is scored on, from parts of a record.

Given rows never count as predictions. Where a record is split by time, the past is everything before the test part;
where whole trajectories are held out, it is as many of their first rows as the method needs.
"""

import functools
import logging

import numpy as np

from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.reading import tell_left_out
from sciml_bench.data.record import Record
from sciml_bench.data.regular_clock import keeps_step, whole_steps
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.split import TIME
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import PaddedTrajectories

log = logging.getLogger(__name__)


def past_and_future(record: Record, past_length: int) -> tuple[Trajectories, Trajectories] | None:
    """The past and the future of the test part; None where there is no test part, or nothing left of it to forecast.

    Args:
        record: loaded.
        past_length: rows that the method needs.
    """
    parts = record.splits
    if "test" not in parts:
        return None
    test = parts["test"]
    if record.split_by == TIME:
        past = functools.reduce(Trajectories.joined_in_time, [part for part in parts.values() if part is not test])
        return _where_inputs_are_known(past.filled(), test) if min(past.lengths) >= past_length else None
    long_enough = [number for number, length in enumerate(test.lengths) if length > past_length]
    tell_left_out(test, long_enough, f"the forecast, which is given {past_length} rows and needs one more")
    if not long_enough:
        return None
    chosen = test.select(trajectories=long_enough)
    past, future = chosen.select(time=slice(0, past_length)), chosen.select(time=slice(past_length, None))
    return _where_inputs_are_known(past.filled(), future)


def _where_inputs_are_known(past: Trajectories, future: Trajectories) -> tuple[Trajectories, Trajectories] | None:
    """The future up to the first gap, across which nobody knows what acts; all of it where nothing does."""
    if future.inputs is None:
        return past, future
    whole = past.joined_in_time(future)
    ends = [
        next(edge for edge in whole.edges(number) if edge >= max(1, length)) - length
        for number, length in enumerate(past.lengths)
    ]
    if (known := sum(ends)) < future.n_states:
        log.info("the forecast ends at a gap, within which no input is known: %d of %d rows", known, future.n_states)
    return (past, future.select(time=[slice(0, end) for end in ends])) if min(ends) > 0 else None


def up_to_gaps(past: Trajectories, future: Trajectories, n_rows: int) -> Trajectories | None:
    """The future up to the first missing row of each trajectory, as far as a method in discrete time can be scored.

    None where a row is missing among the last `n_rows` of the past, from which the method goes on, or right after them.
    """
    reached = []
    for number, length in enumerate(past.lengths):
        given, ahead = past.times_of(number)[max(0, length - n_rows) :], future.times_of(number)
        clock = np.concatenate([given, ahead])
        whole = np.ones(len(clock) - 1) if keeps_step(clock, past.time_step) else whole_steps(clock, past.time_step)
        steps = np.diff(clock) / past.time_step
        gaps = np.flatnonzero(~np.isclose(steps, 1, rtol=1e-2, atol=0) if whole is None else whole != 1)
        reached.append(len(ahead) if len(gaps) == 0 else int(gaps[0]) - len(given) + 1)
    return future.select(time=[slice(0, rows) for rows in reached]) if min(reached) > 0 else None


def end_of(record: Record, n_rows: int) -> Trajectories:
    """The last rows of a record, after which a forecast without a given past begins, in memory.

    Args:
        record: loaded; where whole trajectories are held out, the ends are those of the last part.
        n_rows: of every trajectory, or as many as there are.
    """
    parts = list(record.splits.values())
    whole = functools.reduce(Trajectories.joined_in_time, parts) if record.split_by == TIME else parts[-1]
    return filled_tail(whole, n_rows)


def filled_tail(whole: Trajectories, n_rows: int) -> Trajectories:
    """The last rows, without gaps: where values are missing among them, it is told what stands there.

    Args:
        whole: trajectories.
        n_rows: of every trajectory, or as many as there are.
    """
    if whole.masked:
        ends = [read_block(part) for part in whole.tail(n_rows).states]
        rows = np.concatenate([np.isnan(end).reshape(len(end), -1) for end in ends])
        lacking = int(rows.any(axis=1).sum())
        if lacking:
            log.info("forecasts begin with the last %d rows; straight lines fill %d of them", len(rows), lacking)
    return whole.filled().tail(n_rows)


def shown_arrays(past: Trajectories, future: Trajectories | None) -> dict[str, np.ndarray]:
    """What pictures of trajectories begin with: `times`, `observed`, `window`, `clean` where known, and labels.

    `component_units` are there where they are known. The arrays have the axes (batch, time, …); shorter trajectories
    end in padding. `window` is 1 for rows of the past, which was learned from, 2 for rows of the future, if there are
    any, 0 for padding.
    """
    spec = RecordSpec.of(past)
    whole = PaddedTrajectories.of(past if future is None else past.joined_in_time(future))
    learned = np.arange(whole.times.shape[1]) < np.array(past.lengths)[:, None]
    arrays = {
        "times": whole.times,
        "observed": whole.states,
        "window": np.where(whole.rows, np.where(learned, 1, 2), 0),
        "component_names": np.array(spec.column_names),
        "time_unit": np.array(past.time_unit),
        **spec.unit_arrays,
    }
    return arrays if whole.clean is None else {**arrays, "clean": whole.clean}
