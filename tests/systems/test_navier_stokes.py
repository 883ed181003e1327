"""Vorticity on a periodic square beside Taylor–Green vortices and an independent solver."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.systems.partial.navier_stokes import NavierStokesVorticity


def dop853(initial: np.ndarray, times: np.ndarray, viscosity: float, duration: float, forcing: float) -> np.ndarray:
    """v·∇w in the plain form by complex transforms on a grid whose highest third stays empty."""
    n = len(initial)
    k = 2 * np.pi * np.fft.fftfreq(n, 1 / n)
    k_x, k_y = np.meshgrid(k, k, indexing="ij")
    squared = k_x**2 + k_y**2
    kept = (np.abs(k_x) < 2 * np.pi * n / 3) & (np.abs(k_y) < 2 * np.pi * n / 3)
    x, y = np.meshgrid(np.arange(n) / n, np.arange(n) / n, indexing="ij")
    force = forcing * (np.sin(2 * np.pi * (x + y)) + np.cos(2 * np.pi * (x + y)))

    def change(time: float, flat: np.ndarray) -> np.ndarray:
        vorticity = np.fft.fft2(flat.reshape(n, n))
        stream = vorticity / np.where(squared > 0, squared, np.inf)
        v_x, v_y, w_x, w_y = (
            np.fft.ifft2(1j * modes).real for modes in (k_y * stream, -k_x * stream, k_x * vorticity, k_y * vorticity)
        )
        advection = np.fft.ifft2(kept * np.fft.fft2(v_x * w_x + v_y * w_y)).real
        diffusion = np.fft.ifft2(-squared * vorticity).real
        return duration * (viscosity * diffusion - advection + force).ravel()

    ends = solve_ivp(change, (0, times[-1]), initial.ravel(), "DOP853", times, rtol=1e-9, atol=1e-10).y.T
    return ends.reshape(-1, n, n)


@pytest.mark.parametrize(
    ("viscosity", "duration", "forcing", "n"), [(1e-2, 3.0, 0.0, 32), (1e-3, 3.0, 0.0, 48), (2e-3, 6.0, 0.1, 40)]
)
def test_random_flows_evolve_as_dop853_says(viscosity: float, duration: float, forcing: float, n: int):
    equation = NavierStokesVorticity(viscosity, duration, forcing)
    initial = equation.random_parameters(1, seed=4)
    times = np.array([0.0, 0.5, 1.0])
    solution = equation.reference(initial, times, n)[0]
    expected = dop853(solution[0], times, viscosity, duration, forcing)
    errors = np.linalg.norm(solution - expected, axis=(1, 2)) / np.linalg.norm(expected, axis=(1, 2))
    assert errors.max() < 3e-6
    assert np.linalg.norm(solution[-1] - solution[0]) > 0.1 * np.linalg.norm(solution[0])


@pytest.mark.parametrize("n", [9, 16, 33])
def test_taylor_green_vortices_keep_their_shape_and_decay(n: int):
    equation = NavierStokesVorticity(viscosity=0.02, duration=2.0)
    times = np.linspace(0, 1, 4)

    def vortices(n_points: int) -> np.ndarray:
        x = np.arange(n_points) / n_points
        return 3 * np.sin(4 * np.pi * x[:, None]) * np.cos(2 * np.pi * x[None, :])

    solution = equation.reference(vortices(n)[None], times, 12)[0]
    decay = np.exp(-0.02 * 20 * np.pi**2 * 2 * times)
    np.testing.assert_allclose(solution, decay[:, None, None] * vortices(12), atol=1e-13)


def test_a_forced_flow_without_advection_tends_to_the_balance_of_force_and_viscosity():
    equation = NavierStokesVorticity(viscosity=0.1, duration=20.0, forcing=0.1)
    x = np.arange(8) / 8
    phase = 2 * np.pi * (x[:, None] + x[None, :])
    solution = equation.reference(np.zeros((1, 8, 8)), np.array([0.01, 1.0]), 8)[0]
    still = 0.1 / (0.1 * 8 * np.pi**2) * (np.sin(phase) + np.cos(phase))
    np.testing.assert_allclose(solution[1], still, atol=1e-12)
    np.testing.assert_allclose(solution[0], still * (1 - np.exp(-0.1 * 8 * np.pi**2 * 0.2)), atol=1e-12)


def test_initial_vorticities_have_the_mean_0_and_are_repeated_by_their_seed():
    equation = NavierStokesVorticity()
    fields = equation.random_parameters(3, seed=3)
    assert fields.shape == (3, 64, 64)
    np.testing.assert_allclose(fields.mean(axis=(1, 2)), 0, atol=1e-14)
    np.testing.assert_array_equal(fields, equation.random_parameters(3, seed=3))


def test_a_mean_vorticity_is_refused():
    with pytest.raises(DataError, match="subtract it"):
        NavierStokesVorticity().reference(np.ones((1, 8, 8)), np.array([0.0]), 8)


def test_the_forcing_must_be_finite():
    with pytest.raises(ConfigurationError, match="forcing = nan"):
        NavierStokesVorticity(forcing=float("nan"))
