"""In which order the unknowns and the rows of the least-squares problem come, so that its triangular factor is banded.

Steps are the blocks of the unknowns. In time order a row touches neighbouring steps only. A periodic problem also ties
the last step to the first; folding the steps (0, T − 1, 1, T − 2, …) makes that row local again, and the band twice as
wide, where a border of low rank would break down whenever the open problem alone is singular.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Int

EQUATION, INITIAL, FORWARD, BACKWARD, CENTRAL, PERIODIC = range(6)
"""Kinds of rows: what is written at a step; the Taylor rows of the interval that starts there; its central row."""


@dataclass(frozen=True, eq=False)
class RowSchedule:
    """The order in which rows enter the factorisation.

    Args:
        position: of the block of every step.
        kind: of every group of rows.
        step: to which a group belongs.
        bandwidth: largest distance of two unknowns in one row.
    """

    position: Int[np.ndarray, " steps"]
    kind: Int[np.ndarray, " groups"]
    step: Int[np.ndarray, " groups"]
    bandwidth: int


@cache
def row_schedule(
    n_steps: int, n_states: int, order: int, initial_steps: int, central: bool, periodic: bool
) -> RowSchedule:
    """The schedule of a problem, which depends on its shape alone.

    Args:
        n_steps: T.
        n_states: D.
        order: K, the highest derivative.
        initial_steps: steps that have initial values.
        central: whether the top derivative is tied to central differences.
        periodic: whether the last step is tied to the first.
    """
    steps = np.arange(n_steps)
    position = np.where(2 * steps < n_steps, 2 * steps, 2 * (n_steps - 1 - steps) + 1) if periodic else steps
    groups: list[tuple[int, int, list[int]]] = [(EQUATION, t, [t]) for t in range(n_steps)]
    groups += [(INITIAL, t, [t]) for t in range(initial_steps)]
    groups += [(kind, t, [t, t + 1]) for t in range(n_steps - 1) for kind in (FORWARD, BACKWARD)]
    if central:
        groups += [(CENTRAL, t, [t - 1, t, t + 1]) for t in range(1, n_steps - 1)]
    if periodic:
        groups.append((PERIODIC, 0, [0, n_steps - 1]))
    groups.sort(key=lambda group: (int(position[group[2]].max()), group[0]))
    width = n_states * (order + 1)
    # within a Taylor row the orders differ by up to K; equation rows span one block
    distances = [
        np.ptp(position[touched]) * width + (0 if kind == PERIODIC else order if len(touched) == 2 else 1)
        for kind, _, touched in groups
        if len(touched) > 1
    ]
    return RowSchedule(
        position.astype(np.int64),
        np.array([kind for kind, _, _ in groups], dtype=np.int64),
        np.array([step for _, step, _ in groups], dtype=np.int64),
        int(max([width - 1, *distances])),
    )
