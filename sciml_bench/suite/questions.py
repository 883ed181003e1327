"""What a forecast task asks, for somebody who answers outside the suite."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.plain_types import PathType
from sciml_bench.core.stored.files import write_arrays
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories


@dataclass(frozen=True, eq=False)
class Questions:
    """The starts of a task.

    Args:
        past: given, one trajectory for each start, in the person's components.
        times: of the rows that are to be forecast.
        long_run_rows: to be forecast from the first start beside that, or None.
    """

    past: Trajectories
    times: Float[np.ndarray, "starts rows"]
    long_run_rows: int | None = None


def write_questions(path: PathType, asked: Questions, record: Record) -> None:
    """Everything that the methods of the suite are given, and nothing of what came.

    Args:
        path: of an `.npz` that gets `times` (starts, rows) of what is to be forecast, `past_states` (starts, past,
            *state) and `past_times` (starts, past), in which shorter pasts begin with nan, `train_states_<n>` and
            `train_times_<n>` of every training trajectory, the same of `validation`, `component_names`, `time_unit`
            and `long_run_rows`, 0 for none.
        asked: by the task.
        record: loaded.
    """
    observed, past = record.as_observed, asked.past
    longest = max(past.lengths)
    states = np.full((past.n_trajectories, longest, *past.state_shape), np.nan)
    times = np.full((past.n_trajectories, longest), np.nan)
    for number, length in enumerate(past.lengths):
        states[number, longest - length :] = read_block(past.states[number])
        times[number, longest - length :] = past.times_of(number)
    arrays: dict[str, Any] = {"times": asked.times, "past_states": states, "past_times": times}
    for name in ("train", "validation"):
        part = observed.splits.get(name)
        for number in range(0 if part is None else part.n_trajectories):
            arrays[f"{name}_states_{number}"] = read_block(observed.splits[name].states[number])
            arrays[f"{name}_times_{number}"] = observed.splits[name].times_of(number)
    arrays |= {"component_names": np.array(past.named_components), "time_unit": np.array(past.time_unit)}
    write_arrays(path, arrays | {"long_run_rows": np.array(asked.long_run_rows or 0)})
