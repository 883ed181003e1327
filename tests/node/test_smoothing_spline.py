import numpy as np
import pytest
from scipy.interpolate import CubicSpline, make_smoothing_spline

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.node import SmoothingSpline


def noisy(n_times=30, dim=3, seed=0):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.05, 0.3, n_times))
    return times, np.sin(times[:, None] * np.arange(1, dim + 1)) + 0.2 * rng.standard_normal((n_times, dim))


@pytest.mark.parametrize("smoothing", [1e-4, 1e-2, 5])
def test_it_is_scipys_smoothing_spline(smoothing):
    times, values = noisy()
    query = np.linspace(times[0], times[-1], 200)
    expected = np.stack([make_smoothing_spline(times, column, lam=smoothing)(query) for column in values.T], axis=1)
    np.testing.assert_allclose(SmoothingSpline(times, values, smoothing)(query), expected, rtol=1e-8, atol=1e-8)


def test_cross_validation_finds_the_lowest_score_of_all_weights():
    """Residuals and degrees of freedom of SciPy's splines through the columns of a unit matrix, for 150 weights."""
    times, values = noisy(dim=40)
    weights = np.median(np.diff(times)) ** 3 * 10.0 ** np.linspace(-6, 5.9, 150)
    left = [np.eye(30) - make_smoothing_spline(times, np.eye(30), lam=weight)(times) for weight in weights]
    scores = np.array([np.sum((each @ values) ** 2, axis=0) / np.trace(each) ** 2 for each in left])
    curves = np.stack([values - each @ values for each in left])
    found = SmoothingSpline(times, values, "gcv")(times)
    nearest = np.argmin(np.abs(curves - found).max(axis=1), axis=0)
    reached = np.take_along_axis(scores, nearest[None], axis=0)[0]
    np.testing.assert_allclose(reached, scores.min(axis=0), rtol=5e-3)


@pytest.mark.parametrize("period", [8, 30, 200, 2000])
@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_ten_thousand_noisy_rows_of_a_sine_are_followed_as_far_as_their_noise_allows(period, noise):
    """A smoothing spline passes the part 1 / (1 + λ w(ω)) of a frequency: bias and noise that the best λ has."""
    rows = np.arange(10_000)
    truth = np.sin(2 * np.pi * rows / period)
    observed = truth + noise * np.random.default_rng(0).standard_normal(len(rows))
    found = SmoothingSpline(rows, observed[:, None], "gcv")(rows)[:, 0]
    weights = 10.0 ** np.linspace(-4, 10, 500)
    bias = weights * (2 * np.pi / period) ** 4 / (1 + weights * (2 * np.pi / period) ** 4)
    frequencies = np.linspace(0, np.pi, 2000)
    passed = 1 / (1 + weights[:, None] * 6 * (2 - 2 * np.cos(frequencies)) ** 2 / (4 + 2 * np.cos(frequencies)))
    least = np.sqrt(np.min(bias**2 / 2 + noise**2 * np.mean(passed**2, axis=1)))
    assert np.sqrt(np.mean((found - truth) ** 2)) < 1.1 * least


@pytest.mark.parametrize("smoothing", [0, 1e-3, "gcv"])
@pytest.mark.parametrize(("factor", "offset"), [(2.0**30, 0.0), (1e-9, 0.0), (1e9, 1e13), (3e-7, -3e-3)])
@pytest.mark.parametrize("time", [2.0**-30, 1e-9, 1e9])
def test_it_is_the_same_curve_in_every_unit(smoothing, factor, offset, time):
    times, values = noisy()
    weight = smoothing if smoothing == "gcv" else smoothing * time**3
    factors = factor * np.array([1.0, 2.0, 0.25])
    expected = SmoothingSpline(times, values, smoothing)
    spline = SmoothingSpline(time * times, factors * values + offset, weight)
    query = np.linspace(times[0], times[-1], 40)
    exact = offset == 0 and factor > 1 and time == 2.0**-30
    tolerance = 0 if exact else 1e-9
    np.testing.assert_allclose((spline(time * query) - offset) / factors, expected(query), rtol=0, atol=tolerance)
    slopes, steepest = expected.held_slope(query), np.abs(expected.held_slope(query)).max()
    found = spline.held_slope(time * query) * time / factors
    np.testing.assert_allclose(found, slopes, rtol=0, atol=tolerance * steepest)


def test_cross_validated_rows_may_begin_at_any_time() -> None:
    """Also where they are 1 apart, which is the unit that the spline counts in."""
    times = np.arange(20.0)
    values = np.sin(times)[:, None] + 0.1 * np.random.default_rng(0).standard_normal((20, 1))
    early, late = SmoothingSpline(times, values, "gcv"), SmoothingSpline(times + 40, values, "gcv")
    query = np.linspace(0, 19, 77)
    np.testing.assert_array_equal(late(query + 40), early(query))
    np.testing.assert_array_equal(late.held_slope(query + 40), early.held_slope(query))


def test_cross_validation_finds_a_slow_motion_in_dense_noise_and_its_unit_does_not_matter():
    """500 rows of a sine of 250 rows' period: the noise is damped by more than a factor of three, in every unit."""
    rng, rows = np.random.default_rng(0), np.arange(500)
    truth = np.sin(2 * np.pi * rows / 250)[:, None]
    observed = truth + 0.1 * rng.standard_normal(truth.shape)
    for time_step in (1e-6, 1.0, 1e6):
        error = SmoothingSpline(time_step * rows, observed, "gcv")(time_step * rows) - truth
        assert np.sqrt(np.mean(error**2)) < 0.1 / 3


@pytest.mark.parametrize("n_times", [2, 3, 30])
def test_without_smoothing_it_is_the_natural_interpolating_spline(n_times):
    times, values = noisy(n_times)
    spline, query = SmoothingSpline(times, values), np.linspace(times[0], times[-1], 100)
    np.testing.assert_allclose(spline(query), CubicSpline(times, values, bc_type="natural")(query), atol=1e-8)
    np.testing.assert_allclose(spline(times), values, atol=1e-12)


def test_it_minimises_misfit_and_roughness():
    times, values = noisy(dim=1)
    weight, fine = 0.02, np.linspace(times[0], times[-1], 20_001)

    def objective(of_times, on_grid):
        curvature = np.gradient(np.gradient(on_grid, fine), fine)
        return np.sum((values[:, 0] - of_times) ** 2) + weight * np.trapezoid(curvature**2, fine)

    spline = SmoothingSpline(times, values, weight)
    best = objective(spline(times)[:, 0], spline(fine)[:, 0])
    for wave in (1.0, 2.5):
        for size in (-0.02, 0.02):
            moved = objective(
                spline(times)[:, 0] + size * np.sin(wave * times), spline(fine)[:, 0] + size * np.sin(wave * fine)
            )
            assert moved > best


@pytest.mark.parametrize("smoothing", [0, 1e-3, 1e3, "gcv"])
def test_straight_lines_are_kept_exactly(smoothing):
    times, _ = noisy()
    line = np.stack([2 * times - 1, -0.5 * times], axis=1)
    query = np.linspace(times[0], times[-1], 50)
    expected = np.stack([2 * query - 1, -0.5 * query], axis=1)
    np.testing.assert_allclose(SmoothingSpline(times, line, smoothing)(query), expected, atol=1e-8)


def test_whole_numbers_are_times_too_and_queries_may_have_any_shape():
    spline = SmoothingSpline(np.arange(6), np.arange(12).reshape(6, 2))
    np.testing.assert_allclose(spline(np.array([[1, 2], [3, 5]])), [[[2, 3], [4, 5]], [[6, 7], [10, 11]]], atol=1e-12)
    np.testing.assert_allclose(spline(np.array(2.5)), [5, 6], atol=1e-12)


def test_integrators_may_look_beyond_the_data_where_the_spline_is_held():
    times, values = noisy()
    spline = SmoothingSpline(times, values)
    beyond = np.array([times[0] - 1, times[-1] + 5])
    np.testing.assert_allclose(spline.held(beyond), values[[0, -1]], atol=1e-12)
    np.testing.assert_array_equal(spline.held_slope(beyond), np.zeros((2, 3)))
    inside = np.linspace(times[0], times[-1], 40)[1:-1]
    difference = (spline.held(inside + 1e-5) - spline.held(inside - 1e-5)) / 2e-5
    np.testing.assert_allclose(spline.held_slope(inside), difference, atol=1e-6)


def test_it_is_not_continued_beyond_the_data():
    times, values = noisy()
    spline = SmoothingSpline(times, values)
    spline(times[-1:] + 1e-12)  # rounding is no extrapolation
    for query in (times[0] - 0.01, times[-1] + 0.01):
        with pytest.raises(DataError, match=f"asked for time {query:g}, but the data cover .*not continued"):
            spline(np.array([times[3], query]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, v: (np.where(np.arange(30) == 7, t[6], t), v), "times must increase, but row 7 .* follows"),
        (lambda t, v: (t[::-1], v), "times must increase, but row 1"),
        (lambda t, v: (np.where(np.arange(30) == 7, np.nan, t), v), "must be finite"),
        (lambda t, v: (t, np.where(np.arange(30)[:, None] == 7, np.inf, v)), "must be finite"),
        (lambda t, v: (t[:1], v[:1]), "at least 2 points; there are 1"),
    ],
)
def test_unusable_observations_are_refused(change, message):
    with pytest.raises(DataError, match=message):
        SmoothingSpline(*change(*noisy()))


def test_four_points_are_too_few_to_smooth():
    times, values = noisy(4)
    with pytest.raises(DataError, match="smoothing needs at least 5 points; there are 4: set smoothing=0"):
        SmoothingSpline(times, values, 0.1)


@pytest.mark.parametrize("smoothing", [-1e-3, np.inf, np.nan, "cv", True])
def test_unusable_smoothing_is_refused(smoothing):
    with pytest.raises(
        ConfigurationError, match=f"training.smoothing={smoothing}: give a number of at least 0, or gcv"
    ):
        SmoothingSpline(*noisy(), smoothing)


def test_each_of_many_columns_is_smoothed_as_if_it_were_alone() -> None:
    rng = np.random.default_rng(0)
    times, values = np.arange(60.0), rng.standard_normal((60, 37)).cumsum(axis=0)
    together = SmoothingSpline(times, values, "gcv")(times)
    for column in range(37):
        alone = SmoothingSpline(times, values[:, [column]], "gcv")(times)
        np.testing.assert_allclose(together[:, [column]], alone, rtol=1e-9, atol=1e-9)
