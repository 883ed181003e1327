import numpy as np
import pytest
import torch

from sciml_bench.systems import Lorenz63


def lorenz(state):
    x, y, z = np.moveaxis(state, -1, 0)
    return np.stack([10 * (y - x), 28 * x - y - x * z, x * y - 8 / 3 * z], axis=-1)


def runge_kutta(state, step, n_steps):
    for _ in range(n_steps):
        k1 = lorenz(state)
        k2 = lorenz(state + step / 2 * k1)
        k3 = lorenz(state + step / 2 * k2)
        k4 = lorenz(state + step * k3)
        state = state + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state


def test_vector_field_is_that_of_lorenz_on_any_leading_axes():
    state = np.random.default_rng(0).normal(scale=10, size=(4, 5, 3))
    field = Lorenz63().vector_field(0.0, torch.from_numpy(state))
    np.testing.assert_allclose(field.numpy(), lorenz(state), atol=1e-12)


def test_reference_agrees_with_another_integrator_of_hand_written_equations():
    start = np.array([[1.0, 1.0, 27.0], [-5.0, 3.0, 20.0]])
    reference = Lorenz63().reference(start, np.array([0.0, 0.5, 1.0]))
    assert reference.shape == (2, 3, 3)
    np.testing.assert_array_equal(reference[:, 0], start)
    np.testing.assert_allclose(reference[:, 2], runge_kutta(start, 2.5e-4, 4000), atol=1e-8)


def test_reference_agrees_with_another_integrator_over_the_window_of_the_paper():
    state = np.array([1.2, 2.1, 1.7])
    reference = Lorenz63().reference(state, np.linspace(0, 3, 31))
    for states in reference[10::10]:
        state = runge_kutta(state, 2.5e-4, 4000)
        np.testing.assert_allclose(states, state, atol=1e-6)


def test_reference_moves_along_the_vector_field():
    system, h = Lorenz63(), 1e-4
    states = system.reference(np.array([2.0, -3.0, 15.0]), np.array([0.0, 0.7 - h, 0.7, 0.7 + h]))
    field = system.vector_field(0.7, torch.from_numpy(states[2])).numpy()
    np.testing.assert_allclose((states[3] - states[1]) / (2 * h), field, rtol=1e-4, atol=1e-4)


def test_on_the_vertical_axis_motion_decays_exponentially():
    t = np.linspace(0, 2, 9)
    states = Lorenz63().reference(np.array([0.0, 0.0, 4.0]), t)
    np.testing.assert_allclose(states[:, 2], 4 * np.exp(-8 / 3 * t), atol=1e-10)
    np.testing.assert_array_equal(states[:, :2], 0)


def test_nothing_moves_in_the_fixed_points():
    system = Lorenz63()
    assert system.fixed_points.shape == (3, 3)
    np.testing.assert_allclose(lorenz(system.fixed_points), 0, atol=1e-12)
    assert Lorenz63(rayleigh_number=0.5).fixed_points.shape == (1, 3)


def test_phase_volume_shrinks_at_the_divergence():
    system = Lorenz63()
    state = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(lambda x: system.vector_field(0.0, x), state)
    assert float(torch.trace(jacobian)) == pytest.approx(system.divergence, abs=1e-12)
    assert system.divergence == pytest.approx(-41 / 3)


def test_turning_about_the_vertical_axis_is_a_symmetry():
    start, turn = np.array([3.0, 1.0, 20.0]), np.array([-1.0, -1.0, 1.0])
    t = np.linspace(0, 3, 7)
    np.testing.assert_allclose(Lorenz63().reference(start * turn, t), Lorenz63().reference(start, t) * turn, atol=1e-9)


def test_small_errors_grow_by_e_in_the_lyapunov_time():
    start = Lorenz63().sample(1, seed=0, n_trajectories=256)[:, 0]
    state = np.stack([start, start + 1e-8 * np.array([1.0, 0.0, 0.0])])
    growth, interval, n_intervals = 0.0, 0.5, 60
    for k in range(n_intervals):
        state = runge_kutta(state, 0.01, 50)
        separation = state[1] - state[0]
        distance = np.linalg.norm(separation, axis=-1, keepdims=True)
        state[1] = state[0] + separation * 1e-8 / distance
        if k >= 10:  # until then the errors turn into the growing direction
            growth += np.log(distance / 1e-8).mean()
    exponent = growth / (interval * (n_intervals - 10))
    assert 1 / Lorenz63().lyapunov_time == pytest.approx(exponent, abs=0.02)
    with pytest.raises(NotImplementedError, match=r"lyapunov_time .*rayleigh_number=25\.0.* is not known"):
        _ = Lorenz63(rayleigh_number=25.0).lyapunov_time


def test_samples_lie_on_the_attractor():
    states = Lorenz63().sample(500, seed=0, n_trajectories=10)
    assert states.shape == (10, 500, 3)
    # Mean and deviation of z on the attractor, by an independent long run.
    start = np.random.default_rng(0).normal(loc=(0, 0, 20), size=(200, 3))
    path = runge_kutta(start, 0.01, 2000)
    assert states[..., 2].mean() == pytest.approx(path[:, 2].mean(), abs=2.5)
    assert states[..., 2].min() > 0
    assert states[..., 2].max() < 55
