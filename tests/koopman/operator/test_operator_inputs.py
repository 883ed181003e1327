"""Regressions with inputs: dynamic mode decomposition with control, against linear systems in closed form."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.koopman import KoopmanOperator

A = np.array([[0.9, 0.2], [-0.1, 0.8]])
B = np.array([[0.5, 1.0, 0.0], [0.0, -0.3, 2.0]])
RNG = np.random.default_rng(0)
U = RNG.standard_normal((200, 3))


def motion(inputs: np.ndarray = U, start: tuple[float, float] = (1.0, -1.0)) -> np.ndarray:
    states = [np.array(start)]
    for u in inputs[:-1]:
        states.append(A @ states[-1] + B @ u)
    return np.array(states)


def matrices(operator: KoopmanOperator) -> tuple[np.ndarray, np.ndarray]:
    """A and B, column by column: what one step makes of unit states and unit inputs."""
    of_states = operator.predict(np.eye(2), 1, inputs=np.zeros((2, 1, 3)))
    return of_states.T, operator.predict(np.zeros((3, 2)), 1, inputs=np.eye(3)[:, None]).T


@pytest.mark.parametrize("method", ["edmd_left", "edmd_right", "ridge", "reduced_rank", "principal_component"])
def test_state_and_input_matrix_are_recovered(method):
    fitted = KoopmanOperator(method, tikhonov_regularization=0.0).fit(motion(), inputs=U)
    found_a, found_b = matrices(fitted)
    np.testing.assert_allclose(found_a, A, atol=1e-8)
    np.testing.assert_allclose(found_b, B, atol=1e-8)
    np.testing.assert_allclose(np.sort_complex(fitted.eigenvalues_), np.sort_complex(np.linalg.eigvals(A)), atol=1e-8)


def test_without_the_inputs_the_state_matrix_is_another():
    driven_by_states = motion(np.column_stack([motion()[:, 0], U[:, 1:]]))  # the first input follows the state
    fitted = KoopmanOperator("edmd_left").fit(driven_by_states)
    assert np.abs(fitted.predict(np.eye(2)).T - A).max() > 0.02


def test_many_steps_follow_the_system():
    fitted, states = KoopmanOperator("edmd_left").fit(motion(), inputs=U), motion()
    found = fitted.predict(states[:1], [1, 5, 50], inputs=U[None, :50])
    np.testing.assert_allclose(found[0], states[[1, 5, 50]], atol=1e-8)
    steps = list(fitted.path(states[:1], 3, inputs=U[None]))
    np.testing.assert_allclose(np.concatenate(steps), states[1:4], atol=1e-8)


def test_a_ridge_penalises_states_and_not_inputs():
    noisy = motion() + 0.1 * np.random.default_rng(1).standard_normal((200, 2))
    gamma, present = 0.3, noisy[:-1]
    fitted = KoopmanOperator("ridge", tikhonov_regularization=gamma).fit(noisy, inputs=U)
    scale = 1 / np.sqrt((present**2).mean(axis=0))
    both = np.hstack([present * scale, U[:-1]])
    penalty = len(present) * np.diag([gamma, gamma, 0, 0, 0])
    joint = np.linalg.solve(both.T @ both + penalty, both.T @ noisy[1:])
    np.testing.assert_allclose(fitted.predict(present, inputs=U[:-1, None]), both @ joint, atol=1e-10)


def test_an_offset_of_inputs_is_taken_up_by_the_constant():
    states, inputs = motion() + 5.0, U + 1e4
    fitted = KoopmanOperator("edmd_left", add_constant=True).fit(states, inputs=inputs)
    found = fitted.predict(states[:1], 20, inputs=inputs[None, :20])
    np.testing.assert_allclose(found[0], states[20], atol=1e-4)


def test_an_input_in_another_unit_gives_the_same_bits():
    states, fitted = motion(), KoopmanOperator("ridge").fit(motion(), inputs=U)
    factors = np.array([2.0**-30, 2.0**30, 2.0**5])
    other = KoopmanOperator("ridge").fit(states, inputs=U * factors)
    expected = fitted.predict(states[:9], [1, 7], inputs=np.stack([U[:7]] * 9))
    np.testing.assert_array_equal(other.predict(states[:9], [1, 7], inputs=np.stack([U[:7]] * 9) * factors), expected)
    decimal = KoopmanOperator("ridge").fit(states, inputs=U * 1e9)
    np.testing.assert_allclose(decimal.predict(states[:1], 7, inputs=1e9 * U[None, :7]), expected[:1, 1], rtol=1e-6)


def test_chunks_weights_and_files_agree_with_one_fit(tmp_path):
    states, once = motion(), KoopmanOperator("edmd_left").fit(motion(), inputs=U)
    chunks = KoopmanOperator("edmd_left")
    for part in (slice(0, 80), slice(80, 199)):
        chunks.partial_fit(states[:-1][part], states[1:][part], inputs=U[:-1][part])
    weighted = KoopmanOperator("edmd_left").fit(states, inputs=U, sample_weight=np.full(200, 3.0))
    once.save(tmp_path / "operator.npz")
    again = KoopmanOperator.load(tmp_path / "operator.npz")
    asked = {"steps": 4, "inputs": U[None, :4]}
    expected = once.predict(states[:1], **asked)
    np.testing.assert_array_equal(again.predict(states[:1], **asked), expected)
    for other in (chunks, weighted):
        np.testing.assert_allclose(other.predict(states[:1], **asked), expected, atol=1e-10)


def test_what_does_not_go_together_is_told():
    states, fitted = motion(), KoopmanOperator("edmd_left").fit(motion(), inputs=U)
    with pytest.raises(ConfigurationError, match="method=cca decomposes the law of a system on which nothing acts"):
        KoopmanOperator("cca").fit(states, inputs=U)
    with pytest.raises(DataError, match="inputs: 5 rows where 200 are needed"):
        KoopmanOperator("edmd_left").fit(states, inputs=U[:5])
    with pytest.raises(DataError, match="inputs: give as many columns in every chunk"):
        KoopmanOperator("edmd_left").fit(states, inputs=U).partial_fit(states, inputs=U[:, :1])
    with pytest.raises(DataError, match=r"inputs: an array of the shape \(1, 0, 0\); this operator needs \(1, 1, 3\)"):
        fitted.predict(states[:1])
    with pytest.raises(DataError, match=r"inputs: an array of the shape \(1, 1, 3\); this operator needs \(1, 2, 3\)"):
        fitted.predict(states[:1], 2, inputs=U[None, :1])
    with pytest.raises(DataError, match="goes ahead only"):
        fitted.predict(states[:1], -1, inputs=U[None, :1])
    with pytest.raises(ConfigurationError, match="score: VAMP-E is that of a system without inputs"):
        fitted.score(states)
