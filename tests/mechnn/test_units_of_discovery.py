"""The equations of a record do not depend on the units in which somebody wrote it down.

Factors that are powers of two change no digit; others change what rounding changes. Sines keep the unit of their angle,
and an offset makes another polynomial of the same law: for these, what does hold is tested.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from discovery_cases import lorenz_rows, whole
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from sciml_bench.data import Trajectories
from sciml_bench.mechnn import BasisLibrary, DiscoveredEquations, EquationDiscovery, RationalLibrary

Rows = tuple[np.ndarray, np.ndarray]


@cache
def record(name: str) -> Rows:
    """Times and states."""
    rng = np.random.default_rng(0)
    if name == "noisy lorenz":
        rows = lorenz_rows(100, 0.05, (-5.0, -4.0, 25.0))
        return 0.05 * np.arange(100), rows + 0.3 * rng.standard_normal(rows.shape)
    laws = {
        "logistic": (lambda t, u: 0.5 * u * (1 - u / 10), [0.5], 14, 280),
        "damped": (lambda t, u: [u[1], -4 * u[0] - 0.05 * u[1]], [1.0, 0.0], 14, 280),
        "epidemic": (
            lambda t, u: [-4e-4 * u[0] * u[1], 4e-4 * u[0] * u[1] - 0.1 * u[1], 0.1 * u[1]],
            [990.0, 10.0, 0.0],
            70,
            280,
        ),
        "saturating": (lambda t, u: 0.6 - 1.5 * u / (0.3 + u), [2.0], 10, 200),
        "pendulum": (lambda t, u: [u[1], -9.81 * np.sin(u[0]) - 0.15 * u[1]], [1.2, 0.0], 12, 600),
    }
    law, start, end, n_rows = laws[name]
    times = np.linspace(0, end, n_rows + 1)
    rows = solve_ivp(law, (0, end), start, t_eval=times, method="DOP853", rtol=1e-12, atol=1e-12).y.T
    return times, np.array([[float(f"{value:.10g}") for value in row] for row in rows])  # as files hold them


def found(name: str, states: Sequence[float] | np.ndarray, time: float, **options: int) -> EquationDiscovery:
    """What is discovered in a record whose states and times are multiplied."""
    times, rows = record(name)
    names = ["x", "y", "z"][: rows.shape[1]]
    view = whole(times * time, rows * np.asarray(states), component_names=names)
    kind = RationalLibrary if name == "saturating" else BasisLibrary
    method = EquationDiscovery(kind(view.spec, **{"degree": 2, **options}), view)
    method.fit()
    return method


def in_first_units(
    learned: DiscoveredEquations, states: Sequence[float] | np.ndarray, time: float
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients and standard errors as they would be in the units of the record."""
    factors, library = np.asarray(states), learned.library
    monomials = library.monomials if isinstance(library, RationalLibrary) else library
    powers = [np.prod(factors[list(each)]) for each in monomials.exponents]
    size = np.concatenate([powers, np.ones(monomials.n_terms - len(powers))])
    if isinstance(library, RationalLibrary):
        below = np.asarray(library.denominators) * size[:, None]
        highest = [below[np.flatnonzero(column)[-1], place] for place, column in enumerate(below.T)]
        size = np.concatenate([size / each for each in highest])
    change = size[:, None] * time / factors
    assert learned.standard_errors is not None
    return learned.coefficients * change, learned.standard_errors * change


@cache
def plain(name: str) -> DiscoveredEquations:
    """What is discovered in the record as it is."""
    return found(name, np.ones(record(name)[1].shape[1]), 1.0).learned()


NAMES = ("logistic", "damped", "epidemic", "saturating", "noisy lorenz")


def assert_same_bits(name: str, exponents: Sequence[int], of_time: int) -> None:
    """Of coefficients, errors and forecasts."""
    factors, time = 2.0 ** np.array(exponents[: record(name)[1].shape[1]]), 2.0**of_time
    learned, first = found(name, factors, time).learned(), plain(name)
    coefficients, errors = in_first_units(learned, factors, time)
    np.testing.assert_array_equal(coefficients, first.coefficients)
    np.testing.assert_array_equal(errors, first.standard_errors)
    times, rows = record(name)
    forecasts = [
        each.forecast(Trajectories((rows[:40] * unit,), times=(times[:40] * clock,), time_step=clock * times[1]), 5)
        for each, unit, clock in ((learned, factors, time), (first, 1.0, 1.0))
    ]
    np.testing.assert_array_equal(forecasts[0].states / factors, forecasts[1].states)


@pytest.mark.parametrize("name", NAMES)
def test_a_power_of_two_changes_no_digit(name: str) -> None:
    assert_same_bits(name, (21, -17, 9), -13)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(NAMES), st.lists(st.integers(-30, 30), min_size=3, max_size=3), st.integers(-30, 30))
def test_no_power_of_two_changes_any_digit(name: str, exponents: list[int], of_time: int) -> None:
    assert_same_bits(name, exponents, of_time)


FACTORS = st.floats(-9, 9).map(lambda exponent: 10.0**exponent)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(NAMES), st.lists(FACTORS, min_size=3, max_size=3), FACTORS)
def test_other_factors_change_the_coefficients_by_a_millionth_at_most(
    name: str, factors: list[float], time: float
) -> None:
    states = np.array(factors[: record(name)[1].shape[1]])
    learned, first = found(name, states, time).learned(), plain(name)
    coefficients, errors = in_first_units(learned, states, time)
    np.testing.assert_array_equal(coefficients != 0, first.coefficients != 0)
    np.testing.assert_allclose(coefficients, first.coefficients, rtol=1e-6)
    np.testing.assert_allclose(errors, first.standard_errors, rtol=1e-2)


def test_a_thousandth_is_a_factor_like_others() -> None:
    learned, first = found("damped", [1e-3, 1e9], 1e-9).learned(), plain("damped")
    coefficients = in_first_units(learned, [1e-3, 1e9], 1e-9)[0]
    np.testing.assert_array_equal(coefficients != 0, first.coefficients != 0)
    np.testing.assert_allclose(coefficients, first.coefficients, rtol=1e-9)


def test_a_sine_keeps_the_unit_of_its_angle_and_everything_else_follows() -> None:
    """The angle is in radians; its rate and the time may be in any unit."""
    factors, time = np.array([1.0, 2.0**14]), 2.0**-9
    first = found("pendulum", [1.0, 1.0], 1.0, frequencies=1)
    learned = found("pendulum", factors, time, frequencies=1).learned()
    assert first.discovery is not None
    assert [text.split(" = ")[1].split(" ")[-1] for text in first.discovery.equations.text] == ["y", "sin(x)"]
    np.testing.assert_array_equal(in_first_units(learned, factors, time)[0], first.learned().coefficients)


def test_an_offset_makes_another_polynomial_of_the_same_law() -> None:
    """n = m − 3 in dn/dt = n/2 − n²/20 gives dm/dt = −1.95 + .8 m − m²/20."""
    times, rows = record("logistic")
    view = whole(times, rows + 3.0, component_names=["m"])
    method = EquationDiscovery(BasisLibrary(view.spec, 2), view)
    method.fit()
    np.testing.assert_allclose(method.learned().coefficients[:, 0], [-1.95, 0.8, -0.05], rtol=1e-6)
