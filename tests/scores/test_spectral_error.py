import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.scores import directed_hausdorff_distance, spectral_error

EXACT = np.array([1, -0.19 + 0.19j, -0.19 - 0.19j, -0.027, 0.022])


def test_a_collapsed_model_wins_the_hausdorff_distance_and_not_the_spectral_error():
    collapsed = np.array([1.0, 0, 0, 0, 0])
    assert directed_hausdorff_distance(collapsed, np.append(EXACT, 0)) == 0
    assert spectral_error(collapsed, EXACT) == pytest.approx(abs(EXACT[1]))


def test_order_does_not_matter_and_the_error_is_symmetric():
    rng = np.random.default_rng(0)
    other = EXACT + 0.01 * rng.standard_normal(5)
    error = spectral_error(other, EXACT)
    assert spectral_error(rng.permutation(other), rng.permutation(EXACT)) == pytest.approx(error)
    assert spectral_error(EXACT, other) == pytest.approx(error)
    assert error == pytest.approx(np.abs(other - EXACT).max())


def test_eigenvalues_that_a_model_lacks_count_as_zero_and_small_ones_beyond_the_leading_are_ignored():
    assert spectral_error(EXACT[:4], EXACT) == pytest.approx(0.022)
    assert spectral_error(np.append(EXACT, [0.01, 0.001]), EXACT) == 0
    assert spectral_error(EXACT + np.array([0, 0, 0, 0, 5e-4]), EXACT, n_leading=4) == 0


def test_a_cut_through_a_complex_pair_keeps_the_same_member_of_both():
    for rounding in (1e-15, -1e-15):
        estimate = EXACT * np.array([1, 1 + rounding, 1, 1, 1])
        assert spectral_error(estimate, EXACT, n_leading=2) < 1e-12
        assert spectral_error(estimate[::-1], EXACT, n_leading=2) < 1e-12


def test_bad_input_is_an_error():
    with pytest.raises(ConfigurationError, match="n_leading=6"):
        spectral_error(EXACT, EXACT, n_leading=6)
    with pytest.raises(DataError, match="finite"):
        spectral_error(np.array([1.0, np.nan]), EXACT)
    with pytest.raises(DataError, match="at least one"):
        directed_hausdorff_distance(np.array([]), EXACT)
