"""Fisher's equation beside an independent solver, the logistic curve and a travelling wave."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.systems.partial.reaction_diffusion import ReactionDiffusion


@pytest.mark.parametrize("viscosity", [0.005, 0.01, 0.1])
def test_random_fields_evolve_as_dop853_says(viscosity: float):
    equation = ReactionDiffusion(viscosity=viscosity)
    initial = equation.random_parameters(1, seed=2)
    n = 64
    k = np.minimum(np.arange(n), n - np.arange(n))
    second = np.fft.ifft(-((2 * np.pi * k[:, None]) ** 2) * np.fft.fft(np.eye(n), axis=0), axis=0).real
    times = np.array([0.0, 0.3, 1.0])
    expected = solve_ivp(
        lambda t, u: viscosity * second @ u + 5 * u * (1 - u),
        (0, 1),
        initial[0],
        "DOP853",
        times,
        rtol=1e-10,
        atol=1e-11,
    ).y.T
    np.testing.assert_allclose(equation.reference(initial, times, n)[0], expected, atol=2e-6)


def test_a_uniform_population_grows_logistically():
    equation = ReactionDiffusion(growth=3.0, duration=2.0)
    times = np.linspace(0, 1, 5)
    solution = equation.reference(np.full((1, 8), 0.2), times, 6)[0]
    np.testing.assert_allclose(solution[:, 0], 1 / (1 + 4 * np.exp(-6 * times)), atol=1e-8)
    np.testing.assert_allclose(solution, solution[:, :1] * np.ones(6), atol=1e-14)


def test_a_front_travels_as_the_wave_of_ablowitz_and_zeppetella():
    # u = (1 + e^z)^{-2} with z = √(growth/6ν) (x − x0) − 5/6 growth t; the unit circle holds two, back to back
    viscosity, growth = 1e-3, 5.0
    x, width = np.arange(512) / 512, np.sqrt(growth / (6 * viscosity))

    def pair(time: float) -> np.ndarray:
        return (1 + np.exp(width * (np.abs(x - 0.5) - 0.2) - 5 / 6 * growth * time)) ** -2

    equation = ReactionDiffusion(viscosity=viscosity, growth=growth, solver_resolution=768)
    solution = equation.reference(pair(0.0)[None], np.array([0.5]), 512)[0, 0]
    edge = np.abs(x - 0.5) > 0.1
    np.testing.assert_allclose(solution[edge], pair(0.5)[edge], atol=1e-4)


def test_initial_fields_run_from_0_to_1_and_are_repeated_by_their_seed():
    equation = ReactionDiffusion()
    fields = equation.random_parameters(5, seed=3)
    assert fields.shape == (5, 64)
    np.testing.assert_array_equal(fields.min(axis=1), 0)
    np.testing.assert_array_equal(fields.max(axis=1), 1)
    np.testing.assert_array_equal(fields, equation.random_parameters(5, seed=3))


def test_a_population_below_0_that_explodes_is_an_error():
    with pytest.raises(SolverError, match="broke down before time 1"):
        ReactionDiffusion().reference(np.full((1, 16), -0.5), np.array([0.1, 1.0]), 16)


def test_growth_must_be_positive():
    with pytest.raises(ConfigurationError, match=r"growth = -1\.0"):
        ReactionDiffusion(growth=-1.0)
