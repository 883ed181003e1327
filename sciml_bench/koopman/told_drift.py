"""Whether the data are long enough to show how states return, or whether these only drift."""

import math

import numpy as np

from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.reading import SHOWN_NAMES
from sciml_bench.data.trajectories import Trajectories

SLOWEST_WAVES = 3
"""Those with so many periods in the data, and fewer."""

DRIFTING = 0.5
"""Share of the variance in the slowest waves above which a component drifts: as of 95 % of random walks, and of 1 % of
the processes that are seen for fifty decay times."""

FEWEST_ROWS, MOST_ROWS, MOST_TRAJECTORIES, MOST_COMPONENTS = 50, 200_000, 4, 200
"""What a drift is looked for in: many trajectories show it among themselves, and images have too many components."""

MOST_BYTES = 2**25
"""Of the same; their waves and powers take three times as much."""


def told_drift(train: Trajectories, time_unit: str) -> str | None:
    """A warning where components mostly change as slowly as the data are long, as the centre of a molecule does.

    Of a random walk some four fifths of the variance lie in the three slowest waves of the data, of a process that is
    seen for fifty of its decay times a fifth.

    Args:
        train: what was learned from.
        time_unit: of its times.
    """
    long_enough = [states for states in train.states if states.shape[0] >= FEWEST_ROWS]
    if not long_enough or len(long_enough) > MOST_TRAJECTORIES or math.prod(train.state_shape) > MOST_COMPONENTS:
        return None
    slow, whole = np.zeros((2, math.prod(train.state_shape)))
    for states in long_enough:
        most = min(MOST_ROWS, max(FEWEST_ROWS, MOST_BYTES // (8 * len(slow))))
        rows = read_block(states, 0, min(states.shape[0], most)).reshape(-1, len(slow)).astype(np.float64)
        powers = np.abs(np.fft.rfft(rows - rows.mean(axis=0), axis=0)) ** 2
        slow, whole = slow + powers[: SLOWEST_WAVES + 1].sum(axis=0), whole + powers.sum(axis=0)
    shares = np.divide(slow, whole, out=np.zeros_like(slow), where=whole > 0)
    drifting = np.flatnonzero(shares > DRIFTING)
    if not len(drifting):
        return None
    names = [train.column_names[place] for place in drifting]
    told = ", ".join(names if len(names) <= SHOWN_NAMES else [*names[: SHOWN_NAMES - 1], f"… ({len(names)})"])
    length = max(train.time_at(number, -1) - train.time_at(number, 0) for number in range(train.n_trajectories))
    return (
        f"{told} drift: {shares[drifting].max():.0%} of the variance is in waves of a third of the {length:.4g} "
        f"{time_unit} of the training data and longer, so timescales of that length are those of the drift, or too "
        "little was seen; take out what only drifts (as a molecule's centre), or use data.difference=1"
    )
