import numpy as np

from sciml_bench.systems.numerics.spectral_order import spectral_order


def test_eigenvalues_come_by_decreasing_modulus_with_conjugates_together_and_positive_imaginary_part_first():
    ordered = np.array([1.0, -0.5 + 0.6j, -0.5 - 0.6j, 0.5, 0.3 + 0.4j, 0.3 - 0.4j, -0.5, 0.0])
    for seed in range(20):
        shuffled = np.random.default_rng(seed).permutation(ordered)
        np.testing.assert_array_equal(shuffled[spectral_order(shuffled)], ordered)


def test_two_conjugate_pairs_of_one_modulus_stay_together_despite_rounding():
    pairs = np.exp(1j * np.array([0.4, -0.4, 1.1, -1.1])) * (1 + 1e-15 * np.array([0, 3, 5, 1]))
    shuffled = pairs[[3, 0, 2, 1]]
    np.testing.assert_allclose(shuffled[spectral_order(shuffled)], pairs)
