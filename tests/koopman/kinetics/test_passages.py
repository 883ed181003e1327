"""Passages, against the equations of empirical chains and of a double well."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.koopman.kinetics import committor, mean_first_passage_time
from sciml_bench.koopman.kinetics.passages import Passage
from sciml_bench.systems import DoubleWell

N_STATES = 6


def walk(n_steps=4000, seed=0):
    """A random walk on a line of states with a drift, as numbers of states."""
    rng, state, path = np.random.default_rng(seed), 2, []
    for kick in rng.random(n_steps):
        path.append(state)
        state = min(N_STATES - 1, state + 1) if kick < 0.4 else max(0, state - 1) if kick > 0.55 else state
    return np.array(path)


def counted(paths):
    counts = np.zeros((N_STATES, N_STATES))
    for path in paths:
        np.add.at(counts, (path[:-1], path[1:]), 1)
    return counts / counts.sum(axis=1, keepdims=True)


def test_indicators_give_the_passages_of_the_empirical_chain():
    paths = [walk(seed=0), walk(1500, seed=1)]
    transition, between = counted(paths), np.arange(1, N_STATES - 1)
    inner = np.eye(len(between)) - transition[np.ix_(between, between)]
    features = [np.eye(N_STATES)[path] for path in paths]
    source, target = [path == 0 for path in paths], [path == N_STATES - 1 for path in paths]
    found = committor(features, source, target, 1)
    exact = np.linalg.solve(inner, transition[between, -1])
    np.testing.assert_allclose(found.coefficients[between], exact, atol=1e-10)
    values = found.of(np.eye(N_STATES), np.arange(N_STATES) == 5, np.arange(N_STATES) == 0)
    np.testing.assert_allclose(values, [0, *exact, 1], atol=1e-10)

    outside = np.arange(N_STATES - 1)
    times = np.linalg.solve(np.eye(5) - transition[np.ix_(outside, outside)], np.full(5, 0.5))
    passage = mean_first_passage_time(features, target, 1, time_step=0.5)
    np.testing.assert_allclose(passage.coefficients[outside], times, atol=1e-8)
    mean, low, high = passage.mean_over(np.eye(N_STATES)[[0, 1]])
    assert low < mean < high
    assert mean == pytest.approx(times[:2].mean())


@pytest.mark.parametrize("lag", [1, 3, 10])
def test_a_passage_that_ends_within_a_lag_ends_there(lag):
    """A walk that always goes up and jumps back: every time is exact at any lag."""
    path = np.tile(np.arange(N_STATES), 50)
    features, target = [np.eye(N_STATES)[path]], [path == N_STATES - 1]
    passage = mean_first_passage_time(features, target, lag, time_step=2.0)
    np.testing.assert_allclose(passage.of(np.eye(N_STATES), np.arange(N_STATES) == 5), 2.0 * np.arange(5, -1, -1))
    always = committor(features, [path == 0], target, lag)
    np.testing.assert_allclose(always.of(np.eye(N_STATES), np.arange(6) == 5, np.arange(6) == 0), [0, 1, 1, 1, 1, 1])


def test_a_double_well_is_crossed_as_its_quadrature_says():
    system = DoubleWell(barrier=1.5)
    path = system.sample(40_000, seed=3)[0]
    rule = system.quadrature(300)
    x = rule.points[:, 0]
    left, right = (lambda z: z < -0.9), (lambda z: z > 0.9)

    def exact(outside, gain):
        inner = np.eye(outside.sum()) - rule.transition[np.ix_(outside, outside)]
        return np.linalg.solve(inner, gain[outside])

    features = [np.polynomial.chebyshev.chebvander(path[:, 0] / 2, 8)]
    at = np.polynomial.chebyshev.chebvander(x / 2, 8)
    between = ~left(x) & ~right(x)
    q = exact(between, rule.transition @ right(x).astype(float))
    found = committor(features, [left(path[:, 0])], [right(path[:, 0])], 2)
    error = np.abs(found.of(at, right(x), left(x))[between] - q)
    assert rule.weights[between] @ error / rule.weights[between].sum() < 0.02

    lowest, highest = found.interval_of(at, right(x), left(x))
    np.testing.assert_array_equal(lowest[left(x) | right(x)], right(x)[left(x) | right(x)])
    np.testing.assert_array_equal(highest[left(x) | right(x)], right(x)[left(x) | right(x)])
    inside = (lowest[between] <= q) & (q <= highest[between])
    assert rule.weights[between] @ inside / rule.weights[between].sum() > 0.8
    assert rule.weights[between] @ (highest - lowest)[between] / rule.weights[between].sum() < 0.1

    outside = ~right(x)
    times = exact(outside, np.full(len(x), system.time_step))
    well = left(x)[outside]
    weights = rule.weights[outside][well]
    mean = weights @ times[well] / weights.sum()
    passage = mean_first_passage_time(features, [right(path[:, 0])], 2, time_step=system.time_step)
    estimate, low, high = passage.mean_over(features[0][left(path[:, 0])])
    assert estimate == pytest.approx(mean, rel=0.05)
    assert low < mean < high


def test_a_time_that_the_record_cannot_bound_is_infinite_and_never_negative():
    """A solution that has passed through infinity comes back from below."""
    samples = np.array([[3.0], [-200.0], [5.0], [4.0], [6.0]])
    passage = Passage(np.array([4.0]), samples, at_target=0.0)
    assert passage.mean_over(np.ones((2, 1)), confidence=0.9) == (4.0, 3.0, np.inf)
    assert Passage(np.array([-4.0]), samples, 0.0).mean_over(np.ones((2, 1)))[0] == np.inf


def test_what_never_comes_to_the_target_takes_for_ever():
    """Two trajectories, each in a state of its own: least squares alone would answer 0."""
    path = np.repeat([0, 1], 200)
    features, target = (
        [np.column_stack([np.ones(400), 2.0 * path - 1])[part] for part in (path == 0, path == 1)],
        path == 1,
    )
    passage = mean_first_passage_time(features, [target[path == 0], target[path == 1]], 1)
    assert passage.mean_over(np.array([[1.0, -1.0]])) == (np.inf, np.inf, np.inf)


def test_samples_without_an_entry_leave_the_time_without_a_bound():
    """All entries are in one of some twenty blocks: more than a tenth of the samples lack it."""
    path = np.zeros(2000, dtype=int)
    path[500:520] = np.tile([1, 0], 10)
    passage = mean_first_passage_time([np.eye(2)[path]], [path == 1], 1)
    value, low, high = passage.mean_over(np.eye(2)[[0]])
    assert value == pytest.approx((path[:-1] == 0).sum() / 10)
    assert 0 < low < value
    assert high == np.inf


def test_a_probability_stays_between_0_and_1():
    passage = Passage(np.array([1.2]), np.array([[-0.3], [1.4]]), at_target=1.0)
    rows, never = np.array([[1.0], [-1.0]]), np.zeros(2, dtype=bool)
    np.testing.assert_array_equal(passage.of(rows, never), [1, 0])
    low, high = passage.interval_of(rows, never)
    assert ((low >= 0) & (high <= 1)).all()


def test_a_unit_of_the_features_changes_nothing():
    path = walk()
    target, units = [path == 5], np.array([1e-9, 1e6, 1.0, 1e3, 1e-3, 1.0])
    plain, scaled = (mean_first_passage_time([np.eye(N_STATES)[path] * by], target, 2) for by in (1.0, units))
    np.testing.assert_allclose(scaled.coefficients[:5] * units[:5], plain.coefficients[:5], rtol=1e-8)


def test_what_cannot_be_answered_is_told():
    path = walk(200)
    features, low, never = [np.eye(N_STATES)[path]], [path < 2], [path > 9]
    with pytest.raises(DataError, match="no row of the trajectories is in the target"):
        mean_first_passage_time(features, never, 1)
    with pytest.raises(DataError, match="no row of the trajectories is in the source"):
        committor(features, never, low, 1)
    with pytest.raises(DataError, match="both in the source and in the target"):
        committor(features, low, low, 1)
    with pytest.raises(ConfigurationError, match="lag=0"):
        mean_first_passage_time(features, low, 0)
    with pytest.raises(DataError, match="lag=500: no pairs of rows begin between the ends"):
        mean_first_passage_time(features, low, 500)


def test_intervals_of_two_trajectories_hold_the_mean_first_passage_time_nearly_as_often_as_they_say():
    held, switching = [], 0.02
    for seed in range(40):
        switches = np.random.default_rng(seed).random((2, 2000)) < switching
        states = np.cumsum(switches, axis=1) % 2
        features = [np.stack([np.ones(2000), 2.0 * row - 1], axis=1) for row in states]
        passage = mean_first_passage_time(features, list(states == 1), 1, seed=seed)
        _, low, high = passage.mean_over(np.array([[1.0, -1.0]]))
        held.append(low <= 1 / switching <= high)
    assert np.mean(held) > 0.8
