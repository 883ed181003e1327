"""u′ = r: the block as an integrator, component by component."""

import numpy as np
import pytest
import torch

from sciml_bench.mechnn.linear_ode.integral import integral


@pytest.mark.parametrize("shared", [True, False])
def test_rates_are_integrated_from_the_start_of_each_problem_on_its_own_clock(shared):
    steps = torch.tensor([[0.1] * 20]) if shared else torch.tensor([[0.1] * 20, [0.05] * 20])
    times = torch.cat([torch.zeros(len(steps), 1), steps.cumsum(dim=1)], dim=1).double().expand(2, -1)
    frequencies = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)
    angles = times[..., None] * frequencies
    start = torch.arange(6, dtype=torch.float64).reshape(2, 3)
    found = integral(angles.cos(), start, steps.double(), 4)
    np.testing.assert_allclose(found, start[:, None] + angles.sin() / frequencies, atol=2e-4)


def test_one_step_and_one_start_hold_for_all():
    rates = torch.rand(3, 12, 2, dtype=torch.float64)
    whole = integral(rates, rates.new_zeros(3, 2), rates.new_full((3, 11), 0.2), 3)
    np.testing.assert_allclose(
        integral(rates, rates.new_zeros(1, 1), rates.new_full((1, 1), 0.2), 3), whole, atol=1e-10
    )
