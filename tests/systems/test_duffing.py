import numpy as np
import pytest
import torch
from scipy.special import ellipj

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import Duffing


def test_free_motion_of_a_hardening_spring_is_the_jacobi_cosine():
    amplitude, t = 1.5, np.linspace(0, 20, 81)
    frequency = np.sqrt(1 + amplitude**2)
    cosine = ellipj(frequency * t, amplitude**2 / (2 * frequency**2))[1]
    free = Duffing(damping=0, linear_stiffness=1.0, cubic_stiffness=1.0)
    np.testing.assert_allclose(free.reference(np.array([amplitude, 0.0]), t)[:, 0], amplitude * cosine, atol=1e-9)


def test_energy_is_conserved_without_damping_and_drive():
    free = Duffing(damping=0)
    energy = free.energy(free.reference(np.array([0.3, 0.9]), np.linspace(0, 30, 100)))
    np.testing.assert_allclose(energy, 0.9**2 / 2 - 0.3**2 / 2 + 0.3**4 / 4, atol=1e-10)


@pytest.mark.parametrize("driving_amplitude", [0.0, 0.5])
def test_energy_changes_at_the_rate_of_damping_and_drive(driving_amplitude):
    system, h = Duffing(driving_amplitude=driving_amplitude), 1e-4
    middle = np.arange(1, 10) * 0.7
    t = np.concatenate([[0.0], np.sort(np.concatenate([middle - h, middle, middle + h]))])
    states = system.reference(np.array([-1.2, 0.4]), t)[1:]
    energy = system.energy(states)
    slope = (energy[2::3] - energy[0::3]) / (2 * h)
    np.testing.assert_allclose(system.energy_rate(middle, states[1::3]), slope, atol=1e-6)


def test_a_driven_linear_limit_reaches_its_textbook_amplitude():
    # With a negligible cubic term: |x| = gamma / √((alpha − omega²)² + (delta omega)²).
    system = Duffing(
        damping=0.5, linear_stiffness=2.0, cubic_stiffness=1e-9, driving_amplitude=0.8, driving_frequency=1.2
    )
    states = system.reference(np.array([0.0, 0.0]), np.concatenate([[0.0], np.linspace(80, 90, 2001)]))[1:]
    expected = 0.8 / np.sqrt((2 - 1.44) ** 2 + (0.5 * 1.2) ** 2)
    assert states[:, 0].max() == pytest.approx(expected, rel=1e-5)


def test_vector_field_is_that_of_the_equation_of_motion():
    system = Duffing(0.2, -1.0, 2.0, 0.5, 1.3)
    x = torch.tensor([[[0.5, -1.0]], [[-1.5, 0.3]]], dtype=torch.float64)
    t = torch.tensor(0.7, dtype=torch.float64)
    acceleration = -0.2 * x[..., 1] + x[..., 0] - 2 * x[..., 0] ** 3 + 0.5 * np.cos(1.3 * 0.7)
    expected = torch.stack([x[..., 1], acceleration], dim=-1)
    torch.testing.assert_close(system.vector_field(t, x), expected)
    torch.testing.assert_close(system.vector_field(0.7, x), expected)


def test_damped_motion_ends_in_a_well():
    system = Duffing()
    ends = system.sample(2, seed=0, n_trajectories=20, time_step=120.0)[:, -1]
    np.testing.assert_allclose(system.fixed_points, [[0, 0], [1, 0], [-1, 0]])
    np.testing.assert_allclose(np.abs(ends[:, 0]), 1, atol=1e-6)
    np.testing.assert_allclose(ends[:, 1], 0, atol=1e-6)
    assert {-1.0, 1.0} == set(np.sign(ends[:, 0]))
    assert len(Duffing(linear_stiffness=1.0).fixed_points) == 1


def test_phase_area_shrinks_at_the_divergence():
    system, t = Duffing(), np.array([0.0, 1.0])
    corner, h = np.array([0.4, -0.2]), 1e-5
    corners = np.stack([corner, corner + np.array([h, 0]), corner + np.array([0, h])])
    ends = system.reference(corners, t)[:, -1]
    area = np.linalg.det((ends[1:] - ends[0]) / h)
    assert np.log(area) == pytest.approx(system.divergence, abs=1e-4)


def test_a_drive_leaves_nothing_at_rest():
    with pytest.raises(NotImplementedError, match="fixed_points"):
        _ = Duffing(driving_amplitude=0.5).fixed_points


@pytest.mark.parametrize(
    ("name", "value"), [("damping", -0.1), ("cubic_stiffness", 0.0), ("driving_frequency", np.nan)]
)
def test_parameters_out_of_range_are_named(name, value):
    with pytest.raises(ConfigurationError, match=rf"Duffing\.{name}"):
        Duffing(**{name: value})
