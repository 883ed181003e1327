"""What the picture of a field shows: truth, prediction and their difference over space and time."""

from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.data.common_task import CommonTaskRecord
from sciml_bench.data.common_task.protocol import FORECAST

_MOST = 256
"""Rows and points that are drawn: no more are told apart, and arrays.npz stays small."""


def shown_field(
    record: CommonTaskRecord, truth: Float[np.ndarray, "time points"], states: Float[np.ndarray, "time points"]
) -> dict[str, Any]:
    """The arrays of the picture `rollout`, evenly thinned; empty for a record without a grid.

    Args:
        record: loaded.
        truth: that was asked for.
        states: the prediction of it.
    """
    if record.spec.grid is None:
        return {}
    every, apart = (-(-size // _MOST) for size in truth.shape)
    begins = 1 if record.protocol.asked == FORECAST else 0
    shown = slice(None, None, every), slice(None, None, apart)
    return {
        "times": record.spec.time_step * (begins + np.arange(len(truth))[shown[0]]),
        "time_name": np.array("time since the last input" if begins else "time"),
        "time_unit": np.array(record.spec.time_unit),
        "reference": truth[shown][None].astype(np.float32),
        "prediction": states[shown][None].astype(np.float32),
        "grid": np.asarray(record.spec.grid)[shown[1]],
        "component_names": np.array(record.spec.component_names),
    }
