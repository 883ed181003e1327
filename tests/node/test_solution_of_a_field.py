import numpy as np
import pytest
import torch

from sciml_bench.core.errors import SolverError
from sciml_bench.node import Solution

TIMES = np.array([[0.0, 1.0, 2.0], [5.0, 6.0, 7.0]])


def states(members=()):
    return torch.ones((*members, 2, 3, 2), dtype=torch.float64)


def test_finite_states_are_a_solution():
    solution = Solution(TIMES, states(), 12)
    assert solution.require_finite("try") is solution
    assert solution.error_estimate is None


def test_large_states_whose_sum_overflows_are_one_too():
    solution = Solution(TIMES, 1e308 * states(), 12)
    assert solution.require_finite("try") is solution


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("members", [(), (3,)])
def test_the_error_names_the_last_good_time_the_state_there_and_the_remedy(value, members):
    broken = states(members)
    broken[..., 1, 1, :] = torch.tensor([3.0, 4.0])
    broken[..., 1, 2, 0] = value
    with pytest.raises(SolverError, match=r"after time 6 of 7, where the norm of the state was 5; drink tea"):
        Solution(TIMES, broken, 12).require_finite("drink tea")


def test_states_that_are_broken_from_the_start_are_named_too():
    with pytest.raises(SolverError, match="after time 0 of 2"):
        Solution(TIMES, states() * torch.nan, 12).require_finite("try")
