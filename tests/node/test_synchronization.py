from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.linalg import expm

from sciml_bench.core.errors import ConfigurationError, DataError, SolverError
from sciml_bench.node.synchronization import parameter_scan, synchronization
from sciml_bench.systems import Duffing, Lorenz63, OrdinaryDifferentialEquation

START = np.array([1.2, 2.1, 1.7])


@dataclass(frozen=True)
class Spiral(OrdinaryDifferentialEquation):
    """dx/dt = growth x − 2 y, dy/dt = 2 x + growth y."""

    growth: float = 0.3
    dim: ClassVar[int] = 2

    def _derivatives(self, t, components):
        x, y = components
        return self.growth * x - 2 * y, 2 * x + self.growth * y

    @property
    def matrix(self):
        return np.array([[self.growth, -2.0], [2.0, self.growth]])


@dataclass(frozen=True)
class Explosion(OrdinaryDifferentialEquation):
    """dx/dt = x², which reaches infinity at time 1/x(0)."""

    rate: float = 1.0
    dim: ClassVar[int] = 1

    def _derivatives(self, t, components):
        return (self.rate * components[0] * components[0],)


def lorenz_contraction(states, others, strength):
    """The slowest rate at which two coupled motions of Lorenz's system may approach, over all moments.

    Their difference e obeys de/dt = (J(m) − k) e with the Jacobian at their midpoint m, since the field is quadratic.
    """
    middle = (states + others) / 2
    jacobian = np.zeros((len(middle), 3, 3))
    x, y, z = middle.T
    jacobian[:, 0, 0], jacobian[:, 0, 1] = -10, 10
    jacobian[:, 1, 0], jacobian[:, 1, 1], jacobian[:, 1, 2] = 28 - z, -1, -x
    jacobian[:, 2, 0], jacobian[:, 2, 1], jacobian[:, 2, 2] = y, x, -8 / 3
    return strength - np.linalg.eigvalsh((jacobian + jacobian.transpose(0, 2, 1)) / 2).max()


@pytest.mark.parametrize("per_component", [False, True])
def test_the_error_of_a_linear_system_decays_by_the_exponential_of_its_matrix(per_component):
    strengths = np.array([[0.0, 0.0], [0.5, 2.0], [4.0, 0.0]]) if per_component else np.array([0.0, 0.5, 4.0])
    times = np.linspace(0, 2, 9)
    driver, response = np.array([1.0, -0.5]), np.array([0.0, 2.0])
    result = synchronization(Spiral(), driver, response, strengths, times)
    for row, strength in enumerate(strengths):
        damped = Spiral().matrix - np.diag(np.broadcast_to(strength, 2))
        expected = np.stack([expm(damped * t) @ (response - driver) for t in times])
        np.testing.assert_allclose(result.responses[row] - result.driver, expected, atol=1e-8)
        np.testing.assert_allclose(result.errors[row], np.linalg.norm(expected, axis=1), atol=1e-8)
    np.testing.assert_allclose(result.driver, [expm(Spiral().matrix * t) @ driver for t in times], atol=1e-8)
    assert result.coupling_strengths.shape == (3, 2)


def test_chaotic_motions_meet_under_a_strong_coupling_and_never_without():
    times, strength = np.linspace(0, 4, 401), 40.0
    result = synchronization(Lorenz63(), START, np.array([-5.0, 5.0, 20.0]), [0, strength], times)
    rate = lorenz_contraction(result.driver, result.responses[1], strength)
    assert rate > 5
    resolved = result.errors[1] > 1e-9
    assert resolved.sum() > 20
    assert (result.errors[1] <= 1.001 * result.errors[1, 0] * np.exp(-rate * times))[resolved].all()
    assert result.errors[1, -1] < 1e-9
    assert result.errors[0].min() > 1
    np.testing.assert_allclose(result.driver[:200], Lorenz63().reference(START, times)[:200], atol=1e-6)


def test_coupling_one_component_of_lorenz_is_enough():
    times = np.linspace(0, 10, 51)
    strengths = np.array([[30.0, 0.0, 0.0], [0.0, 0.0, 30.0]])
    result = synchronization(Lorenz63(), START, START * [-1, -1, 1], strengths, times)
    assert result.errors[0, -1] < 1e-5  # x drives y and z (Pecora and Carroll)
    # z does not: it is the same in both motions, which turn about its axis by half a turn.
    np.testing.assert_allclose(result.errors[1], 2 * np.hypot(result.driver[:, 0], result.driver[:, 1]))


def test_a_driven_system_is_followed_at_the_same_phase():
    system, times = Duffing(driving_amplitude=0.4), np.linspace(0, 10, 21)
    result = synchronization(system, np.array([0.1, 0.0]), np.array([-1.0, 0.5]), [5.0], times)
    np.testing.assert_allclose(result.driver, system.reference(np.array([0.1, 0.0]), times), atol=1e-7)
    assert result.errors[0, -1] < 1e-9


def spline(times, states):
    return CubicSpline(times, states, bc_type="natural")


def test_the_scanned_loss_is_that_of_each_system_solved_alone():
    times = np.array([0.0, 0.1, 0.15, 0.3, 0.5, 0.6])
    states = Lorenz63().reference(START, times) + 0.1
    guide, values, strengths = spline(times, states), np.array([20.0, 28.0, 33.0]), np.array([0.0, 6.0])
    scan = parameter_scan(
        Lorenz63(), "rayleigh_number", values, times, states, guide, strengths, steps_per_interval=100
    )
    for i, k in enumerate(strengths):
        for j, rho in enumerate(values):

            def coupled(t, u, k=k, rho=rho):
                x, y, z = u
                return np.array([10 * (y - x), x * (rho - z) - y, x * y - 8 / 3 * z]) - k * (u - guide(t))

            alone = solve_ivp(coupled, (0, 0.6), states[0], "DOP853", times, rtol=1e-10, atol=1e-10).y.T
            assert scan.losses[i, j] == pytest.approx(np.mean((alone - states) ** 2), rel=1e-6)


def test_a_linear_system_is_scanned_to_its_closed_form():
    times = np.linspace(0, 1, 6)
    states = np.stack([expm(Spiral(0.3).matrix * t) @ [1.0, 0.0] for t in times])
    values = np.array([-0.5, 0.3, 1.0])
    scan = parameter_scan(Spiral(), "growth", values, times, states, lambda t: np.zeros((len(t), 2)), [0.0, 1.5])
    for i, k in enumerate([0.0, 1.5]):  # a guide at rest only damps
        for j, growth in enumerate(values):
            motion = np.stack([expm((Spiral(growth).matrix - k * np.eye(2)) * t) @ [1.0, 0.0] for t in times])
            assert scan.losses[i, j] == pytest.approx(np.mean((motion - states) ** 2), abs=1e-7)


def test_coupling_takes_the_ruggedness_from_the_loss_of_a_chaotic_system():
    times = np.linspace(0, 6, 61)
    states = Lorenz63().reference(START, times)
    values = np.linspace(20, 45, 126)
    scan = parameter_scan(Lorenz63(), "rayleigh_number", values, times, states, spline(times, states), (0, 10))
    inner = scan.losses[:, 1:-1]
    n_minima = ((inner < scan.losses[:, :-2]) & (inner < scan.losses[:, 2:])).sum(axis=1)
    assert n_minima[0] > 5
    assert n_minima[1] == 1
    np.testing.assert_allclose(values[scan.losses.argmin(axis=1)], 28, atol=0.21)


def test_a_motion_that_escapes_leaves_the_others_alone():
    times, states = np.linspace(0, 1, 5), np.ones((5, 1))
    scan = parameter_scan(Explosion(), "rate", np.array([0.0, 5.0]), times, states, lambda t: np.ones((len(t), 1)))
    assert scan.losses[0, 0] == 0
    assert not np.isfinite(scan.losses[0, 1])


@dataclass(frozen=True)
class Threshold(Spiral):
    """A system whose equations ask questions of their parameter."""

    def _derivatives(self, t, components):
        return super()._derivatives(t, components) if max(float(np.ravel(self.growth)[0]), 0) > 0 else components


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"parameter": "rho"}, ConfigurationError, "parameter=rho: Lorenz63 has no such .* one of prandtl_number"),
        ({"values": np.array([28.0, -1.0])}, ConfigurationError, r"rayleigh_number = -1\.0"),
        ({"coupling_strengths": (0, -1)}, ConfigurationError, r"coupling_strengths=\[0, -1\]"),
        ({"coupling_strengths": np.ones((2, 2))}, ConfigurationError, "rows of 3, one number for each component"),
        ({"coupling_strengths": ()}, ConfigurationError, "coupling_strengths"),
        ({"coupling_strengths": (1000,)}, ConfigurationError, "steps_per_interval=20: .* take at least 38"),
        ({"steps_per_interval": 0}, ConfigurationError, "steps_per_interval=0"),
        ({"times": np.array([0.0, 0.2, 0.1])}, DataError, "finite and increasing"),
        ({"states": np.full((3, 3), np.nan)}, DataError, "states: they must be finite"),
        ({"states": np.ones((2, 3))}, DataError, "2 states at 3 times"),
        ({"guide": lambda t: np.ones(len(t))}, DataError, "guide: it returned the shape"),
    ],
)
def test_scans_that_make_no_sense_are_refused(arguments, error, message):
    usual = {
        "system": Lorenz63(),
        "parameter": "rayleigh_number",
        "values": np.array([28.0]),
        "times": np.array([0.0, 0.1, 0.2]),
        "states": np.ones((3, 3)),
        "guide": lambda t: np.ones((len(t), 3)),
    }
    with pytest.raises(error, match=message):
        parameter_scan(**usual | arguments)


def test_a_system_that_cannot_take_a_batch_of_parameters_is_refused():
    with pytest.raises(ConfigurationError, match="equations of Threshold do not take it as an array"):
        parameter_scan(
            Threshold(),
            "growth",
            np.array([1.0, -1.0]),
            np.array([0.0, 1.0]),
            np.ones((2, 2)),
            lambda t: np.ones((len(t), 2)),
        )


def test_a_driver_that_escapes_is_reported_with_its_time():
    with pytest.raises(SolverError, match=r"synchronization of Explosion: the integration broke down after time 0\.9"):
        synchronization(Explosion(), np.array([1.0]), np.array([0.5]), [1.0], np.array([0.0, 0.9, 1.5]))
    with pytest.raises(DataError, match="states: they must be finite"):
        synchronization(Explosion(), np.array([np.nan]), np.array([0.5]), [1.0], np.array([0.0, 0.9]))
