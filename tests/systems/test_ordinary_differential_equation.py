from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torchdiffeq import odeint

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.systems import (
    DoublePendulum,
    Duffing,
    Lorenz63,
    LotkaVolterra,
    OrdinaryDifferentialEquation,
    Robertson,
    VanDerPol,
)

EQUATIONS = [
    Duffing(driving_amplitude=0.4),
    Lorenz63(),
    LotkaVolterra(),
    DoublePendulum(),
    VanDerPol(5.0),
    Robertson(),
]


def name_of(system):
    return type(system).__name__


@dataclass(frozen=True)
class Explosion(OrdinaryDifferentialEquation):
    """dx/dt = x², which reaches infinity at time 1/x(0)."""

    dim: ClassVar[int] = 1

    def _derivatives(self, t, components):
        return (components[0] * components[0],)


@dataclass(frozen=True)
class FastAndSlow(OrdinaryDifferentialEquation):
    """dx/dt = −x, dy/dt = 1e8 (x − y): y follows x closer than an explicit integrator could."""

    dim: ClassVar[int] = 2
    is_stiff: ClassVar[bool] = True
    default_time_step: ClassVar[float] = 0.1
    default_burn_in: ClassVar[float] = 0.0
    initial_deviation: ClassVar[tuple[float, ...]] = (0.1, 0.1)

    @property
    def default_initial_state(self):
        return np.array([1.0, 3.0])

    def _derivatives(self, t, components):
        x, y = components
        return -x, 1e8 * (x - y)

    @staticmethod
    def solution(start, t):
        ratio, fast = 1e8 / (1e8 - 1), np.exp(-1e8 * t)
        return np.stack([start[0] * np.exp(-t), start[1] * fast + start[0] * ratio * (np.exp(-t) - fast)], axis=-1)


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


@pytest.mark.parametrize(
    ("system", "start", "end"),
    [
        (Duffing(driving_amplitude=0.4), [0.3, 0.9], 6.0),
        (Lorenz63(), [1.2, 2.1, 1.7], 3.0),
        (LotkaVolterra(), [0.44249296, 4.6280594], 6.0),
        (DoublePendulum(), [-1.13, -1.30, -0.54, -6.16], 1.0),
        (VanDerPol(5.0), [2.0, 0.0], 4.0),
    ],
    ids=lambda value: name_of(value) if isinstance(value, OrdinaryDifferentialEquation) else "",
)
def test_the_torch_vector_field_integrated_by_torchdiffeq_is_the_reference(system, start, end):
    t = torch.linspace(0, end, 7, dtype=torch.float64)
    start = torch.tensor(start, dtype=torch.float64)
    # Its steps end at the times asked for: between them it would interpolate.
    states = odeint(system.vector_field, start, t, method="dopri8", rtol=1e-11, atol=1e-11, options={"step_t": t})
    np.testing.assert_allclose(states.numpy(), system.reference(start.numpy(), t.numpy()), atol=1e-7)


@pytest.mark.parametrize(("system", "end"), [(VanDerPol(100), 90.0), (Robertson(), 40.0)])
def test_the_torch_vector_field_of_a_stiff_system_integrated_by_lsoda_is_the_reference(system, end):
    t, start = np.linspace(0, end, 7), system.default_initial_state

    def field(t, x):
        return system.vector_field(t, torch.from_numpy(x)).numpy()

    other = solve_ivp(field, (0, end), start, method="LSODA", t_eval=t, rtol=1e-11, atol=1e-15).y.T
    np.testing.assert_allclose(system.reference(start, t), other, atol=1e-7)


@pytest.mark.parametrize("system", EQUATIONS, ids=name_of)
def test_vector_field_is_differentiable_in_the_state(system):
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.uniform(0.1, 1, (2, system.dim)), requires_grad=True)
    # Absolute errors of finite differences are those of rounding, which the fast reactions enlarge.
    scale = float(system.vector_field(0.3, x).detach().abs().max())
    assert torch.autograd.gradcheck(lambda z: system.vector_field(0.3, z) / scale, x, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("system", EQUATIONS, ids=name_of)
def test_the_jacobian_is_that_of_central_differences_for_every_state_of_a_batch(system):
    x, h = np.random.default_rng(1).uniform(0.1, 1, (3, 2, system.dim)), 1e-5

    def field(x):
        return system.vector_field(0.3, torch.from_numpy(x)).numpy()

    differences = np.stack([(field(x + h * e) - field(x - h * e)) / (2 * h) for e in np.eye(system.dim)], axis=-1)
    with torch.inference_mode():
        jacobian = system.jacobian(0.3, x)
    assert jacobian.shape == (3, 2, system.dim, system.dim)
    np.testing.assert_allclose(jacobian, differences, atol=1e-7 * np.abs(differences).max())


def test_a_stiff_system_is_integrated_and_sampled_as_accurately_as_its_closed_form_tells():
    system, t = FastAndSlow(), np.array([0.0, 1e-9, 1e-8, 1e-7, 0.1, 1.0, 5.0])
    start = np.array([1.0, 3.0])
    np.testing.assert_allclose(system.reference(start, t), system.solution(start, t), rtol=1e-9)
    states = system.sample(11, seed=0, n_trajectories=3)
    assert not np.allclose(states[0, 0], states[1, 0])
    for path in states:
        np.testing.assert_allclose(path, system.solution(path[0], 0.1 * np.arange(11)), rtol=1e-7)


@pytest.mark.parametrize(
    ("start", "times", "message"),
    [
        ([1.0, 2.0], [0.0, 1.0], r"x0 has shape \(2,\): give \(..., 3\)"),
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
