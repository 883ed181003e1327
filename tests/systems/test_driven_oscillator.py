import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import DrivenOscillator

KINDS = {
    "harmonic": (1.0, 0.0, 0.0, 0.0),
    "driven beside its frequency": (1.0, 0.0, 0.7, 1.2),
    "underdamped": (2.0, 0.3, 1.0, 1.3),
    "critically damped": (1.5, 3.0, 1.0, 0.4),
    "overdamped": (1.0, 5.0, 0.6, 2.0),
    "pushed steadily": (1.3, 0.2, 0.9, 0.0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_closed_form_is_what_another_integrator_finds(kind):
    own, damping, amplitude, drive = KINDS[kind]

    def equation(t, state):
        return [state[1], amplitude * np.cos(drive * t) - damping * state[1] - own**2 * state[0]]

    times = np.linspace(0.4, 12.4, 61)
    starts = np.array([[0.0, 1.0], [-0.8, 0.3]])
    found = [solve_ivp(equation, (0.4, 12.4), x0, "DOP853", times, rtol=1e-12, atol=1e-13).y.T for x0 in starts]
    system = DrivenOscillator(*KINDS[kind])
    np.testing.assert_allclose(system.closed_form(starts, times), found, atol=1e-9)
    states = np.stack(found)
    derivatives = np.moveaxis(equation(times, np.moveaxis(states, -1, 0)), 0, -1)
    field = system.vector_field(torch.from_numpy(times), torch.from_numpy(states))
    np.testing.assert_allclose(field.numpy(), derivatives, atol=1e-12)


def test_u_plus_its_second_derivative_zero_is_a_sine():
    times = np.linspace(0, 25, 501)
    motion = DrivenOscillator().closed_form(np.array([0.0, 1.0]), times)
    np.testing.assert_allclose(motion, np.stack([np.sin(times), np.cos(times)], axis=-1), atol=1e-12)
    assert np.ptp(DrivenOscillator().energy(motion)) < 1e-12


def test_only_damping_lets_energy_go():
    times = np.linspace(0, 10, 101)
    energy = DrivenOscillator(2.0, 0.3).energy(DrivenOscillator(2.0, 0.3).closed_form(np.array([1.0, 0.0]), times))
    assert np.all(np.diff(energy) < 1e-12)
    assert energy[-1] < 0.1 * energy[0]


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"angular_frequency": 0}, "angular_frequency"),
        ({"damping_rate": -0.1}, "damping_rate"),
        ({"drive_amplitude": np.inf}, "drive_amplitude"),
        ({"drive_amplitude": 1.0, "drive_frequency": 1.0}, "drive_frequency"),
    ],
)
def test_bad_parameters_are_named(parameters, name):
    with pytest.raises(ConfigurationError, match=rf"DrivenOscillator\.{name}"):
        DrivenOscillator(**parameters)
