"""Rows that count differently: from a column of a file to pairs, losses, the operator and its scores."""

import json

import numpy as np
import pytest
import torch
from koopman_cases import GivenFeatures, fit, learning, pairs_of, perceptron
from scripts import command_line

from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.data import LaggedPairs, Record, Trajectories
from sciml_bench.data.lazy_states import LazyStates
from sciml_bench.data.reading import described
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.transforms import with_weights
from sciml_bench.koopman import (
    DynamicalAutoEncoderLearning,
    Evaluation,
    FeaturePair,
    KoopmanModel,
    KoopmanOperator,
    VAMPLoss,
)
from sciml_bench.koopman.kinetics import kinetics_of
from sciml_bench.koopman.losses import DynamicalAutoEncoderLoss
from sciml_bench.training import composed, restore, run

TRANSITION = np.array([[0.7, 0.2, 0.0, 0.1], [0.1, 0.8, 0.1, 0.0], [0.0, 0.2, 0.7, 0.1], [0.2, 0.0, 0.2, 0.6]])
REVERSIBLE = np.array([[0.8, 0.2, 0.0], [0.05, 0.9, 0.05], [0.0, 0.1, 0.9]])


def stationary(transition):
    values, vectors = np.linalg.eig(transition.T)
    law = np.real(vectors[:, np.argmax(np.real(values))])
    return law / law.sum()


class Given(Record):
    """Trajectories as they are, the same in every part."""

    def __init__(self, trajectories):
        super().__init__()
        self.given = trajectories

    def load_splits(self):
        return dict.fromkeys(("train", "validation", "test"), self.given)


def every_pair(transition, law):
    """All pairs of states of a chain as trajectories of two rows, each with the probability of both rows."""
    n = len(transition)
    states = tuple(np.array([[i], [j]], dtype=float) for i in range(n) for j in range(n) if transition[i, j])
    weights = tuple(np.array([law[int(a)] * transition[int(a), int(b)], 0.0]) for (a,), (b,) in states)
    return Trajectories(states, weights=weights)


def rows_in_turn(length=40, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((length, 2)), rng.integers(1, 5, length).astype(float)


def repeated(states, weights, lag):
    """Every pair of a trajectory as one of its own, as often as its first row counts."""
    pairs = [states[row : row + lag + 1 : lag] for row in range(len(states) - lag) for _ in range(int(weights[row]))]
    return Trajectories(tuple(pairs))


# ---- pairs ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_pair_counts_as_its_first_row_and_not_at_all_without_a_weight(on_disk):
    states = tuple(np.arange(10.0 * n, 10 * n + 8)[:, None] for n in (0, 1))
    weights = np.array([4.0, 1, 0, 2, 1, 1, 4, 0]), np.array([1.0, 2, 3, 4, 3, 2, 1, 9])
    given = tuple(map(LazyStates, states)) if on_disk else states
    pairs = LaggedPairs(Trajectories(given, weights=weights), lag=2)
    now, later, counts = (part.flatten().tolist() for part in pairs.batch(np.arange(len(pairs))))
    assert now == [0, 1, 3, 4, 5, 10, 11, 12, 13, 14, 15]
    assert later == [row + 2 for row in now]
    np.testing.assert_allclose(9 * np.array(counts), [4, 1, 2, 1, 1, 1, 2, 3, 4, 3, 2], rtol=1e-6)
    assert 9 * pairs.total_weight == pytest.approx(24, rel=1e-6)
    streamed = [np.concatenate(parts) for parts in zip(*pairs.stream(3), strict=True)]
    np.testing.assert_array_equal(streamed[2], counts)


def test_weights_so_large_that_single_precision_overflows_keep_their_ratios():
    pairs = LaggedPairs(Trajectories((np.arange(3.0)[:, None],), weights=(np.array([1e25, 4e25, 0.0]),)))
    counts = pairs.batch(np.array([0, 1]))[2]
    assert torch.isfinite(counts.square()).all()
    assert float(counts[1] / counts[0]) == pytest.approx(4)


def test_a_part_in_which_nothing_counts_is_told():
    with pytest.raises(DataError, match=r"data\.weights: in the data no pair 1 steps apart has a weight above 0"):
        LaggedPairs(Trajectories((np.arange(3.0)[:, None],), weights=(np.array([0.0, 0.0, 1.0]),)))


def test_batches_bring_weights_that_belong_to_their_states():
    states = np.arange(50.0)[:, None]
    view = pairs_of(Given(Trajectories((states,), weights=(1 + states[:, 0],))), batch_size=8)
    for loader in (view.train_loader(seed=1), view.validation_loader()):
        for now, later, weights in loader:
            assert torch.equal(later, now + 1)
            np.testing.assert_allclose(50 * weights, 1 + now[:, 0], rtol=1e-6)


# ---- operator, scores and losses ------------------------------------------------------------------------------------


def test_weights_restore_the_eigenvalues_of_a_chain_that_was_started_from_another_law():
    law = stationary(REVERSIBLE)
    features = np.array([[1.0, 0.0], [1.0, 0.4], [1.0, 1.0]])  # too few, so that the law of the rows matters
    exact = np.linalg.eigvals(np.linalg.solve(features.T * law @ features, features.T * law @ REVERSIBLE @ features))

    def estimated(trajectories):
        encode = GivenFeatures(lambda states: torch.as_tensor(features)[states.flatten().long()].float())
        return KoopmanModel.estimated(KoopmanOperator("reversible"), pairs_of(Given(trajectories)), encode)

    found = estimated(every_pair(REVERSIBLE, law)).eigenvalues()
    np.testing.assert_allclose(np.sort(found), np.sort(exact), atol=1e-6)
    wrong = estimated(every_pair(REVERSIBLE, np.array([0.9, 0.05, 0.05]))).eigenvalues()
    assert np.abs(np.sort(wrong) - np.sort(exact)).max() > 0.02


def test_weights_of_a_biased_sample_restore_singular_values():
    """Rows drawn from a law far from the stationary one, weighted by the ratio of both."""
    rng, law, drawn = np.random.default_rng(0), stationary(TRANSITION), np.array([0.7, 0.1, 0.1, 0.1])
    now = rng.choice(4, size=40_000, p=drawn)
    later = (np.cumsum(TRANSITION, axis=1)[now] < rng.random((len(now), 1))).sum(axis=1)
    rows, ratio = np.stack([now, later], axis=1)[..., None].astype(float), law / drawn
    trajectories = Trajectories(tuple(rows), weights=tuple(ratio[part[:, 0].astype(int)] for part in rows))
    exact = np.linalg.svd(np.sqrt(law)[:, None] * TRANSITION / np.sqrt(law), compute_uv=False)

    def singular_values(trajectories):
        encode = GivenFeatures(lambda states: torch.nn.functional.one_hot(states.flatten().long(), 4).float())
        return KoopmanModel.estimated(KoopmanOperator(), pairs_of(Given(trajectories)), encode).singular_values()

    np.testing.assert_allclose(singular_values(trajectories), exact, atol=0.015)
    assert np.abs(singular_values(trajectories.unchecked(weights=None)) - exact).max() > 0.04


@pytest.mark.parametrize(("method", "lag"), [("cca", 1), ("edmd_left", 2), ("reversible", 1)])
def test_whole_weights_are_repeated_pairs_in_the_operator_and_its_scores(method, lag):
    states, weights = rows_in_turn()
    found = []
    for given, at in ((Trajectories((states,), weights=(weights,)), lag), (repeated(states, weights, lag), 1)):
        view = pairs_of(Given(given), lag=at)
        encode = GivenFeatures(lambda rows: torch.cat((torch.ones(len(rows), 1), rows.tanh(), rows**2), dim=1))
        learned = KoopmanModel.estimated(KoopmanOperator(method), view, encode)
        metrics = Evaluation(n_bootstrap=2, forecast_steps=1)(learned, view.record).metrics
        found.append((learned, {name: value for name, value in metrics.items() if name.startswith("vamp")}))
    (weighted, scores), (plain, expected) = found
    np.testing.assert_allclose(weighted.singular_values(), plain.singular_values(), rtol=1e-5)
    np.testing.assert_allclose(weighted.eigenvalues(), plain.eigenvalues(), rtol=1e-5, atol=1e-7)
    ahead = [next(model.expected(states[:5], [1])) for model in (weighted, plain)]
    np.testing.assert_allclose(*ahead, rtol=1e-4)
    assert scores == pytest.approx(expected, rel=1e-5)
    assert "vamp_e_test" in scores


def test_implied_timescales_and_the_chapman_kolmogorov_test_count_rows_by_their_weights():
    from sciml_bench.scores.lagged_blocks import block_moments

    states, weights = rows_in_turn(60)
    (weighted,) = block_moments([states], [3], weights=[weights], constant=True)
    now = np.column_stack([np.ones(57), states[:57]])
    later = np.column_stack([np.ones(57), states[3:]])
    np.testing.assert_allclose(weighted[0].sum(axis=0), (now * weights[:57, None]).T @ now)
    np.testing.assert_allclose(weighted[1].sum(axis=0), (now * weights[:57, None]).T @ later)


def test_populations_and_passage_times_are_those_of_the_law_that_weights_restore():
    transition = np.array([[0.95, 0.05], [0.1, 0.9]])
    rng, steps = np.random.default_rng(0), 30_000
    chain = np.zeros(steps, dtype=int)
    for row in range(1, steps):
        chain[row] = rng.random() < transition[chain[row - 1], 1]
    # half of the rows of the first state are as good as not there
    weights = np.where(chain == 0, 0.5, 1.0)
    given = Trajectories((chain[:, None].astype(float),), weights=(weights,))
    encode = GivenFeatures(lambda rows: torch.cat((torch.ones(len(rows), 1), rows), dim=1))
    learned = KoopmanModel.estimated(KoopmanOperator("reversible"), pairs_of(Given(given)), encode)
    found = kinetics_of(learned, given, 2, n_bootstrap=5)
    share = weights[chain == 0].sum() / weights.sum()
    assert sorted(found.populations) == pytest.approx(sorted([share, 1 - share]), abs=1e-3)
    first = int(np.argmin(np.abs(found.populations - share)))  # the mean time away from a state is 1 over its rate
    assert found.passage_times[first, 1 - first] == pytest.approx(20, rel=0.1)


def test_training_counts_pairs_by_their_weights():
    states, weights = rows_in_turn(120)
    losses = []
    for given in (Trajectories((states,), weights=(weights,)), repeated(states, weights, 1)):
        view = pairs_of(Given(given), batch_size=len(LaggedPairs(given)), shuffle=False)
        method = learning(view, loss=VAMPLoss(center=False))
        trainer = fit(method, max_epochs=3)
        losses.append([float(trainer.callback_metrics[name]) for name in ("loss", "loss_validation")])
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)


def test_a_mean_over_processes_counts_weights():
    states, weights = rows_in_turn()
    view = pairs_of(Given(Trajectories((states,), weights=(weights,))))
    model = FeaturePair(view.spec, encoder=perceptron, n_modes=2, lagged="shared", center=False)
    method = learning(view, model=model, kind=DynamicalAutoEncoderLearning, loss=DynamicalAutoEncoderLoss())
    batch = next(iter(view.train_loader()))
    assert method.samples_in(batch) == pytest.approx(float(batch[2].sum()))
    assert method.samples_in(batch[:2]) == len(batch[0])
    every = [method.loss(tuple(part[row : row + 1] for part in batch)).item() for row in range(len(batch[0]))]
    assert method.loss(batch).item() == pytest.approx(np.average(every, weights=batch[2]), rel=1e-5)


# ---- from a file -----------------------------------------------------------------------------------------------


def table(n_rows=6):
    rows = np.arange(n_rows, dtype=float)[:, None] + np.array([0.0, 100.0, 200.0])
    return Trajectories((rows,), component_names=("x", "w", "v"), facts={"component_units": ("m", None, "s")})


@pytest.mark.parametrize("component", ["w", 1])
def test_a_column_of_weights_is_no_state(component):
    found = with_weights(table(), component)
    assert found.component_names == ("x", "v")
    assert found.facts["component_units"] == ("m", "s")
    np.testing.assert_array_equal(found.weights[0], 100 + np.arange(6))
    assert "6 rows (weighted, as many as 5.998 that count alike)" in described(found)


def test_the_bias_of_a_simulation_becomes_its_boltzmann_factor():
    found = with_weights(table(), "w", thermal_energy=2.5)
    np.testing.assert_allclose(found.weights[0] / found.weights[0][0], np.exp(np.arange(6) / 2.5))
    assert found.weights[0].max() == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda rows: rows - 102, r"data\.weights=w: give numbers of at least 0"),
        (lambda rows: 0 * rows, r"data\.weights=w: .*not all 0"),
        (lambda rows: np.where(rows == 103, np.nan, rows), r"data\.weights=w: .*none missing"),
    ],
)
def test_weights_that_are_none_are_refused(changed, message):
    given = table().unchecked(states=(changed(table().states[0]),))
    with pytest.raises(DataError, match=message):
        with_weights(given, "w")


def test_a_column_that_is_not_there_and_a_bias_without_a_name_are_told():
    with pytest.raises(ConfigurationError, match=r"data\.weights=\['u'\]: choose among x, w, v"):
        with_weights(table(), "u")
    with pytest.raises(ConfigurationError, match=r"data\.thermal_energy=2\.5: name the bias with data\.weights"):
        TrajectoryFiles("x.csv", thermal_energy=2.5)


def test_weights_are_found_by_number_beside_inputs():
    rows = table().states[0]
    record = TrajectoryFiles.from_arrays(None, rows, weights=1, inputs=[0])
    record.setup()
    np.testing.assert_array_equal(record.splits["train"].weights[0], rows[:3, 1])
    assert record.spec.component_names == ("x3",)
    assert record.spec.weighted


SCRIPT = ["evaluation.n_bootstrap=3", "logger=none", "trainer.threads=1"]


@pytest.fixture
def colvar(tmp_path):
    """A slow and a fast component with a bias, as PLUMED writes them."""
    rng, decay = np.random.default_rng(0), np.array([0.95, 0.6])
    states = np.zeros((1500, 2))
    for row in range(1, len(states)):
        states[row] = decay * states[row - 1] + np.sqrt(1 - decay**2) * rng.standard_normal(2)
    columns = np.column_stack([0.5 * np.arange(len(states)), states, 1.2 * np.cos(states[:, 0])])
    path = tmp_path / "COLVAR"
    np.savetxt(path, columns, header="! FIELDS time phi psi metad.bias", comments="#")
    return path, columns


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    "training", ["vamp", "dp", "nested_lora", "generator", "dynamical_auto_encoder", "polynomial_regression"]
)
def test_every_kind_of_training_takes_the_bias_of_a_simulation(training, colvar, tmp_path):
    path, columns = colvar
    words = ["data=trajectories", f"data.path={path}", "data.weights=metad.bias", "data.thermal_energy=2.5"]
    words += [f"training={training}", *SCRIPT]
    if training != "polynomial_regression":
        words += ["model.n_modes=3", "model.encoder.hidden=[8]", "trainer.max_epochs=2"]
    words += ["training.diffusion=0.1"] * (training == "generator")
    metrics = run(composed("koopman", words, folder=tmp_path / "run"))
    assert metrics["vamp_e_test"] > 0.9
    learned = restore(tmp_path / "run").learned
    assert learned.spec.component_names == ("phi", "psi")
    kept = columns[: learned.spec.lengths[0], 3]
    weights = np.exp((kept - kept.max()) / 2.5)[:-1]  # the lag is one step
    assert learned.operator.moments_.total_weight == pytest.approx(weights.sum(), rel=1e-5)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("training", [["training=linear_ridge"], ["training=vamp", "trainer.max_epochs=2"]])
def test_a_run_from_disk_counts_as_a_run_in_memory(training, colvar, tmp_path):
    np.save(tmp_path / "x.npy", colvar[1][:, 1:] + [0.0, 0.0, 2.0])
    metrics = {}
    for size in (0, 1):
        words = ["data=trajectories", f"data.path={tmp_path / 'x.npy'}", "data.weights=2", *training, *SCRIPT]
        words += [f"data.in_memory_gigabytes={size}"]
        metrics[size] = run(composed("koopman", words, folder=tmp_path / str(size)))
    names = {"vamp_2_test", "vamp_e_test", "chapman_kolmogorov_violation"}
    assert names <= metrics[0].keys() == metrics[1].keys()
    if "linear" in training[0]:  # an order of batches that a disk can follow is another one
        for name, value in metrics[1].items():
            assert metrics[0][name] == pytest.approx(value, rel=1e-4, abs=1e-4), name


def test_what_cannot_count_rows_says_so_before_training(colvar, tmp_path, monkeypatch, capsys):
    words = ["data=trajectories", f"data.path={colvar[0]}", "data.weights=metad.bias", "data.thermal_energy=2.5"]
    folder = f"hydra.run.dir={tmp_path / 'run'}"
    told = [
        ("node_homotopy", [], "data.weights: to training=homotopy all rows count alike"),
        ("koopman", ["model.normalization=second_moment"], "model.normalization=second_moment takes no weights"),
    ]
    for script, more, message in told:
        assert command_line(monkeypatch, script, *words, *more, folder, "logger=none") != 0
        captured = capsys.readouterr()
        assert message in captured.err + captured.out


def test_a_loss_without_weights_is_named():
    class OfItsOwn(torch.nn.Module):
        def forward(self, f, g):
            return (f - g).sum()

    states, weights = rows_in_turn()
    view = pairs_of(Given(Trajectories((states,), weights=(weights,))))
    with pytest.raises(NotApplicableError, match=r"data\.weights: OfItsOwn takes no weights"):
        learning(view, loss=OfItsOwn())


def test_a_forecast_asks_for_no_weights(colvar, tmp_path):
    words = ["data=trajectories", f"data.path={colvar[0]}", "data.weights=metad.bias", "data.thermal_energy=2.5"]
    run(
        composed("koopman", [*words, "training=linear_ridge", *SCRIPT, "evaluation.forecast_steps=1"], tmp_path / "run")
    )
    learned = restore(tmp_path / "run").learned
    assert learned.forecast(learned.past, 3).states.shape == (1, 3, 2)
    assert json.loads((tmp_path / "run" / "record.json").read_text())["status"] == "finished"
