from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.systems import Duffing, Lorenz63, OrdinaryDifferentialEquation


@dataclass(frozen=True)
class Explosion(OrdinaryDifferentialEquation):
    """dx/dt = x², which reaches infinity at time 1/x(0)."""

    dim: ClassVar[int] = 1

    def _derivatives(self, t, components):
        return (components[0] * components[0],)


def test_a_motion_that_escapes_to_infinity_is_reported_with_its_time_and_size():
    with pytest.raises(SolverError, match=r"Explosion: the integration broke down after time 0\.9 of 1\.5.*was 10"):
        Explosion().reference(np.array([1.0]), np.array([0.0, 0.9, 1.5]))


def test_one_dimensional_motion_follows_its_closed_form():
    t = np.linspace(0, 0.9, 10)
    np.testing.assert_allclose(Explosion().reference(np.array([1.0]), t)[:, 0], 1 / (1 - t), rtol=1e-10)


def test_trajectories_integrated_together_equal_those_integrated_alone():
    system = Duffing(driving_amplitude=0.4)
    together = system.sample(50, seed=0, n_trajectories=3, time_step=0.1)
    alone = system.reference(together[:, 0], 0.1 * np.arange(50))
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_burn_in_passes_before_the_first_sample_and_keeps_the_phase_of_the_drive():
    system = Duffing(driving_amplitude=0.4)
    start = system.sample(1, seed=0, burn_in=0.0)[0, 0]
    later = system.sample(5, seed=0, time_step=0.2, burn_in=3.0)[0]
    expected = system.reference(start, np.concatenate([[-3.0], 0.2 * np.arange(5)]))[1:]
    np.testing.assert_allclose(later, expected, atol=1e-6)


def test_samples_are_repeated_by_their_seed():
    first, again, other = (Lorenz63().sample(5, seed=seed, n_trajectories=2, burn_in=1) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_vector_field_is_differentiable_in_the_state():
    x = torch.tensor([0.5, -0.3], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: Duffing().vector_field(0.0, z), x)


@pytest.mark.parametrize(
    ("start", "times", "message"),
    [
        ([1.0, 2.0], [0.0, 1.0], "last axis must have the 3 components"),
        ([1.0, np.nan, 2.0], [0.0, 1.0], "x0 holds NaN or infinity"),
        ([1.0, 1.0, 1.0], [1.0, 0.0], "increasing times"),
        ([1.0, 1.0, 1.0], [0.0, np.inf], "increasing times"),
    ],
)
def test_states_and_times_that_cannot_be_integrated_are_refused(start, times, message):
    with pytest.raises(ConfigurationError, match=message):
        Lorenz63().reference(np.array(start), np.array(times))


@pytest.mark.parametrize("arguments", [{"n_steps": 0}, {"time_step": 0.0}, {"time_step": -1}, {"burn_in": -1.0}])
def test_a_sample_with_impossible_times_is_refused(arguments):
    with pytest.raises(ConfigurationError, match=next(iter(arguments))):
        Lorenz63().sample(**({"n_steps": 2, "seed": 0} | arguments))
