"""The order of rows and unknowns keeps the triangular factor banded."""

import numpy as np
import pytest

from sciml_bench.mechnn.linear_ode.row_schedule import CENTRAL, EQUATION, INITIAL, PERIODIC, row_schedule


def touched(kind: int, step: int, n_steps: int) -> list[int]:
    if kind in (EQUATION, INITIAL):
        return [step]
    if kind == CENTRAL:
        return [step - 1, step, step + 1]
    return [0, n_steps - 1] if kind == PERIODIC else [step, step + 1]


@pytest.mark.parametrize("n_steps", [2, 3, 8, 9])
@pytest.mark.parametrize("periodic", [False, True])
@pytest.mark.parametrize(("n_states", "order"), [(1, 1), (1, 3), (3, 2)])
def test_no_row_is_wider_than_the_band_and_rows_enter_in_order(n_steps, periodic, n_states, order):
    schedule = row_schedule(n_steps, n_states, order, 2, True, periodic)
    assert sorted(schedule.position) == list(range(n_steps))
    width, last = n_states * (order + 1), 0
    for kind, step in zip(schedule.kind, schedule.step, strict=True):
        blocks = schedule.position[touched(kind, step, n_steps)]
        # unknowns of one state, from the lowest derivative at the first step to the highest at the last, at most
        spread = np.ptp(blocks) * width + {PERIODIC: 0, CENTRAL: 1}.get(kind, order)
        assert spread <= schedule.bandwidth or len(blocks) == 1
        assert blocks.max() >= last
        last = blocks.max()


def test_every_row_is_there_once():
    schedule = row_schedule(6, 1, 2, 2, True, True)
    kinds, counts = np.unique(schedule.kind, return_counts=True)
    assert dict(zip(kinds.tolist(), counts.tolist(), strict=True)) == {0: 6, 1: 2, 2: 5, 3: 5, 4: 4, 5: 1}
    assert len(set(zip(schedule.kind.tolist(), schedule.step.tolist(), strict=True))) == len(schedule.kind)


def test_folding_makes_the_band_of_a_periodic_problem_independent_of_its_length():
    open_band = row_schedule(50, 1, 2, 1, True, False).bandwidth
    folded = [row_schedule(n_steps, 1, 2, 1, True, True).bandwidth for n_steps in (50, 500)]
    assert folded[0] == folded[1] <= 2 * open_band
