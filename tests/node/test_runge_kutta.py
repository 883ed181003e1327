import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node.solvers.runge_kutta import TABLES, TimeSteps


@pytest.mark.parametrize("name", TABLES)
def test_the_tables_satisfy_the_order_conditions(name):
    table = TABLES[name]
    a, b, c = table.matrix, table.weights, table.nodes
    np.testing.assert_array_equal(a, np.tril(a, -1))
    np.testing.assert_allclose(c, a.sum(axis=1), atol=1e-15)
    for power in range(table.order):  # quadrature
        assert b @ c**power == pytest.approx(1 / (power + 1), abs=1e-14)
    # the trees of orders 3, 4 and 5 that are no quadrature (Hairer, Norsett, Wanner, table II.2.2)
    assert b @ a @ c == pytest.approx(1 / 6, abs=1e-14)
    assert (b * c) @ a @ c == pytest.approx(1 / 8, abs=1e-14)
    assert b @ a @ c**2 == pytest.approx(1 / 12, abs=1e-14)
    assert b @ a @ a @ c == pytest.approx(1 / 24, abs=1e-14)
    if table.order == 5:
        assert (b * c**2) @ a @ c == pytest.approx(1 / 10, abs=1e-14)
        assert b @ (a @ c) ** 2 == pytest.approx(1 / 20, abs=1e-14)
        assert (b * c) @ a @ c**2 == pytest.approx(1 / 15, abs=1e-14)
        assert (b * c) @ a @ a @ c == pytest.approx(1 / 30, abs=1e-14)
        assert b @ a @ c**3 == pytest.approx(1 / 20, abs=1e-14)
        assert b @ a @ (c * (a @ c)) == pytest.approx(1 / 40, abs=1e-14)
        assert b @ a @ a @ c**2 == pytest.approx(1 / 60, abs=1e-14)
        assert b @ a @ a @ a @ c == pytest.approx(1 / 120, abs=1e-14)


def test_steps_meet_every_time_and_are_no_longer_than_asked():
    times = np.array([[0.0, 0.1, 0.55, 1.0], [2.0, 3.0, 3.2, 3.3]])
    steps = TimeSteps.no_longer_than(0.3, times)
    np.testing.assert_array_equal(steps.per_interval, [4, 2, 2])  # what the longest of each interval needs
    assert steps.sizes.max() <= 0.3
    ends = steps.starts + steps.sizes
    np.testing.assert_array_equal(steps.arrivals, [-1, -1, -1, 1, -1, 2, -1, 3])
    np.testing.assert_allclose(ends[:, steps.arrivals > 0], times[:, 1:], atol=1e-15)
    np.testing.assert_allclose(steps.starts[:, 1:], ends[:, :-1], atol=1e-15)


@pytest.mark.parametrize(("max_step", "expected"), [(None, 1), (0.1, 1), (0.05, 2), (0.049, 3), (1, 1)])
def test_rounding_adds_no_step(max_step, expected):
    times = 0.1 * np.arange(62.0)[None]  # intervals of 0.1 and a few units in the last place
    assert TimeSteps.no_longer_than(max_step, times).per_interval.max() == expected
    assert TimeSteps.no_longer_than(max_step, times, refinement=2).per_interval.max() == 2 * expected


def test_stages_lie_at_their_nodes():
    steps, table = TimeSteps(np.array([[1.0, 2.0, 4.0]]), np.array([1, 1])), TABLES["rk4"]
    np.testing.assert_allclose(steps.stage_times(table), [[[1, 1.5, 1.5, 2], [2, 3, 3, 4]]])


@pytest.mark.parametrize("max_step", [0, -0.1, np.nan])
def test_steps_have_a_length(max_step):
    with pytest.raises(ConfigurationError, match=f"solver.max_step={max_step}: give a time greater than 0"):
        TimeSteps.no_longer_than(max_step, np.array([[0.0, 1.0]]))
