"""Learning rates step by step, against their formulas and torch's own schedulers."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.schedules import ConstantRate, CosineDecay, ExponentialDecay, HalvedOnPlateau, OneCycle

N = 40


def rates(schedule, n_steps=N):
    return np.array([schedule.rate(0.3, step, n_steps) for step in range(n_steps)])


def of_torch(make):
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], 0.3)
    scheduler, found = make(optimizer), []
    for _ in range(N):
        found.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"][0]))
        optimizer.step()
        scheduler.step()
    return np.array(found).T


def test_a_constant_rate_stays():
    np.testing.assert_array_equal(rates(ConstantRate()), 0.3)
    assert ConstantRate().momentum(3, N) is None


def test_a_cosine_falls_from_the_learning_rate_towards_zero():
    expected, _ = of_torch(lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, N))
    np.testing.assert_allclose(rates(CosineDecay()), expected, rtol=1e-9)
    assert CosineDecay().rate(0.3, N, N) == CosineDecay().rate(0.3, N + 5, N) == 0.0


def test_cycles_begin_again_at_the_learning_rate():
    found = rates(CosineDecay(cycles=4))
    np.testing.assert_allclose(found.reshape(4, 10), np.tile(rates(CosineDecay(), 10), (4, 1)), rtol=1e-12)


def test_cycles_with_steps_in_the_middle_of_their_intervals_begin_again_as_well():
    found = rates(CosineDecay(cycles=4, midpoint=True))
    np.testing.assert_allclose(found.reshape(4, 10), np.tile(rates(CosineDecay(midpoint=True), 10), (4, 1)), rtol=1e-12)


def test_a_warm_up_rises_linearly_to_the_cosine():
    found, free = rates(CosineDecay(warm_up=0.25)), rates(CosineDecay())
    np.testing.assert_allclose(found[:11], free[:11] * np.arange(11) / 10, rtol=1e-12)
    np.testing.assert_array_equal(found[10:], free[10:])


def test_steps_in_the_middle_of_their_intervals_are_never_idle():
    found = rates(CosineDecay(midpoint=True))
    np.testing.assert_allclose(found, 0.15 * (1 + np.cos(np.pi * (np.arange(N) + 0.5) / N)), rtol=1e-12)


def test_an_exponential_decay_is_a_geometric_path_to_its_end():
    found = rates(ExponentialDecay(1e-2))
    np.testing.assert_allclose(found[1:] / found[:-1], 0.01 ** (1 / N), rtol=1e-9)
    assert np.sqrt(found[0] * found[-1]) == pytest.approx(0.3 * np.sqrt(0.01))


def test_one_cycle_is_that_of_torch_in_rate_and_momentum():
    expected, momenta = of_torch(lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.3, N + 1))
    schedule = OneCycle()
    found = [schedule.rate(0.3, step, N + 1) for step in range(N)]
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose([schedule.momentum(step, N + 1) for step in range(N)], momenta, rtol=1e-9)


def test_a_plateau_lowers_the_rate_after_its_patience_and_a_resumed_one_goes_on():
    schedule, factors = HalvedOnPlateau(patience=2, decrease=0.5), []
    for value in (3.0, 2.0, 2.0, 2.5, 1.0, 1.0, 1.0, 1.0):
        schedule.observe(value)
        factors.append(schedule.rate(1.0, 0, N))
    assert factors == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]
    resumed = HalvedOnPlateau(patience=2)
    resumed.load_state_dict(schedule.state_dict())
    resumed.observe(1.0)
    assert resumed.rate(1.0, 0, N) == 0.125


@pytest.mark.parametrize("decrease", [1, 1.5, 0, -0.5])
def test_a_plateau_that_would_not_lower_the_rate_is_refused(decrease):
    with pytest.raises(ConfigurationError, match=rf"schedule\.decrease={decrease}: give a positive number below 1"):
        HalvedOnPlateau(decrease=decrease)


def test_values_out_of_range_are_refused():
    for bad in (lambda: CosineDecay(cycles=0), lambda: HalvedOnPlateau(patience=0), lambda: ExponentialDecay(-1)):
        with pytest.raises(ConfigurationError, match=r"schedule\."):
            bad()
