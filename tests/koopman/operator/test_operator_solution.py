"""Predictions and eigenfunctions from a few small matrices, against products written out."""

import numpy as np

from sciml_bench.koopman.operator.solution import LinearPropagator, OperatorSolution

RNG = np.random.default_rng(3)
ENCODE, STEP, DECODE = RNG.standard_normal((4, 3)), RNG.standard_normal((3, 3)) / 2, RNG.standard_normal((3, 2))


def test_each_step_beyond_the_first_multiplies_once_more():
    features = RNG.standard_normal((5, 4))
    coordinates, expected = features @ ENCODE, []
    for _ in range(4):
        expected.append(coordinates @ DECODE)
        coordinates = coordinates @ STEP
    found = LinearPropagator("f", ENCODE, STEP, DECODE).predict(features, [1, 2, 4])
    np.testing.assert_allclose(found, np.stack([expected[0], expected[1], expected[3]], axis=1), rtol=1e-12)


def test_eigenfunctions_have_unit_norm_and_their_modes_make_the_prediction():
    metric = ENCODE.T @ ENCODE
    propagator = LinearPropagator("f", ENCODE, STEP, DECODE)
    nothing = np.zeros((4, 3))
    solution = OperatorSolution(np.ones(3), "f", nothing, "f", nothing, propagator, metric, propagator, nothing, False)
    system = solution.eigensystem()
    assert (np.diff(np.abs(system.eigenvalues)) <= 1e-12).all()
    features = RNG.standard_normal((5, 4))
    values = features @ system.right_map
    coordinates = np.linalg.lstsq(ENCODE, system.right_map, rcond=None)[0]
    np.testing.assert_allclose(np.einsum("ir,ij,jr->r", coordinates.conj(), metric, coordinates).real, 1, rtol=1e-9)
    for steps in (1, 2, 5):
        found = (values * system.eigenvalues ** (steps - 1)) @ system.modes
        np.testing.assert_allclose(found, propagator.predict(features, [steps])[:, 0], atol=1e-10)


def test_a_null_direction_has_an_eigenvalue_of_zero_and_no_division_by_it():
    step, metric = np.diag([0.5, 0.0]), np.diag([2.0, 1.0])
    propagator = LinearPropagator("g", np.eye(2), step, np.eye(2))
    eye = np.eye(2)
    system = OperatorSolution(np.ones(2), "f", eye, "g", eye, propagator, metric, propagator, eye, True).eigensystem()
    np.testing.assert_allclose(system.eigenvalues, [0.5, 0.0])
    np.testing.assert_allclose(np.abs(system.right_map), np.diag([1 / np.sqrt(2), 1.0]))
    # divided by its eigenvalue: dual under the law of the future; the other one is left as it is
    np.testing.assert_allclose(np.abs(system.left_map), np.diag([np.sqrt(2) / 0.5, 1.0]))
