import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import MarkovChain, Quadrature


def normal_density(z):
    return np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)


def test_pair_expectations_equal_the_sum_over_all_pairs():
    rng = np.random.default_rng(0)
    quadrature = MarkovChain.random(4, seed=1).quadrature()
    now, later = rng.standard_normal((4, 2)), rng.standard_normal((4, 3))
    expected = np.zeros((2, 3))
    for i in range(4):
        for j in range(4):
            for k in range(4):
                probability = quadrature.weights[i] * quadrature.transition[i, j] * quadrature.transition[j, k]
                expected += probability * np.outer(now[i], later[k])
    np.testing.assert_allclose(quadrature.correlation(now, later, lag=2), expected, atol=1e-14)


def test_points_too_few_for_the_width_of_a_transition_are_refused():
    points, length = np.linspace(-6, 6, 13, retstep=True)
    narrow = normal_density((points[None] - 0.9 * points[:, None]) / 0.2) / 0.2
    with pytest.raises(ConfigurationError, match="n_points = 13 is too coarse"):
        Quadrature.from_densities(points[:, None], np.full(13, length), normal_density(points), narrow)
