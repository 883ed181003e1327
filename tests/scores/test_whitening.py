import numpy as np

from sciml_bench.scores.whitening import whitening


def test_whitened_functions_are_orthonormal_and_null_directions_are_left_out():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((50, 3)) @ rng.standard_normal((3, 5))
    moment = x.T @ x / 50
    whiten = whitening(moment)
    assert whiten.shape == (5, 3)
    np.testing.assert_allclose(whiten.T @ moment @ whiten, np.eye(3), atol=1e-10)
    np.testing.assert_allclose(whiten @ whiten.T, np.linalg.pinv(moment, rcond=1e-9), rtol=1e-6)


def test_nothing_has_no_directions():
    assert whitening(np.zeros((3, 3))).shape == (3, 0)
