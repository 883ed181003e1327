import numpy as np
import pytest
from scipy.stats import pearsonr

from sciml_bench.koopman.kinetics import correlations


def test_correlations_are_pearsons():
    rng = np.random.default_rng(0)
    coordinates, noise = rng.standard_normal((2, 300, 2))
    variables = (np.column_stack([coordinates[:, 0], -coordinates[:, 1] + noise[:, 1]]) + 5).astype(np.float32)
    found = correlations(coordinates, variables)
    for row in range(2):
        for column in range(2):
            assert found[row, column] == pytest.approx(pearsonr(coordinates[:, row], variables[:, column])[0], abs=1e-5)


def test_what_is_constant_correlates_with_nothing():
    coordinates = np.random.default_rng(0).standard_normal((50, 1))
    variables = np.column_stack([np.full(50, 0.1, dtype=np.float32), coordinates[:, 0]])
    found = correlations(coordinates, variables)
    assert np.isnan(found[0, 0])
    assert found[0, 1] == pytest.approx(1)
