"""The states behind noisy observations, by what was learned of where every state goes next."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import NotApplicableError
from sciml_bench.data.capabilities import require_past
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.systems.numerics.path_smoothing import smoothed_path

MOST_COMPONENTS = 20
"""Of a state: what is solved has the square of that per row."""

NextRows = Callable[[int, Float[np.ndarray, "rows *state"]], Float[np.ndarray, "rows *state"]]
"""Of a trajectory, by its number: where states at all rows but the last are when the next ones are observed."""


def reconstructed(
    observed: Trajectories, spec: RecordSpec, next_rows: NextRows, any_clock: bool = False
) -> list[Float[np.ndarray, "_ *state"]]:
    """The likeliest states of every trajectory, the components in deviations of the record.

    Args:
        observed: noise included.
        spec: of the record that was learned from.
        next_rows: what was learned.
        any_clock: whether it steps as far as the rows are apart.

    Raises:
        DataError: other states, or another clock.
        NotApplicableError: states of too many components.
    """
    require_past(observed, spec, 1, any_clock)
    if math.prod(spec.state_shape) > MOST_COMPONENTS:
        raise NotApplicableError(f"states of more than {MOST_COMPONENTS} components are not reconstructed")
    mean, deviation = (np.broadcast_to(part, spec.state_shape).ravel() for part in (spec.mean, spec.deviation))
    told = []
    for number, part in enumerate(observed.states):
        rows = read_block(part).astype(np.float64).reshape(part.shape[0], -1)

        def step(scaled: np.ndarray, number: int = number) -> np.ndarray:
            states = (mean + deviation * scaled).reshape(-1, *spec.state_shape)
            return (next_rows(number, states).reshape(scaled.shape) - mean) / deviation

        path = smoothed_path((rows - mean) / deviation, step)
        told.append((mean + deviation * path).reshape(part.shape))
    return told
