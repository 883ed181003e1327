import numpy as np
import pytest

from sciml_bench.mechnn.discovery.block_smoothing import block_smoothed

TIMES = np.linspace(0, 20, 801)
CLEAN = np.stack([np.sin(TIMES), np.cos(1.7 * TIMES)], axis=1)


def test_smoothing_by_the_block_removes_most_of_white_noise() -> None:
    noisy = CLEAN + 0.1 * np.random.default_rng(0).standard_normal(CLEAN.shape)
    smoothed, weight = block_smoothed(noisy, np.diff(TIMES))
    assert np.isfinite(weight)
    assert np.std(smoothed - CLEAN) < 0.5 * np.std(noisy - CLEAN)


def test_clean_rows_are_left_as_they_are() -> None:
    smoothed, weight = block_smoothed(CLEAN[::10], np.diff(TIMES[::10]))
    assert weight == float("inf")
    np.testing.assert_array_equal(smoothed, CLEAN[::10])


@pytest.mark.parametrize("weight", [0.1, 1.0])
def test_a_polynomial_of_the_order_of_taylor_s_formula_is_kept_exactly(weight: float) -> None:
    times = np.linspace(0, 1, 60)
    cubic = np.stack([1 - times + 3 * times**3], axis=1)
    smoothed, _ = block_smoothed(cubic, np.diff(times), weight, taylor_order=3)
    np.testing.assert_allclose(smoothed, cubic, atol=1e-9)
