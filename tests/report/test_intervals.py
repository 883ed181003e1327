import numpy as np
import pytest

from sciml_bench.report.leaderboard.intervals import bootstrap


def half_width(interval):
    return (interval.high - interval.low) / 2


def test_seeds_and_starts_vary_independently_of_each_other():
    """Of scores a_s + b_t the mean varies by var(a)/S + var(b)/T; pooled starts would say var/(S·T), far too little."""
    rng = np.random.default_rng(1)
    seeds, starts = rng.normal(size=40), 3 * rng.normal(size=60)
    table = 10 + seeds[:, None] + starts
    interval = bootstrap(list(table.mean(axis=1)), list(table))
    deviation = np.sqrt(seeds.var() / 40 + starts.var() / 60)
    assert interval[2:] == (40, 60)
    assert half_width(interval) == pytest.approx(1.96 * deviation, rel=0.07)
    assert (interval.high + interval.low) / 2 == pytest.approx(table.mean(), abs=0.1 * deviation)


def test_a_root_mean_square_is_drawn_as_one():
    """By the delta method √m varies by sd(x²)/(2 √m √T)."""
    squares = np.random.default_rng(2).gamma(3.0, size=400)
    score = np.sqrt(squares.mean())
    interval = bootstrap([score], [np.sqrt(squares)])
    assert half_width(interval) == pytest.approx(1.96 * squares.std() / (2 * score * 20), rel=0.07)
    assert interval.low < score < interval.high
    assert abs(np.sqrt(squares).mean() - score) > 0.5 * half_width(interval)  # the mean would be told apart


def test_a_median_is_drawn_as_one():
    """The median of T values varies by 1 / (2 f √T) with the density f there: √(π/2) for a normal law."""
    values = np.random.default_rng(3).normal(5.0, size=900)
    interval = bootstrap([float(np.median(values))], [values])
    assert half_width(interval) == pytest.approx(1.96 * np.sqrt(np.pi / 2) / 30, rel=0.25)


def test_starts_that_do_not_give_the_score_are_not_used():
    interval = bootstrap([1.0, 2.0, 3.0], [np.full(20, 7.0)] * 3)
    assert interval[2:] == (3, 0)
    assert (interval.low, interval.high) == (1.0, 3.0)  # 1/27 of all draws have the smallest seed alone


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 1.0], [float("inf")] * 2, [1.0, float("nan")]])
def test_there_is_no_interval_where_nothing_varies_that_could_be_drawn(values):
    assert bootstrap(values) is None


def test_an_infinite_seed_is_the_upper_end_and_no_number_is_made_of_it():
    table = [np.full(4, 1.0), np.array([1.0, 1.0, 1.0, np.inf])]
    interval = bootstrap([1.0, np.inf], table)
    assert interval == (1.0, np.inf, 2, 4)


def test_the_same_runs_give_the_same_interval():
    table = np.random.default_rng(0).normal(size=(3, 20))
    assert bootstrap(list(table.mean(axis=1)), list(table)) == bootstrap(list(table.mean(axis=1)), list(table))


def test_starts_with_few_rows_count_as_little_as_they_do_in_the_score():
    """By the delta method a ratio Σx/Σw of T starts varies by sd(x − r w)/(√T mean(w)); the score is its root."""
    rng = np.random.default_rng(4)
    rows = rng.integers(0, 50, size=400).astype(float)
    squares = rng.gamma(3.0, size=400)
    score = float(np.sqrt(np.sum(rows * squares) / rows.sum()))
    starts = np.where(rows > 0, np.sqrt(squares), np.nan)  # what no row tells
    interval = bootstrap([score], [starts], [rows])
    deviation = np.std(rows * (squares - score**2)) / (20 * rows.mean()) / (2 * score)
    assert half_width(interval) == pytest.approx(1.96 * deviation, rel=0.07)
    assert interval.low < score < interval.high
    assert bootstrap([score], [starts]) is None
    two = bootstrap([score, 2 * score], [starts, 2 * starts], [rows, rows])
    assert (two.seeds, two.starts) == (2, np.count_nonzero(rows))
    assert two.low == pytest.approx(score, rel=0.1)
    assert two.high == pytest.approx(2 * score, rel=0.1)
