"""Burgers' equation beside the Cole–Hopf transform and an independent solver."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sciml_bench.systems.partial.burgers import Burgers


def cole_hopf(x: np.ndarray, time: float, viscosity: float, contrast: float) -> np.ndarray:
    """−2ν θ_x / θ with the solution θ = 1 + contrast · e^{−4π²νt} cos 2πx of the heat equation."""
    wave = contrast * np.exp(-4 * np.pi**2 * viscosity * time)
    return 4 * np.pi * viscosity * wave * np.sin(2 * np.pi * x) / (1 + wave * np.cos(2 * np.pi * x))


@pytest.mark.parametrize(("viscosity", "contrast"), [(0.01, 0.95), (0.05, 0.99)])
def test_waves_are_those_of_the_heat_equation_in_disguise(viscosity: float, contrast: float):
    equation = Burgers(viscosity=viscosity, duration=2.0, solver_resolution=768, solver_step=1 / 512)
    x, times = np.arange(512) / 512, np.array([0.0, 0.4, 1.0])
    solution = equation.reference(cole_hopf(x, 0.0, viscosity, contrast)[None], times, 512)[0]
    for time, field in zip(times, solution, strict=True):
        np.testing.assert_allclose(field, cole_hopf(x, 2 * time, viscosity, contrast), atol=3e-8)


def test_random_fields_evolve_as_dop853_says():
    equation = Burgers()
    initial = equation.random_parameters(1, seed=1)
    n = 256
    k = np.fft.fftfreq(n, 1 / n)
    k[n // 2] = 0
    waves = np.fft.fft(np.eye(n), axis=0)
    first = np.fft.ifft(2j * np.pi * k[:, None] * waves, axis=0).real
    second = first @ first
    start = equation.reference(initial, np.array([0.0]), n)[0, 0]
    expected = solve_ivp(
        lambda t, u: 0.01 * second @ u - u * (first @ u), (0, 1), start, "DOP853", [0.5, 1.0], rtol=1e-9, atol=1e-10
    ).y.T
    np.testing.assert_allclose(equation.reference(initial, np.array([0.5, 1.0]), n)[0], expected, atol=1e-6)


def test_initial_fields_have_the_mean_0_and_fronts_are_resolved_by_64_points():
    equation = Burgers()
    fields = equation.random_parameters(32, seed=3)
    assert fields.shape == (32, 64)
    np.testing.assert_allclose(fields.mean(axis=1), 0, atol=1e-14)
    spectrum = np.abs(np.fft.rfft(equation.reference(fields, np.linspace(0, 1, 11), 256)))
    tail = np.sqrt((spectrum[..., 33:] ** 2).sum(axis=-1) / (spectrum**2).sum(axis=-1))
    assert tail.max() < 5e-3
    assert np.median(tail.max(axis=1)) < 1e-5
