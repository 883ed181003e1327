"""The end of a record beside what was learned from it: where a forecast without a given past begins."""

import dataclasses
import json
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import TimeOrigin, Trajectories

_STATES, _TIMES, _INPUTS, _OBSERVED = "past.states.", "past.times.", "past.inputs.", "past.observed."
_ORIGINS = "past.time_origins"


def past_tensors(past: Trajectories | None) -> dict[str, torch.Tensor]:
    """States, times and inputs of every trajectory, and from when times count; nothing where there is no past."""
    if past is None:
        return {}
    parts = {_STATES: past.states, _TIMES: [past.times_of(number) for number in range(past.n_trajectories)]}
    parts |= {} if past.inputs is None else {_INPUTS: past.inputs}
    if past.observed is not None:
        parts[_OBSERVED] = past.observed.states
    tensors = {f"{name}{n}": torch.from_numpy(np.array(part)) for name in parts for n, part in enumerate(parts[name])}
    if past.time_origins is not None:
        text = json.dumps([dataclasses.asdict(origin) for origin in past.time_origins])
        tensors[_ORIGINS] = torch.tensor(list(text.encode()), dtype=torch.uint8)
    return tensors


def stored_past(tensors: Mapping[str, torch.Tensor], spec: RecordSpec) -> Trajectories | None:
    """What `past_tensors` gave, be it a single row of each trajectory; other tensors may stand among these.

    Raises:
        DataError: one of them is missing.
    """
    numbers = range(sum(name.startswith(_STATES) for name in tensors))
    if not numbers:
        return None
    try:
        names = (_STATES, _TIMES, *([_INPUTS] if spec.dim_in else []))
        states, times, *inputs = (tuple(tensors[f"{name}{n}"].numpy() for n in numbers) for name in names)
    except KeyError as error:
        raise DataError(f"the stored past has no {error}; repeat the run with force=true") from None
    # a container of two rows: the few of a past may be equal, which as data would be refused
    rows = np.stack([np.zeros(spec.state_shape), np.ones(spec.state_shape)])
    container = Trajectories((rows,), time_step=spec.time_step, time_unit=spec.time_unit)
    origins = bytes(tensors[_ORIGINS].tolist()) if _ORIGINS in tensors else b"[]"
    acting = {"input_names": spec.input_names, "input_interpolation": spec.input_interpolation} if inputs else {}
    past = container.unchecked(
        states=states,
        times=times,
        time_origins=tuple(TimeOrigin(**origin) for origin in json.loads(origins)) or None,
        component_names=spec.component_names,
        inputs=inputs[0] if inputs else None,
        **acting,
    )
    if spec.as_observed is spec or f"{_OBSERVED}0" not in tensors:
        return past
    own = tuple(tensors[f"{_OBSERVED}{n}"].numpy() for n in numbers)
    return past.unchecked(observed=past.unchecked(states=own, component_names=spec.as_observed.component_names))


_NEAR, _N_NEAR = 0.1, 64


def rows_near(spec: RecordSpec, past: Trajectories | None, n_rows: int) -> Float[np.ndarray, "batch rows *state"]:
    """Consecutive states about the end of a record, moved at random by a tenth of their deviation.

    Args:
        spec: of the record.
        past: its last rows; without them (or with too few) states are drawn about the mean.
        n_rows: of each of the 64 pieces.
    """
    drawn = np.random.default_rng(0).standard_normal((_N_NEAR, n_rows, *spec.state_shape)) * spec.deviation
    known = () if past is None else past.states
    parts = [read_block(part, part.shape[0] - n_rows, part.shape[0]) for part in known if part.shape[0] >= n_rows]
    if not parts:
        return spec.mean + drawn
    return np.resize(np.stack(parts), drawn.shape) + _NEAR * drawn
