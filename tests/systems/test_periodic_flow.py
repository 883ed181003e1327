"""The solver of fields on a circle beside closed forms: growth, solitons, equations of a mean alone."""

import numpy as np
import pytest

from sciml_bench.systems import KortewegDeVries
from sciml_bench.systems.numerics.periodic_flow import PeriodicFlow, at_points, kept_modes, wave_numbers

LENGTH = 20.0


def law(**places: float) -> np.ndarray:
    """c with the given entries, named by power and derivative, as `u2x1=-0.5`."""
    table = np.zeros((4, 5))
    for name, value in places.items():
        table[int(name[1]), int(name[3])] = value
    return table


def test_modes_are_those_of_a_sum_of_waves() -> None:
    points = 2 * np.pi * np.arange(16) / 16
    modes = kept_modes(3 + 2 * np.cos(2 * points) - np.sin(5 * points), 8)
    expected = np.zeros(8, dtype=complex)
    expected[[0, 2, 5]] = [3, 1, 0.5j]
    np.testing.assert_allclose(modes, expected, atol=1e-15)
    for n_points in (5, 12, 40):
        elsewhere = 2 * np.pi * np.arange(n_points) / n_points
        np.testing.assert_allclose(
            at_points(modes, n_points), 3 + 2 * np.cos(2 * elsewhere) - np.sin(5 * elsewhere), atol=1e-13
        )


def test_every_wave_of_a_linear_law_has_its_own_growth() -> None:
    flow = PeriodicFlow(law(u1x0=0.1, u1x1=0.7, u1x2=-1.0, u1x3=0.3, u1x4=-2.0), LENGTH, 12, 0.3)
    modes = flow.advance(np.ones((1, 12), dtype=complex), 4)
    k = wave_numbers(LENGTH, 12)
    rates = 0.1 + 0.7j * k + k**2 - 0.3j * k**3 - 2 * k**4
    np.testing.assert_allclose(modes[0], np.exp(1.2 * rates), rtol=1e-12)


def test_a_constant_and_a_cube_act_on_the_mean() -> None:
    start = np.array([[0.3, 0, 0]], dtype=complex)
    assert PeriodicFlow(law(u0x0=2.0), LENGTH, 3, 0.25).advance(start, 4)[0, 0] == pytest.approx(2.3)
    end = PeriodicFlow(law(u1x0=1.0, u3x0=-1.0), LENGTH, 3, 0.02).advance(start, 50)[0, 0]
    assert end.real == pytest.approx((1 + (1 / 0.09 - 1) * np.exp(-2.0)) ** -0.5, rel=1e-7)


def test_a_soliton_keeps_its_shape() -> None:
    equation = KortewegDeVries(length=40.0, n_points=128)
    modes = kept_modes(equation.soliton(0.0, 2.0, 10.0)[None], 64)
    end = PeriodicFlow(law(u2x1=-0.5, u1x3=-1.0), 40.0, 64, 0.01).advance(modes, 500)
    np.testing.assert_allclose(at_points(end, 128)[0], equation.soliton(5.0, 2.0, 10.0), atol=1e-5)


def test_every_field_may_have_its_own_law() -> None:
    modes = kept_modes(np.cos(2 * np.pi * np.arange(16) / 16)[None].repeat(2, axis=0), 6)
    tables = np.stack([law(u2x1=-0.5, u1x2=0.3), law(u2x1=-0.2, u1x2=0.1)])
    together = PeriodicFlow(tables, LENGTH, 6, 0.1).advance(modes, 5)
    alone = [PeriodicFlow(table, LENGTH, 6, 0.1).advance(modes[:1], 5)[0] for table in tables]
    np.testing.assert_allclose(together, np.stack(alone), rtol=1e-14)
