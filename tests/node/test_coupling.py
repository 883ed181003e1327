import numpy as np
import pytest
import torch
from node_cases import field_of, grids, initial_states, reference, right_hand_side
from scipy.interpolate import CubicSpline

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node import CoupledDynamics, SmoothingSpline, solve

OPTIONS = {
    "compiled": {"method": "compiled", "max_step": 0.02},
    "rk4": {"method": "rk4", "max_step": 0.02},
    "dopri5": {"method": "dopri5", "rtol": 1e-7, "atol": 1e-9},
}


def knots(times, dim, seed=0):
    return np.random.default_rng(seed).standard_normal((*times.shape, dim))


def coupled_to(field, times, values, strength, scale=1.0):
    dynamics = CoupledDynamics(field, [SmoothingSpline(t, v) for t, v in zip(times, values, strict=True)], strength)
    dynamics.scale = scale
    return dynamics


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("strength", [3, [1.0, 0.0, 7.5]])
def test_coupled_trajectories_agree_with_scipy_each_on_its_own_grid(options, strength):
    field, times, x0 = field_of("two_layers"), grids(3, 5), initial_states(3)
    values = knots(times, 3)
    states = solve(coupled_to(field, times, values, strength, 0.7), x0, times, **OPTIONS[options]).states
    free = right_hand_side("two_layers", field)
    for row in range(3):
        smooth = CubicSpline(times[row], values[row], bc_type="natural")

        def equations(t, x, smooth=smooth):
            return free(t, x) - 0.7 * np.array(strength) * (x - smooth(t))

        expected = reference(equations, x0[row].numpy(), times[row])
        np.testing.assert_allclose(states[row].detach(), expected, atol=1e-5)


def test_without_scale_the_dynamics_are_free():
    field, times, x0 = field_of("graybox"), grids(), initial_states(2)
    dynamics = coupled_to(field, times, knots(times, 2), 5, scale=0.0)
    for method in ("compiled", "rk4"):
        free, coupled = (solve(f, x0, times, method).states for f in (field, dynamics))
        torch.testing.assert_close(coupled, free, rtol=0, atol=1e-13)


def test_a_strong_pull_makes_the_dynamics_follow_the_data():
    field, x0 = field_of("blackbox"), initial_states(2)
    times = np.tile(np.linspace(0, 3, 31), (3, 1))
    values = np.stack([np.sin(times), np.cos(times)], axis=-1)
    distances = []
    for strength in (10.0, 100.0, 1000.0):
        dynamics = coupled_to(field, times, values, strength)
        states = solve(dynamics, x0, times, max_step=1 / strength).states.detach().numpy()
        distances.append(np.abs(states - values)[:, 10:].max())
    # the lag behind û is (field − dû/dt)/k
    np.testing.assert_allclose(np.divide(distances[:-1], distances[1:]), 10, rtol=0.2)
    assert distances[-1] < 0.01


def test_the_derivative_is_the_fields_and_the_pull():
    field, times = field_of("blackbox"), grids()
    values, x = knots(times, 2), initial_states(2)
    dynamics = coupled_to(field, times, values, [2.0, 0.5], 0.3)
    derivative = dynamics(torch.from_numpy(times[:, 2]), x)
    expected = field(0.0, x) - 0.3 * torch.tensor([2.0, 0.5], dtype=torch.float64) * (
        x - torch.from_numpy(values[:, 2])
    )
    torch.testing.assert_close(derivative, expected, rtol=1e-12, atol=1e-12)


def test_one_spline_serves_one_trajectory_and_parameters_are_the_fields():
    field, times = field_of("blackbox", n_members=2), grids(1)
    dynamics = CoupledDynamics(field, SmoothingSpline(times[0], knots(times, 2)[0]), 4)
    assert solve(dynamics, initial_states(2, 1, members=2), times).states.shape == (2, 1, 6, 2)
    assert [p.data_ptr() for p in dynamics.parameters()] == [p.data_ptr() for p in field.parameters()]


def test_a_change_of_scale_is_seen_by_the_next_solution():
    field, times, x0 = field_of("blackbox"), grids(), initial_states(2)
    values = knots(times, 2)
    dynamics = coupled_to(field, times, values, 5)
    for scale in (1.0, 0.2, 0.0):
        dynamics.scale = scale
        fresh = coupled_to(field, times, values, 5, scale)
        for method in ("compiled", "rk4"):
            assert torch.equal(solve(dynamics, x0, times, method).states, solve(fresh, x0, times, method).states)


@pytest.mark.parametrize(
    ("strength", "message"),
    [
        (-1, "training.coupling_strength=-1: give numbers of at least 0"),
        ([1.0, -0.1], "give numbers of at least 0"),
        (np.nan, "training.coupling_strength=nan"),
        ([1.0, 2.0, 3.0], "give one number, or one for each of 2 components"),
        ([], "give one number, or one for each of 2 components"),
    ],
)
def test_strengths_that_push_or_do_not_fit_are_refused(strength, message):
    times = grids(1)
    with pytest.raises(ConfigurationError, match=message):
        CoupledDynamics(field_of("blackbox"), SmoothingSpline(times[0], knots(times, 2)[0]), strength)
