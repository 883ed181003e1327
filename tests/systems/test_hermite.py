import numpy as np

from sciml_bench.systems.numerics.hermite import orthonormal_hermite


def test_hermite_functions_are_orthonormal_under_the_standard_normal_law():
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    functions = orthonormal_hermite(20, nodes)
    gram = (functions * (weights / weights.sum())[:, None]).T @ functions
    np.testing.assert_allclose(gram, np.eye(20), atol=1e-10)


def test_hermite_functions_of_high_order_do_not_overflow():
    assert np.isfinite(orthonormal_hermite(400, np.array([0.3, 2.0]))).all()
