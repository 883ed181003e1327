"""What an equation in time passes on to its system, beside solutions in closed form."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError, SolverError
from sciml_bench.nsm.equations import Burgers, ReactionDiffusion

X = np.arange(32) / 32


def cole_hopf(time, positions, viscosity, amplitude=0.5):
    """Burgers' equation from u = −2 ν φ_x / φ with φ = 1 + a e^{−4π²νt} cos 2πx, which obeys the heat equation."""
    damped = amplitude * np.exp(-4 * np.pi**2 * viscosity * time)
    wave = 2 * np.pi * positions
    return 4 * np.pi * viscosity * damped * np.sin(wave) / (1 + damped * np.cos(wave))


def test_solutions_are_given_at_equal_times_of_the_duration_and_equal_places():
    viscosity, duration = 0.05, 0.4
    problem = Burgers(viscosity=viscosity, duration=duration, parameter_modes=31)
    initial = cole_hopf(0.0, X, viscosity)
    found = problem.solve(initial[None], 16, 5)
    assert found.shape == (1, 5, 16)
    times, places = np.linspace(0, duration, 5), np.arange(16) / 16
    expected = np.stack([cole_hopf(time, places, viscosity) for time in times])
    np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_the_linear_part_is_diffusion_in_the_time_of_the_unit_interval():
    problem = Burgers(viscosity=0.05, duration=0.4)
    # a wave that diffuses: its decay in the unit of the interval is duration times as quick
    assert problem.linear_part.rate == pytest.approx(1 / 0.4)
    assert problem.linear_part.diffusion == pytest.approx(0.05)
    assert problem.linear_part.decay == 0


def test_parameter_modes_are_the_same_along_every_axis_of_space():
    assert Burgers(parameter_modes=11).parameter_modes == (11,)
    for wrong in (2, 11.0, True):
        with pytest.raises(ConfigurationError, match=rf"pde\.parameter_modes={wrong}: give at least 3 waves"):
            Burgers(parameter_modes=wrong)


def test_fields_that_are_too_rough_are_told_how_many_points_suffice():
    problem = Burgers(viscosity=0.05, solver_resolution=32)
    rough = np.cos(2 * np.pi * 14 * X)[None]  # two thirds of 16 waves are kept
    with pytest.raises(DataError, match=r"pde\.solver_resolution=32: .*; 49 points keep all of them"):
        problem.solve(rough, 16, 2)


def test_a_step_that_is_too_large_is_named_with_its_remedy():
    problem = ReactionDiffusion(growth=50.0, viscosity=0.01, duration=1.0, solver_step=0.5)
    with pytest.raises(SolverError, match=r"pde\.solver_step=0\.5: the reference solver broke down before time"):
        problem.solve(-5.0 + np.cos(2 * np.pi * X)[None], 16, 3)


def test_fronts_that_are_too_steep_are_told_their_time():
    problem = Burgers(viscosity=0.001, duration=1.0, solver_resolution=64, solver_step=0.001)
    with pytest.raises(SolverError, match=r"pde\.solver_resolution=64: at time 0\.\d+ .*larger pde\.viscosity"):
        problem.solve(np.sin(2 * np.pi * X)[None], 16, 11)
