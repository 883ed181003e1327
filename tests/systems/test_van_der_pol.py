import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicHermiteSpline

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import VanDerPol


def equation(t, state, stiffness):
    return [state[1], stiffness * (1 - state[0] ** 2) * state[1] - state[0]]


def passes_upwards(t, state, stiffness):
    return state[0]


passes_upwards.direction = 1


def period_by_another_integrator(stiffness):
    span = (0.0, 3 * (7 + 2 * stiffness))
    solution = solve_ivp(
        equation, span, [2.0, 0.0], "LSODA", events=passes_upwards, args=(stiffness,), rtol=1e-9, atol=1e-12
    )
    return solution.t_events[0][1] - solution.t_events[0][0]


def test_vector_field_is_that_of_the_equation():
    x = torch.tensor([[0.5, -1.0], [2.0, 0.3]], dtype=torch.float64)
    expected = torch.tensor([[-1.0, -3 * 0.75 - 0.5], [0.3, -3 * 3 * 0.3 - 2]], dtype=torch.float64)
    torch.testing.assert_close(VanDerPol(3).vector_field(0.0, x), expected)


def test_the_stiff_reference_reaches_the_published_state():
    # Mazzia and Magherini, Test Set for Initial Value Problem Solvers, problem VDPOLM: y(2000) for mu = 1000.
    states = VanDerPol().reference(np.array([2.0, 0.0]), np.array([0.0, 2000.0]))
    np.testing.assert_allclose(states[1], [1.706167732170469, -0.8928097010248125e-3], rtol=1e-11)


def test_reference_and_samples_agree_with_an_explicit_integrator_where_friction_is_weak():
    system, t = VanDerPol(2.0), np.linspace(0, 4, 21)
    states = system.sample(21, seed=0, time_step=0.2)[0]
    other = solve_ivp(equation, (0, 4), states[0], "DOP853", t_eval=t, args=(2.0,), rtol=1e-12, atol=1e-12).y.T
    np.testing.assert_allclose(states, other, atol=1e-7)
    np.testing.assert_allclose(system.reference(states[0], t), other, atol=1e-9)


def test_weak_friction_leaves_the_period_and_amplitude_of_the_series_of_lindstedt():
    mu, t = 0.5, np.arange(30, 44, 0.01)
    states = VanDerPol(mu).reference(np.array([2.0, 0.0]), np.concatenate([[0.0], t]))[1:]
    path = CubicHermiteSpline(t, states[:, 0], states[:, 1])
    passages = path.roots(extrapolate=False)
    assert passages[2] - passages[0] == pytest.approx(2 * np.pi * (1 + mu**2 / 16 - 5 * mu**4 / 3072), rel=1e-5)
    assert np.abs(path(np.arange(30, 43.9, 0.001))).max() == pytest.approx(2 + mu**2 / 96, abs=3e-4)


@pytest.mark.parametrize("stiffness", [0.1, 1.0, 10.0, 1000])
def test_the_default_time_step_divides_a_period_into_some_hundred_samples(stiffness):
    n_samples = period_by_another_integrator(stiffness) / VanDerPol(stiffness).default_time_step
    assert 300 < n_samples < 450


def test_energy_changes_at_the_rate_of_friction():
    system, h = VanDerPol(1.5), 1e-4
    states = system.reference(np.array([0.5, 1.0]), np.array([0.0, 1.3 - h, 1.3, 1.3 + h]))
    energy = system.energy(states)
    assert (energy[3] - energy[1]) / (2 * h) == pytest.approx(system.energy_rate(states)[2], abs=1e-6)


@pytest.mark.parametrize("value", [0, -1.0, np.nan])
def test_a_stiffness_that_is_not_positive_is_named(value):
    with pytest.raises(ConfigurationError, match=r"VanDerPol\.stiffness = .*: give a"):
        VanDerPol(value)


def test_weak_friction_is_integrated_explicitly_to_the_same_motion(monkeypatch: pytest.MonkeyPatch):
    """The implicit integrator takes thirty times as long over it."""
    weak = VanDerPol(stiffness=3.0)
    assert not weak.is_stiff
    assert VanDerPol().is_stiff
    times = weak.default_time_step * np.arange(801)
    explicit = weak.reference(np.array([2.0, 0.0]), times)
    monkeypatch.setattr(VanDerPol, "is_stiff", property(lambda self: True))
    np.testing.assert_allclose(weak.reference(np.array([2.0, 0.0]), times), explicit, atol=1e-8)
