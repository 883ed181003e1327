"""Koopman models of systems on which something acts, and their forecasts under inputs to come."""

import functools
from itertools import pairwise

import numpy as np
import pytest
from torch import nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import LaggedPairsView, Trajectories
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.koopman import (
    DynamicalAutoEncoderLearning,
    DynamicalAutoEncoderLoss,
    FeaturePair,
    FlattenedStates,
    KoopmanLearning,
    KoopmanModel,
    KoopmanOperator,
    LinearRegression,
    Monomials,
    VAMPLoss,
)
from sciml_bench.networks import MultilayerPerceptron

A = np.array([[0.9, 0.2], [-0.1, 0.8]])
HELD, LATER = np.array([[0.5], [1.0]]), np.array([[-0.2], [0.3]])


def linear_motion(u: np.ndarray, kind: str) -> np.ndarray:
    """x_{t+1} = A x_t + B u_t, and with straight inputs + C u_{t+1}, as the exact step of a linear system is."""
    states = [np.array([1.0, -1.0])]
    for now, later in pairwise(u):
        states.append(A @ states[-1] + HELD @ now + (LATER @ later if kind == "linear" else 0))
    return np.array(states)


def record(kind: str = "hold", factor: float = 1.0, n_rows: int = 240) -> TrajectoryFiles:
    u = np.random.default_rng(3).standard_normal((n_rows, 1))
    rows = np.column_stack([linear_motion(u, kind), factor * u])
    return TrajectoryFiles.from_arrays(
        None, rows, component_names=["x", "y", "u"], inputs=["u"], input_interpolation=kind, split={"train": 1.0}
    )


def view(source: TrajectoryFiles | None = None, lag: int = 1, standardize: bool = False) -> LaggedPairsView:
    return LaggedPairsView(source or record(), lag=lag, batch_size=32, standardize=standardize)


def estimated(pairs: LaggedPairsView, features=None, **options) -> KoopmanModel:
    operator = KoopmanOperator("edmd_left", add_constant=features is None)
    return KoopmanModel.estimated(operator, pairs, features or FlattenedStates(), **options)


@pytest.mark.parametrize("kind", ["hold", "linear"])
@pytest.mark.parametrize(("lag", "standardize"), [(1, False), (1, True), (3, False)])
def test_a_forecast_follows_a_linear_system(kind, lag, standardize):
    known, n_steps = 200, 10
    u = np.random.default_rng(3).standard_normal((240, 1))
    whole, model = linear_motion(u, kind), estimated(view(record(kind), lag, standardize))
    past = Trajectories(
        (whole[:known],), inputs=(u[:known],), input_names=("u",), input_interpolation=kind, time_step=1.0
    )
    for stepwise in (False, True):
        found = model.forecast(past, n_steps, inputs=u[known : known + n_steps], stepwise=stepwise)
        np.testing.assert_allclose(found.states[0], whole[known : known + n_steps], atol=2e-4)  # pairs are in float32


@pytest.mark.parametrize("lag", [1, 2])
def test_every_trajectory_is_driven_by_its_own_inputs(lag):
    model, rng = estimated(view(lag=lag)), np.random.default_rng(5)
    past = model.past.select(trajectories=[0, 0])
    inputs = rng.standard_normal((2, 6, 1))
    both = model.forecast(past, 6, inputs=inputs).states
    alone = [model.forecast(model.past, 6, inputs=part).states[0] for part in inputs]
    np.testing.assert_allclose(both, alone, atol=1e-12)
    assert np.abs(both[0] - both[1]).max() > 0.1


def test_held_inputs_of_the_last_row_act_on_nothing_yet():
    model = estimated(view())
    found = [model.forecast(model.past, 2, inputs=np.array([1.0, last])).states for last in (0.0, 9.0)]
    np.testing.assert_array_equal(*found)


def test_a_file_brings_inputs_back_to_the_bit(tmp_path):
    model, inputs = estimated(view()), np.random.default_rng(5).standard_normal((7, 1))
    write_learned(tmp_path / "learned.ckpt", model)
    again = read_learned(tmp_path / "learned.ckpt")
    assert again.spec.input_names == ("u",)
    expected = model.forecast(model.past, 7, inputs=inputs).states
    np.testing.assert_array_equal(again.forecast(again.past, 7, inputs=inputs).states, expected)


@pytest.mark.parametrize("standardize", [False, True])
def test_an_input_in_another_unit_changes_nothing(standardize):
    inputs = np.random.default_rng(5).standard_normal((7, 1))
    told = []
    for factor in (1.0, 2.0**20, 1e-6):
        model = estimated(view(record(factor=factor), standardize=standardize))
        told.append(model.forecast(model.past, 7, inputs=factor * inputs).states)
    np.testing.assert_array_equal(told[1], told[0])
    np.testing.assert_allclose(told[2], told[0], rtol=1e-6, atol=1e-9)


def test_monomials_are_all_products():
    states = np.array([[2.0, 3.0]])
    features = Monomials(2, 2)
    pairs = LaggedPairsView(record(), lag=1, batch_size=32)
    model = estimated(pairs, features)
    np.testing.assert_array_equal(model.f(states), [[1, 2, 3, 4, 6, 9]])


def test_a_path_lifts_what_it_expects():
    model = estimated(view(), Monomials(2, 2), forecast_kind="path")
    inputs = np.full((4, 1), 0.3)
    told = model.forecast(model.past, 4, inputs=inputs)
    assert told.kind == "path"
    np.testing.assert_array_equal(told.states, model.forecast(model.past, 4, inputs=inputs, stepwise=True).states)
    known = np.concatenate([model.past.inputs[0], inputs])
    ahead = list(model.ahead(model.past.states[0], [1, 3], model.acting_inputs.within_lags(known)[None, :3]))
    np.testing.assert_array_equal(np.concatenate(ahead), told.states[0, [0, 2]])


def test_a_path_that_leaves_every_bound_is_told_and_takes_no_other_with_it():
    model = estimated(view(), Monomials(2, 3), forecast_kind="path")
    past = model.past.select(trajectories=[0, 0])
    past = past.unchecked(states=(np.array([[1e30, -1e30]]), past.states[1]))
    told = model.forecast(past, 5, inputs=np.zeros((5, 1)))
    assert told.status[0] == "the forecast left every bound"
    assert told.status[1] == "ok"
    alone = model.forecast(model.past, 5, inputs=np.zeros((5, 1)))
    np.testing.assert_allclose(told.states[1], alone.states[0], rtol=1e-12)


def learning(method, operator: str = "edmd_left", **options):
    pairs = view()
    encoder = functools.partial(MultilayerPerceptron, hidden=(8,), activation="tanh")
    model = FeaturePair(pairs.spec, encoder=encoder, n_modes=4, lagged="shared", **options)
    loss = DynamicalAutoEncoderLoss() if method is DynamicalAutoEncoderLearning else VAMPLoss()
    make = functools.partial(KoopmanOperator, operator)
    return method(model, pairs, loss=loss, learning_rate=1e-3, operator=make)


def test_learned_features_get_their_input_matrix_afterwards():
    model = learning(KoopmanLearning).learned()
    told = [model.forecast(model.past, 3, inputs=np.full(3, u)).states for u in (0.0, 1.0)]
    assert np.abs(told[0] - told[1]).max() > 0.1


def test_what_has_no_place_for_inputs_is_refused_before_training():
    with pytest.raises(ConfigurationError, match=r"training\.operator\.method=cca .*choose edmd_left"):
        learning(KoopmanLearning, "cca")
    with pytest.raises(ConfigurationError, match=r"data\.inputs=\[u\]: DynamicalAutoEncoderLearning takes no"):
        learning(DynamicalAutoEncoderLearning, center=False)
    with pytest.raises(ConfigurationError, match=r"training\.operator\.method=cca"):
        LinearRegression(nn.Identity(), view(), operator=KoopmanOperator)


def test_forecasts_that_lack_inputs_or_go_back_are_told():
    model = estimated(view())
    with pytest.raises(ConfigurationError, match="driven by u; give its 3 values to come"):
        model.forecast(model.past, 3)
    with pytest.raises(ConfigurationError, match="horizon=-2: an operator with inputs goes ahead only"):
        model.forecast(model.past, -2, inputs=np.ones(2))
