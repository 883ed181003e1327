import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.partial.korteweg_de_vries import KortewegDeVries


def closed_form_soliton(x, t, amplitude):
    """On the whole line, from the travelling-wave ansatz; around a crest at x = 64 at the time 0."""
    return amplitude / np.cosh(np.sqrt(amplitude / 12) * (x - 64 - amplitude * t / 3)) ** 2


@pytest.mark.parametrize("amplitude", [0.5, 2.0])
def test_a_soliton_keeps_its_shape_and_travels_at_a_third_of_its_amplitude(amplitude):
    equation = KortewegDeVries(largest_step=0.02)
    times = np.array([0.0, 5.0, 15.0])
    found = equation.solve(closed_form_soliton(equation.grid, 0.0, amplitude)[None], times)[0]
    expected = np.stack([closed_form_soliton(equation.grid, t, amplitude) for t in times])
    np.testing.assert_allclose(found, expected, atol=1e-7 * amplitude)
    np.testing.assert_allclose(equation.soliton(15.0, amplitude, 64.0), expected[-1], atol=1e-10)


def test_errors_fall_with_the_fourth_power_of_the_step():
    def error(step):
        equation = KortewegDeVries(largest_step=step)
        found = equation.solve(equation.soliton(0.0, 2.0, 64.0)[None], np.array([8.0]))[0, 0]
        return np.abs(found - closed_form_soliton(equation.grid, 8.0, 2.0)).max()

    assert 3.7 < np.log2(error(0.16) / error(0.08)) < 4.6


def test_random_fields_agree_with_an_implicit_integration_of_the_same_derivatives():
    """Short and coarse, so that Radau is quick; derivatives by matrices instead of transforms."""
    equation = KortewegDeVries(length=32.0, n_points=80, refinement=1, largest_step=0.01)
    n = equation.n_points
    gap = np.arange(n)[:, None] - np.arange(n)
    with np.errstate(divide="ignore"):
        cotangent = np.where(gap % n == 0, 0.0, 0.5 * (-1.0) ** gap / np.tan(np.pi * gap / n))
    first = 2 * np.pi / equation.length * cotangent  # Trefethen, Spectral Methods in MATLAB, chapter 3
    third = first @ first @ first
    initial = equation.random_initial_fields(1, seed=3, largest_wave_number=1)
    expected = solve_ivp(
        lambda t, u: -first @ (u**2) / 2 - third @ u, (0, 2), initial[0], "Radau", [2.0], rtol=1e-9, atol=1e-10
    ).y[:, 0]
    np.testing.assert_allclose(equation.solve(initial, np.array([2.0]))[0, 0], expected, atol=2e-5)


def test_mass_momentum_and_energy_are_conserved_while_sines_break_up_into_solitons():
    equation = KortewegDeVries()
    fields = equation.solve(0.3 + equation.random_initial_fields(2, seed=0), np.array([0.0, 20.0]))
    assert np.abs(fields[:, 1] - fields[:, 0]).max() > 1
    for invariant, tolerance in ((equation.mass, 1e-12), (equation.momentum, 1e-6), (equation.energy, 1e-4)):
        before, after = invariant(fields).T
        np.testing.assert_allclose(after, before, rtol=tolerance)


def test_the_solution_of_a_shifted_field_is_the_shifted_solution():
    equation = KortewegDeVries(n_points=64, refinement=1)
    initial = equation.random_initial_fields(1, seed=1)
    times = np.array([3.0])
    np.testing.assert_allclose(
        equation.solve(np.roll(initial, 7, axis=1), times),
        np.roll(equation.solve(initial, times), 7, axis=2),
        atol=1e-10,
    )


def test_initial_fields_are_sums_of_long_waves_and_do_not_depend_on_their_number():
    equation = KortewegDeVries()
    fields = equation.random_initial_fields(400, seed=5)
    spectrum = np.abs(np.fft.rfft(fields)).mean(axis=0)
    assert (spectrum[[1, 2]] > 1).all()
    assert spectrum[0] < 1e-10
    assert spectrum[3:].max() < 1e-10
    assert fields.var() == pytest.approx(10 / 24, rel=0.1)  # ten amplitudes of variance 1/12, sines of 1/2
    np.testing.assert_array_equal(equation.random_initial_fields(3, seed=5), fields[:3])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"length": -1.0}, "length"), ({"n_points": 33}, "n_points"), ({"largest_step": 0}, "largest_step")],
)
def test_impossible_parameters_are_named(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        KortewegDeVries(**arguments)


def test_times_must_increase_and_fields_must_fit():
    equation = KortewegDeVries(n_points=64)
    field = np.zeros((1, 64))
    with pytest.raises(ConfigurationError, match="increasing"):
        equation.solve(field, np.array([1.0, 0.5]))
    with pytest.raises(ConfigurationError, match="give 64 finite values"):
        equation.solve(np.zeros((1, 32)), np.array([1.0]))
