import numpy as np
import pytest

from sciml_bench.core.errors import TrainingError
from sciml_bench.mechnn.discovery.selection.term_selection import sequential_thresholding


def test_small_coefficients_are_dropped_and_the_others_fitted_again() -> None:
    rng = np.random.default_rng(0)
    design = rng.standard_normal((200, 5))
    design[:, 4] = design[:, 0] + 0.1 * rng.standard_normal(200)
    true = np.array([[2.0, 0.0], [0.0, -1.0], [0.03, 0.0], [0.0, 0.5], [0.0, 0.0]])
    coefficients, support = sequential_thresholding(design, design @ true, 0.1, ("a", "b"))
    np.testing.assert_array_equal(support, np.abs(true) >= 0.1)
    refit = np.linalg.lstsq(design[:, :1], design @ true[:, 0], rcond=None)[0]
    assert coefficients[0, 0] == pytest.approx(refit[0])
    np.testing.assert_allclose(coefficients[:, 1], true[:, 1], atol=1e-12)


def test_an_empty_support_names_the_component() -> None:
    design = np.random.default_rng(0).standard_normal((50, 2))
    with pytest.raises(TrainingError, match="db/dt"):
        sequential_thresholding(design, design @ np.array([[1.0, 0.01], [1.0, 0.0]]), 0.1, ("a", "b"))
