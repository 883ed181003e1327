"""A finite chain with one-hot features: the estimate must equal the frequencies that one can count by hand."""

import numpy as np
import pytest
import torch

from sciml_bench.data import TrajectoryData
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.koopman import KoopmanOperator, fitted
from sciml_bench.koopman.fitted import FittedOperator, block_length

N_STATES = 4


class ChainData(TrajectoryData):
    def load_splits(self):
        rng = np.random.default_rng(0)
        transition = rng.dirichlet(np.ones(N_STATES), size=N_STATES)
        paths = []
        for length in (301, 200):
            path = [0]
            for _ in range(length - 1):
                path.append(rng.choice(N_STATES, p=transition[path[-1]]))
            paths.append(np.array(path, dtype=float)[:, None])
        return {"train": Trajectories(tuple(paths))}


def chain_data(lag=1):
    data = ChainData(lag=lag, batch_size=16)
    data.setup()
    return data


def one_hot(states):
    return torch.nn.functional.one_hot(states[:, 0].long(), N_STATES).double()


def counted(data, lag):
    """How often state j followed state i after `lag` steps, within a trajectory."""
    counts = np.zeros((N_STATES, N_STATES))
    for path in data.splits["train"].states:
        values = np.asarray(path[:, 0]).astype(int)
        for now, later in zip(values[:-lag], values[lag:], strict=True):
            counts[now, later] += 1
    return counts


@pytest.mark.parametrize("method", ["cca", "edmd_left", "edmd_right"])
@pytest.mark.parametrize("lag", [1, 3])
def test_forecasts_of_a_chain_are_powers_of_the_counted_transitions(method, lag):
    data = chain_data(lag)
    estimate = FittedOperator.fit(KoopmanOperator(method, relative_cutoff=1e-13), data, one_hot, one_hot)
    counts = counted(data, lag)
    ahead, back = counts / counts.sum(axis=1, keepdims=True), (counts / counts.sum(axis=0)).T
    states = np.arange(N_STATES, dtype=float)[:, None]
    steps = (1, 2, 7, -1, -2, -7)
    for step, forecast in zip(steps, estimate.forecast(states, steps), strict=True):
        expected = np.linalg.matrix_power(ahead if step > 0 else back, abs(step)) @ states
        np.testing.assert_allclose(forecast, expected, atol=1e-10)


def test_the_estimate_does_not_depend_on_the_size_of_the_blocks_it_is_streamed_in(monkeypatch):
    data = chain_data()
    whole = FittedOperator.fit(KoopmanOperator("edmd_left"), data, one_hot, one_hot)
    monkeypatch.setattr(fitted, "STREAMED_BYTES", 40 * data.pairs("train").bytes_per_pair)
    assert block_length(data.pairs("train")) == 40
    streamed = FittedOperator.fit(KoopmanOperator("edmd_left"), data, one_hot, one_hot)
    assert streamed.operator.n_samples_seen_ == whole.operator.n_samples_seen_ == 300 + 199
    np.testing.assert_allclose(streamed.operator.eigenvalues_, whole.operator.eigenvalues_, atol=1e-12)


def test_a_block_holds_a_pair_even_where_one_is_larger_than_the_memory_for_it(monkeypatch):
    monkeypatch.setattr(fitted, "STREAMED_BYTES", 1)
    assert block_length(chain_data().pairs("train")) == 1


def test_a_decoder_makes_states_of_predicted_features():
    data = chain_data()

    def decode(codes):
        return codes @ torch.arange(float(N_STATES))[:, None]

    linear = FittedOperator.fit(KoopmanOperator("edmd_left"), data, one_hot, one_hot)
    decoded = FittedOperator.fit(KoopmanOperator("edmd_left"), data, one_hot, one_hot, decode)
    states = np.arange(N_STATES, dtype=float)[:, None]
    for expected, found in zip(linear.forecast(states, [1, 4, -1]), decoded.forecast(states, [1, 4, -1]), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)  # a decoder works in single precision


def test_features_of_both_sides_keep_their_places():
    data = chain_data()

    def doubled(states):
        return 2 * one_hot(states)

    estimate = FittedOperator.fit(KoopmanOperator("cca"), data, one_hot, doubled)
    f_now, f_next, g_now, g_next, now, later = next(estimate.evaluated_pairs(data.pairs("train")))
    eye = np.eye(N_STATES)
    np.testing.assert_array_equal(f_now, eye[now[:, 0].astype(int)])
    np.testing.assert_array_equal(f_next, eye[later[:, 0].astype(int)])
    np.testing.assert_array_equal(g_now, 2 * f_now)
    np.testing.assert_array_equal(g_next, 2 * f_next)
    assert all(part.dtype == np.float64 for part in (f_now, g_next, now))
    np.testing.assert_array_equal(estimate.f(np.array([[2.0]])), eye[[2]])
    np.testing.assert_array_equal(estimate.g(np.array([[2.0]])), 2 * eye[[2]])


def test_a_learned_step_takes_the_place_of_the_estimated_operator():
    rotation = np.array([[0.0, -1.0], [1.0, 0.0]])
    states = np.stack([np.linalg.matrix_power(rotation, step) @ [1.0, 0.0] for step in range(5)])
    fitted = FittedOperator(
        KoopmanOperator("edmd_left").fit(states[:-1], states[1:]),
        lambda x: x,
        lambda x: x,
        state_shape=(2,),
        decode=lambda codes: 2 * codes,
        learned_step=rotation,
    )
    ahead, back = fitted.forecast(states[:1], [3, -1])
    np.testing.assert_allclose(ahead[0], 2 * states[3], atol=1e-6)
    np.testing.assert_allclose(back[0], 2 * states[3], atol=1e-6)
