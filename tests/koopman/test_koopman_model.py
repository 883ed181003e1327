"""A finite chain with one-hot features: the estimate must equal the frequencies that one can count by hand."""

from functools import partial

import numpy as np
import pytest
import torch
from koopman_cases import blobs_in_turn, estimated, learning, logistic_pairs, pairs_of

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import Record, Trajectories
from sciml_bench.data.capabilities import Forecaster, SpectrumEstimator
from sciml_bench.koopman import (
    DynamicalAutoEncoderLearning,
    DynamicalAutoEncoderLoss,
    FeaturePair,
    KoopmanModel,
    KoopmanOperator,
    LinearRegression,
    feature_streams,
)
from sciml_bench.koopman.feature_streams import evaluated_pairs
from sciml_bench.networks import ConvolutionalEncoder, MultilayerPerceptron

N_STATES = 4


class ChainRecord(Record):
    def __init__(self):
        super().__init__(split={"train": 1.0}, split_by="trajectory")

    def load(self):
        rng = np.random.default_rng(0)
        transition = rng.dirichlet(np.ones(N_STATES), size=N_STATES)
        paths = []
        for length in (301, 200):
            path = [0]
            for _ in range(length - 1):
                path.append(rng.choice(N_STATES, p=transition[path[-1]]))
            paths.append(np.array(path, dtype=float)[:, None])
        return Trajectories(tuple(paths))


def chain(lag=1):
    return pairs_of(ChainRecord(), lag=lag)


def one_hot(states):
    return torch.nn.functional.one_hot(states[:, 0].long(), N_STATES).double()


def counted(view, lag):
    """How often state j followed state i after `lag` steps, within a trajectory."""
    counts = np.zeros((N_STATES, N_STATES))
    for path in view.record.splits["train"].states:
        values = np.asarray(path[:, 0]).astype(int)
        for now, later in zip(values[:-lag], values[lag:], strict=True):
            counts[now, later] += 1
    return counts


@pytest.mark.filterwarnings("error")
def test_states_that_may_not_be_written_are_encoded_without_a_warning():
    learned, states = estimated(chain(), one_hot), np.arange(N_STATES, dtype=np.float32)[:, None]
    states.flags.writeable = False  # as those of a memory map
    torch.set_warn_always(True)
    try:
        np.testing.assert_array_equal(learned.f(states), np.eye(N_STATES))
        np.testing.assert_array_equal(learned.g(states), np.eye(N_STATES))
    finally:
        torch.set_warn_always(False)


EVERY_STATE = np.arange(N_STATES, dtype=float)[:, None]


def pasts(*parts):
    whole = Trajectories((np.arange(6.0)[:, None],))
    return whole.unchecked(states=tuple(np.asarray(part, dtype=float) for part in parts))


@pytest.mark.parametrize("method", ["cca", "edmd_left", "edmd_right"])
@pytest.mark.parametrize("lag", [1, 3])
def test_forecasts_of_a_chain_are_powers_of_the_counted_transitions(method, lag):
    view = chain(lag)
    model = estimated(view, one_hot, method)
    counts = counted(view, lag)
    ahead, back = counts / counts.sum(axis=1, keepdims=True), (counts / counts.sum(axis=0)).T
    steps = (1, 2, 7, -1, -2, -7)
    for step, forecast in zip(steps, model.expected(EVERY_STATE, steps), strict=True):
        expected = np.linalg.matrix_power(ahead if step > 0 else back, abs(step)) @ EVERY_STATE
        np.testing.assert_allclose(forecast, expected, atol=1e-6)


@pytest.mark.parametrize("method", ["cca", "edmd_right"])
@pytest.mark.parametrize("horizon", [7, -7])
def test_a_forecast_goes_on_from_the_last_row_step_by_step(method, horizon):
    model = estimated(chain(), one_hot, method)
    forecast = model.forecast(pasts([[3.0], [1.0]], [[0.0], [2.0]]), horizon)
    assert (forecast.kind, forecast.status) == ("expectation", ("ok", "ok"))
    signs = int(np.sign(horizon)) * np.arange(1, 8)
    np.testing.assert_allclose(forecast.times, np.tile(1 + signs, (2, 1)))
    expected = np.stack(list(model.expected(EVERY_STATE[[1, 2]], signs.tolist())), axis=1)
    np.testing.assert_allclose(forecast.states, expected, atol=1e-8)


def test_steps_between_two_lags_are_forecast_from_rows_a_whole_number_of_lags_before():
    model = estimated(chain(3), one_hot)
    last = [[2.0], [0.0], [3.0]]
    states = model.forecast(pasts([[1.0], *last]), 7).states[0]
    once, twice, thrice = model.expected(np.array(last), [1, 2, 3])
    np.testing.assert_allclose(states, np.concatenate([once, twice, thrice])[:7], atol=1e-8)
    with pytest.raises(ConfigurationError, match=r"horizon=-2: steps back need training\.view\.lag=1"):
        model.forecast(pasts(last), -2)
    with pytest.raises(DataError, match=r"past: 2 states.*at least 3"):
        model.forecast(pasts(last[:2]), 1)


def test_stepwise_forecasts_lift_the_expected_state_again_and_need_not_decay_to_the_mean():
    model = estimated(pairs_of(TwoWells()), well_and_state)
    past = pasts([[0.9]])
    decayed, kept = model.forecast(past, 400), model.forecast(past, 400, stepwise=True)
    assert (decayed.kind, kept.kind) == ("expectation", "path")
    np.testing.assert_allclose(kept.states[:, :1], decayed.states[:, :1])
    assert abs(decayed.states[0, -1, 0]) < 0.3  # the mean of both wells
    assert kept.states[0, -1, 0] > 0.7  # the well in which it began


class TwoWells(Record):
    """A walk around +1 or -1 that changes sides every hundred steps or so."""

    def load(self):
        rng = np.random.default_rng(1)
        side = np.cumprod(np.where(rng.random(6000) < 0.01, -1.0, 1.0))
        return Trajectories(((side + 0.1 * rng.standard_normal(6000))[:, None],))


def well_and_state(states):
    return torch.cat((torch.ones_like(states), torch.sign(states), states), dim=1)


def test_times_off_the_clock_inputs_and_another_clock_are_refused():
    model, past = estimated(chain(), one_hot), pasts([[1.0]])
    with pytest.raises(ConfigurationError, match="steps by 1 step"):
        model.forecast(past, np.array([1.5]))
    with pytest.raises(ConfigurationError, match="inputs"):
        model.forecast(past, 1, inputs=np.zeros((1, 1)))
    with pytest.raises(DataError, match=r"0\.5 step apart"):
        model.forecast(past.unchecked(time_step=0.5), 1)


def test_the_estimate_does_not_depend_on_the_size_of_the_blocks_it_is_streamed_in(monkeypatch):
    view = chain()
    whole = estimated(view, one_hot)
    sizes = []
    monkeypatch.setattr(feature_streams, "STREAMED_BYTES", 40 * (8 + 8 * 2 * (2 * N_STATES + 1)))
    streamed = estimated(view, one_hot)
    sizes = [len(now) for now, *_ in evaluated_pairs(streamed.features, view.pairs("train"))]
    assert sizes[0] == 40
    assert streamed.operator.n_samples_seen_ == whole.operator.n_samples_seen_ == 300 + 199
    np.testing.assert_allclose(streamed.eigenvalues(), whole.eigenvalues(), atol=1e-12)
    monkeypatch.setattr(feature_streams, "STREAMED_BYTES", 1)  # a block holds a pair even where one is larger
    assert len(next(iter(evaluated_pairs(streamed.features, view.pairs("train"))))[0]) == 1


class Weighted(torch.nn.Module):
    def forward(self, codes):
        return codes @ torch.arange(float(N_STATES))[:, None]


def test_a_decoder_makes_states_of_predicted_features():
    view = chain()
    linear, decoded = estimated(view, one_hot), estimated(view, one_hot, decoder=Weighted())
    steps = [1, 4, -1]
    for expected, found in zip(linear.expected(EVERY_STATE, steps), decoded.expected(EVERY_STATE, steps), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)  # a decoder works in single precision


def test_features_of_both_sides_keep_their_places():
    view = chain()
    model = estimated(view, one_hot, "cca", lagged=lambda states: 2 * one_hot(states))
    f_now, f_next, g_now, g_next, now, later = next(evaluated_pairs(model.features, view.pairs("train")))
    eye = np.eye(N_STATES)
    np.testing.assert_array_equal(f_now, eye[now[:, 0].astype(int)])
    np.testing.assert_array_equal(f_next, eye[later[:, 0].astype(int)])
    np.testing.assert_array_equal(g_now, 2 * f_now)
    np.testing.assert_array_equal(g_next, 2 * f_next)
    assert all(part.dtype == np.float64 for part in (f_now, g_next, now))
    np.testing.assert_array_equal(model.f(np.array([[2.0]])), eye[[2]])
    np.testing.assert_array_equal(model.g(np.array([[2.0]])), 2 * eye[[2]])


def test_a_learned_step_takes_the_place_of_the_estimated_operator():
    model = estimated(chain(), one_hot, decoder=Weighted(), learned_step=np.roll(np.eye(N_STATES), 1, axis=0))
    ahead, back = model.expected(EVERY_STATE, [3, -1])
    np.testing.assert_allclose(ahead, (EVERY_STATE + 3) % N_STATES, atol=1e-6)
    np.testing.assert_allclose(back, (EVERY_STATE - 1) % N_STATES, atol=1e-6)
    np.testing.assert_allclose(model.forecast(pasts([[2.0]]), 5).states[0, :, 0], [3, 0, 1, 2, 3], atol=1e-6)


def test_standardised_states_are_forecast_in_the_user_s_units():
    plain, scaled = (direct_regression(logistic_pairs(standardize=scale)) for scale in (False, True))
    past = plain.past
    np.testing.assert_allclose(scaled.forecast(past, 5).states, plain.forecast(past, 5).states, atol=1e-5)
    np.testing.assert_allclose(scaled.eigenvalues()[1], plain.eigenvalues()[1], atol=1e-5)


def direct_regression(view):
    method = LinearRegression(
        torch.nn.Identity(), view, operator=partial(KoopmanOperator, method="edmd_left", add_constant=True)
    )
    method.fit()
    return method.learned()


def test_implied_timescales_have_the_record_s_unit_of_time():
    model = estimated(chain(3), one_hot)
    slowest = np.abs(model.eigenvalues()[1])
    assert model.implied_timescales()[1] == pytest.approx(-3 / np.log(slowest))


# ---- storage ---------------------------------------------------------------------------------------------------------


def feature_learning(view):
    encoder = partial(MultilayerPerceptron, hidden=(8,), activation="silu")
    model = FeaturePair(view.spec, encoder=encoder, n_modes=3, normalization="second_moment")
    return learning(view, model=model, operator=partial(KoopmanOperator, method="cca", rank=2)).learned()


def auto_encoding(view):
    images = len(view.spec.state_shape) == 3
    encoder = partial(ConvolutionalEncoder, channels=(4,)) if images else partial(MultilayerPerceptron, hidden=(8,))
    model = FeaturePair(view.spec, encoder=encoder, n_modes=3, lagged="shared", center=False)
    options = {"kind": DynamicalAutoEncoderLearning, "loss": DynamicalAutoEncoderLoss()}
    return learning(view, model=model, **options).learned()


@pytest.mark.parametrize("make", [feature_learning, auto_encoding, direct_regression])
@pytest.mark.parametrize("make_view", [logistic_pairs, partial(logistic_pairs, standardize=True, lag=2), blobs_in_turn])
def test_a_file_brings_everything_back_without_data(make, make_view, tmp_path, quick_oracle):
    view = make_view()
    model = make(view)
    assert isinstance(model, Forecaster)
    assert isinstance(model, SpectrumEstimator)
    write_learned(tmp_path / "learned.ckpt", model)
    again = read_learned(tmp_path / "learned.ckpt")
    assert isinstance(again, KoopmanModel)
    np.testing.assert_array_equal(again.eigenvalues(), model.eigenvalues())
    np.testing.assert_array_equal(again.past.states[0], view.record.splits["test"].states[0][-model.past_length :])
    for past, reach in ((again.past, 4), *([(again.past, -4)] if view.lag == 1 else [])):
        expected = model.forecast(model.past, reach)
        found = again.forecast(past, reach)
        np.testing.assert_array_equal(found.states, expected.states)
        np.testing.assert_array_equal(found.times, expected.times)
    states = np.asarray(view.record.splits["test"].states[0][:6])
    np.testing.assert_array_equal(again.eigenfunctions(states), model.eigenfunctions(states))
    assert (again.oracle is None) == (view.spec.n_classes is None)
    if again.oracle is not None:
        np.testing.assert_array_equal(again.oracle.classify(states), model.oracle.classify(states))


def test_a_file_without_its_operator_says_what_is_missing(tmp_path):
    model = direct_regression(logistic_pairs())
    tensors = model.tensors()
    del tensors["operator.features"]
    with pytest.raises(DataError, match=r"has no 'features'; repeat the run"):
        model.load_tensors(tensors)
