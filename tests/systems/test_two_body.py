"""Two bodies under gravity: what Kepler and Newton knew."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.ordinary.two_body import TwoBody

SYSTEM = TwoBody(mass_1=0.6, mass_2=0.2, gravity=1.3)


def drifting_state(eccentricity: float = 0.5) -> np.ndarray:
    state = SYSTEM.orbit_state(1.1, eccentricity, 0.4, -2.0)
    return state + np.array([0.3, -0.2, 0.3, -0.2, 0.05, 0.1, 0.05, 0.1])


def test_integration_of_newtons_law_gives_keplers_ellipse() -> None:
    times = 3.0 + np.linspace(0.0, 20.0, 41)
    state = drifting_state()
    integrated, kepler = SYSTEM.reference(state, times), SYSTEM.closed_form(state, times)
    np.testing.assert_allclose(integrated, kepler, atol=2e-9)


def test_energy_angular_momentum_and_momentum_are_conserved() -> None:
    motion = SYSTEM.reference(drifting_state(), np.linspace(0.0, 10.0, 30))
    assert np.ptp(SYSTEM.energy(motion)) < 1e-10
    assert np.ptp(SYSTEM.angular_momentum(motion)) < 1e-10
    momentum = 0.6 * motion[:, 4:6] + 0.2 * motion[:, 6:8]
    np.testing.assert_allclose(momentum, 0.8 * np.array([0.05, 0.1]) * np.ones((30, 1)), atol=1e-12)


def test_the_displacement_returns_after_keplers_period() -> None:
    period = 2 * np.pi * np.sqrt(1.1**3 / (1.3 * 0.8))
    assert SYSTEM.orbital_period(drifting_state()) == pytest.approx(period, rel=1e-12)
    ends = SYSTEM.reference(drifting_state(), np.array([0.0, period]))
    displacement = ends[:, 2:4] - ends[:, :2]
    np.testing.assert_allclose(displacement[1], displacement[0], atol=1e-9)


def test_the_distance_runs_between_those_of_the_closest_and_farthest_approach() -> None:
    motion = SYSTEM.closed_form(drifting_state(0.5), np.linspace(0.0, 10.0, 4001))
    distance = np.linalg.norm(motion[:, 2:4] - motion[:, :2], axis=-1)
    assert distance.min() == pytest.approx(1.1 * 0.5, rel=1e-5)
    assert distance.max() == pytest.approx(1.1 * 1.5, rel=1e-5)


def test_bodies_that_part_for_ever_have_no_period() -> None:
    fast = drifting_state()
    fast[4:] *= 10
    with pytest.raises(ConfigurationError, match="part for ever"):
        SYSTEM.orbital_period(fast)
    with pytest.raises(ConfigurationError, match="ellipse"):
        SYSTEM.orbit_state(1.0, 1.0, 0.0, 0.0)
    with pytest.raises(ConfigurationError, match="mass_1"):
        TwoBody(mass_1=0.0)
