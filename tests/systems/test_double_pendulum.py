import numpy as np
import pytest
import sympy
import torch
from scipy.integrate import solve_ivp
from scipy.special import ellipk

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import DoublePendulum

PARAMETERS = {"mass_1": 1.3, "mass_2": 0.6, "length_1": 0.8, "length_2": 1.1, "gravity": 9.7}


@pytest.fixture(scope="module")
def mechanics():
    """Accelerations and energy from the positions of the two masses and Lagrange's equations, by computer algebra."""
    time = sympy.Symbol("t")
    angles = [sympy.Function(name)(time) for name in ("a", "b")]
    m1, m2, l1, l2, g = (sympy.Float(value, 30) for value in PARAMETERS.values())
    upper = sympy.Matrix([l1 * sympy.sin(angles[0]), -l1 * sympy.cos(angles[0])])
    lower = upper + sympy.Matrix([l2 * sympy.sin(angles[1]), -l2 * sympy.cos(angles[1])])
    kinetic = sum(m * position.diff(time).dot(position.diff(time)) / 2 for m, position in ((m1, upper), (m2, lower)))
    potential = g * (m1 * upper[1] + m2 * lower[1])
    lagrangian = kinetic - potential
    balance = [lagrangian.diff(angle.diff(time)).diff(time) - lagrangian.diff(angle) for angle in angles]
    plain = sympy.symbols("theta1 theta2 omega1 omega2 alpha1 alpha2")
    replaced = [angle.diff(time, order) for order in (2, 1) for angle in angles] + angles
    ordered = [plain[4], plain[5], plain[2], plain[3], plain[0], plain[1]]
    exchange = list(zip(replaced, ordered, strict=True))
    balance = [equation.subs(exchange) for equation in balance]
    mass = sympy.Matrix(balance).jacobian(plain[4:])
    rest = -sympy.Matrix(balance).subs({plain[4]: 0, plain[5]: 0})
    numeric = {
        name: sympy.lambdify(plain[:4], value, "numpy")
        for name, value in (("mass", mass), ("rest", rest), ("energy", (kinetic + potential).subs(exchange)))
    }

    def field(state):
        return np.concatenate([state[2:], np.linalg.solve(numeric["mass"](*state), numeric["rest"](*state))[:, 0]])

    return field, lambda state: float(numeric["energy"](*state))


def random_states(n):
    return np.random.default_rng(0).normal(scale=(2, 2, 5, 5), size=(n, 4))


def test_accelerations_follow_from_lagranges_equations(mechanics):
    states = random_states(20)
    expected = np.stack([mechanics[0](state) for state in states])
    system = DoublePendulum(**PARAMETERS)
    field = system.vector_field(0.0, torch.from_numpy(states.reshape(4, 5, 4))).numpy()
    np.testing.assert_allclose(field.reshape(20, 4), expected, rtol=1e-10, atol=1e-10)


def test_floats_arrays_and_tensors_are_moved_alike():
    system, states = DoublePendulum(), random_states(3)
    by_tensor = system.vector_field(0.0, torch.from_numpy(states)).numpy()
    np.testing.assert_allclose(np.stack(system._derivatives(0.0, tuple(states.T)), axis=-1), by_tensor, rtol=1e-12)
    np.testing.assert_allclose([system._derivatives(0.0, tuple(row)) for row in states.tolist()], by_tensor, rtol=1e-12)


def test_energy_is_kinetic_plus_potential_energy_of_the_two_masses(mechanics):
    states = random_states(20)
    np.testing.assert_allclose(
        DoublePendulum(**PARAMETERS).energy(states), [mechanics[1](state) for state in states], rtol=1e-12
    )


def test_reference_agrees_with_another_integrator_of_lagranges_equations(mechanics):
    start, t = np.array([1.5, -0.4, 0.3, 2.0]), np.linspace(0, 4, 41)
    other = solve_ivp(lambda _, state: mechanics[0](state), (0, 4), start, "LSODA", t, rtol=1e-12, atol=1e-12).y.T
    np.testing.assert_allclose(DoublePendulum(**PARAMETERS).reference(start, t), other, atol=1e-7)


def test_energy_drifts_by_less_than_1e_8_along_the_reference():
    system = DoublePendulum()
    energy = system.energy(system.reference(system.default_initial_state, np.linspace(0, 5, 251)))
    assert np.ptp(energy) / abs(energy[0]) < 1e-8


def test_under_a_negligible_lower_mass_the_upper_one_swings_like_a_single_pendulum():
    system, amplitude = DoublePendulum(mass_1=1.0, mass_2=1e-13, length_1=0.5), 2.0
    period = 4 * np.sqrt(0.5 / 9.81) * ellipk(np.sin(amplitude / 2) ** 2)
    states = system.reference(np.array([amplitude, 0.0, 0.0, 0.0]), np.array([0.0, 0.25, 0.5, 1.0]) * period)
    np.testing.assert_allclose(states[:, 0], [amplitude, 0, -amplitude, amplitude], atol=1e-8)


def test_small_oscillations_turn_at_the_normal_frequencies():
    system, h = DoublePendulum(**PARAMETERS), 1e-6
    columns = [
        (system.vector_field(0.0, torch.tensor(h * e)) - system.vector_field(0.0, torch.tensor(-h * e))) / (2 * h)
        for e in np.eye(4)
    ]
    eigenvalues = np.linalg.eigvals(torch.stack(columns, dim=-1).numpy())
    np.testing.assert_allclose(eigenvalues.real, 0, atol=1e-6)
    np.testing.assert_allclose(np.sort(eigenvalues.imag)[2:], system.normal_frequencies, rtol=1e-8)


def test_the_slow_frequency_keeps_its_digits_under_a_light_upper_mass():
    # A massless joint in the middle leaves one pendulum of the whole length.
    slow = DoublePendulum(mass_1=1e-13, mass_2=1.0, length_1=0.3, length_2=0.2).normal_frequencies[0]
    assert slow == pytest.approx(np.sqrt(9.81 / 0.5), rel=1e-10)


def test_rods_that_hang_or_stand_at_rest_stay_there():
    points = DoublePendulum().fixed_points
    assert points.shape == (4, 4)
    field = DoublePendulum().vector_field(0.0, torch.from_numpy(points)).numpy()
    np.testing.assert_allclose(field, 0, atol=1e-12)


@pytest.mark.parametrize("name", ["mass_1", "mass_2", "length_1", "length_2", "gravity"])
@pytest.mark.parametrize("value", [0, -1.0, np.inf])
def test_masses_and_lengths_that_are_not_positive_are_named(name, value):
    with pytest.raises(ConfigurationError, match=rf"DoublePendulum\.{name} = .*: give a"):
        DoublePendulum(**{name: value})
