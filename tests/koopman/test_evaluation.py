"""Scores against cases whose answer is known: a cyclic process of pictures, and finite Markov chains."""

import tracemalloc
import weakref
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from koopman_cases import (
    N_CLASSES,
    GivenFeatures,
    blobs,
    blobs_in_turn,
    class_indicators,
    estimated,
    logistic_pairs,
    pairs_of,
)

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import Record, Trajectories
from sciml_bench.data.sources import MarkovTrajectories, TrajectoryFiles
from sciml_bench.drawing import pictures_of
from sciml_bench.koopman import (
    Evaluation,
    KoopmanModel,
    KoopmanOperator,
    evaluation,
    feature_streams,
    held_out_forecasts,
)
from sciml_bench.koopman.feature_streams import evaluated_pairs
from sciml_bench.koopman.oracle import oracle_of
from sciml_bench.scores import vamp_e, vamp_score
from sciml_bench.systems import LinearGaussian, MarkovChain, OrnsteinUhlenbeck

pytestmark = pytest.mark.usefixtures("quick_oracle", "few_shown_images")

REACH, SHOWN = 6, 2
SIGNED_STEPS = [*range(-REACH, 0), *range(1, REACH + 1)]


@pytest.fixture
def few_shown_images(monkeypatch):
    """A figure of many pictures takes longer than everything else here."""
    monkeypatch.setattr(held_out_forecasts, "SHOWN_IMAGES", SHOWN)


def evaluate(learned, view, **options):
    return Evaluation(**{"forecast_steps": REACH, "n_bootstrap": 5, "quadrature_points": 60, **options})(
        learned, view.record
    )


def fitted_to_blobs(view, features, method="edmd_left"):
    return estimated(view, features, method, oracle=oracle_of(view.record))


def accuracies(metrics):
    names = {step: f"accuracy_step_{step}" if step > 0 else f"accuracy_step_minus_{-step}" for step in SIGNED_STEPS}
    return {step: metrics[name] for step, name in names.items()}


# ---- labelled pictures -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "lag"), [("cca", 1), ("edmd_left", 2), ("edmd_right", 1)])
def test_class_indicators_forecast_every_class_ahead_and_back(method, lag):
    view = blobs_in_turn(lag=lag)
    results = evaluate(fitted_to_blobs(view, class_indicators, method), view)
    assert accuracies(results.metrics) == dict.fromkeys(SIGNED_STEPS, 1.0)
    assert results.metrics["oracle_accuracy"] == 1.0
    np.testing.assert_array_equal(results.arrays["forecast_steps"], SIGNED_STEPS)
    np.testing.assert_array_equal(results.arrays["forecast_accuracy"], 1.0)


def test_forecast_images_show_the_class_that_many_lags_away_in_either_direction():
    lag = 2
    view = blobs_in_turn(lag=lag)
    results = evaluate(fitted_to_blobs(view, class_indicators), view)
    given = np.linspace(0, 8 * N_CLASSES - 1, SHOWN).astype(int) % N_CLASSES
    for step, images in zip(SIGNED_STEPS, results.arrays["forecast_images"], strict=True):
        np.testing.assert_allclose(images, blobs()[(given + step * lag) % N_CLASSES], atol=0.1)


def test_features_that_know_nothing_forecast_the_mean_picture_and_are_right_by_chance():
    view = blobs_in_turn()

    def constant(states):
        return torch.ones(len(states), 1)

    results = evaluate(fitted_to_blobs(view, constant), view)
    # every class is as frequent as every other, and one reading is right for one of them
    assert accuracies(results.metrics) == pytest.approx(dict.fromkeys(SIGNED_STEPS, 1 / N_CLASSES))


def test_features_of_the_noise_alone_are_no_better_than_chance():
    view = blobs_in_turn()

    def noise(states):
        corner = states[:, 0, 0, 5:8] - torch.as_tensor(blobs()[:, 0, 5:8]).float()[class_indicators(states).argmax(1)]
        return torch.cat((torch.ones(len(states), 1), corner / 0.05), dim=1)

    results = evaluate(fitted_to_blobs(view, noise), view)
    assert np.mean(list(accuracies(results.metrics).values())) == pytest.approx(1 / N_CLASSES, abs=0.1)


def in_one_direction(direction):
    """Forecasts of the class as many steps away, but always in the same direction of time."""

    def expected(states, steps):
        labels = class_indicators(torch.as_tensor(states)).argmax(dim=1).numpy()
        for step in steps:
            yield blobs()[(labels + direction * abs(step)) % N_CLASSES][:, None]

    return expected


@pytest.mark.parametrize("right", [1, -1])
def test_a_forecast_in_the_wrong_direction_of_time_is_counted_as_wrong(right, monkeypatch):
    view = blobs_in_turn()
    wrong = fitted_to_blobs(view, class_indicators)
    monkeypatch.setattr(wrong, "expected", in_one_direction(right))
    found = accuracies(evaluate(wrong, view).metrics)
    # only after a whole round do both directions lead to the same class
    assert found == {step: float(step * right > 0 or step % N_CLASSES == 0) for step in SIGNED_STEPS}


def test_eigenfunctions_of_the_cycle_are_the_fifth_roots_of_unity_at_every_picture():
    view = blobs_in_turn()
    arrays = evaluate(fitted_to_blobs(view, class_indicators), view).arrays
    labels, eigenvalues, values = (arrays[name] for name in ("labels_test", "eigenvalues", "eigenfunctions_test"))
    np.testing.assert_array_equal(labels, np.arange(8 * N_CLASSES) % N_CLASSES)
    np.testing.assert_allclose(np.sort(np.angle(eigenvalues**N_CLASSES)), 0, atol=1e-6)
    first = values[:N_CLASSES]
    np.testing.assert_allclose(np.abs(first), 1, atol=0.02)
    np.testing.assert_allclose(first[1:], first[:-1] * eigenvalues, atol=0.02)


def test_standardised_pictures_are_shown_to_the_oracle_as_they_were():
    view = blobs_in_turn(standardize=True)

    def indicators(states):
        return class_indicators(torch.as_tensor(view.spec.standardization.inverse(states.numpy())))

    results = evaluate(fitted_to_blobs(view, indicators), view)
    assert accuracies(results.metrics) == dict.fromkeys(SIGNED_STEPS, 1.0)
    assert 0.8 < results.arrays["forecast_images"].max() < 1.1


def test_labelled_pictures_have_their_figures():
    view = blobs_in_turn()
    results = evaluate(fitted_to_blobs(view, class_indicators), view)
    pictures = pictures_of(results.stored_arrays)
    assert {"forecast_images", "accuracy_against_step", "eigenfunctions", "spectrum"} <= pictures.keys()
    assert all(np.isfinite(value) for value in results.metrics.values())


# ---- known laws ------------------------------------------------------------------------------------------------------


CHAIN = MarkovChain.random(12, seed=3)


def chain_data(lag=1, n_steps=400):
    return pairs_of(MarkovTrajectories(CHAIN, n_steps=n_steps), lag=lag)


def chain_indicators(states):
    return torch.nn.functional.one_hot(states[:, 0].long(), CHAIN.n_states).double()


def exactly_fitted(lag, rank=None):
    """The operator of the chain's true law: every pair of states once, weighted by its probability."""
    transition = np.linalg.matrix_power(CHAIN.transition, lag)
    now, later = (index.ravel() for index in np.indices(transition.shape))
    weights = (CHAIN.stationary_weights[:, None] * transition).ravel()
    eye, states = np.eye(CHAIN.n_states), np.arange(CHAIN.n_states, dtype=float)[:, None]
    model = KoopmanModel(
        GivenFeatures(chain_indicators),
        partial(KoopmanOperator, method="cca", rank=rank, relative_cutoff=1e-13),
        chain_data(lag).spec,
    )
    model.operator.fit(eye[now], eye[later], eye[now], eye[later], states[now], states[later], sample_weight=weights)
    return model


@pytest.mark.parametrize("lag", [1, 3])
@pytest.mark.parametrize("rank", [None, 4])
def test_the_exact_operator_reaches_the_maximum_of_vamp_e(lag, rank):
    results = evaluate(exactly_fitted(lag, rank), chain_data(lag), quadrature_points=CHAIN.n_states)
    root = np.sqrt(CHAIN.stationary_weights)
    matrix = root[:, None] * np.linalg.matrix_power(CHAIN.transition, lag) / root
    maximum = np.sum(np.linalg.svd(matrix, compute_uv=False)[:rank] ** 2)
    assert results.metrics["vamp_e_exact"] == pytest.approx(maximum, abs=1e-8)
    assert results.metrics["vamp_e_exact"] == pytest.approx(CHAIN.maximum_vamp_2(rank or 12, lag), abs=1e-8)
    assert results.metrics["vamp_e_deficit"] == pytest.approx(0, abs=1e-8)


def test_the_whole_exact_operator_has_the_exact_spectrum():
    results = evaluate(exactly_fitted(2), chain_data(2), quadrature_points=CHAIN.n_states)
    assert results.metrics["spectral_error"] == pytest.approx(0, abs=1e-8)
    np.testing.assert_allclose(results.arrays["singular_values"], results.arrays["exact_singular_values"], atol=1e-8)


def test_a_chain_is_evaluated_with_the_settings_of_record():
    metrics = Evaluation(n_bootstrap=2)(exactly_fitted(1), chain_data().record).metrics
    assert metrics["vamp_e_deficit"] == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(("rank", "drawn"), [(1, {"spectrum"}), (2, {"spectrum", "singular_functions"})])
def test_an_operator_of_a_single_mode_is_scored_and_has_no_singular_functions_to_draw(rank, drawn):
    view = logistic_pairs()
    operator = KoopmanOperator(rank=rank)
    learned = KoopmanModel.estimated(operator, view, GivenFeatures(lambda x: torch.cat([x**0, x, x**2], dim=1)))
    results = evaluate(learned, view)
    assert {"vamp_e_exact", "vamp_e_deficit", "spectral_error", "vamp_e_test"} <= results.metrics.keys()
    assert results.metrics["vamp_e_exact"] >= (0.99 if rank == 1 else 1.1)
    pictures = pictures_of(results.stored_arrays)
    assert {"spectrum", "singular_functions"} & pictures.keys() == drawn


def test_an_operator_estimated_from_few_pairs_has_a_deficit():
    view = chain_data()
    learned = estimated(view, chain_indicators, "cca")
    metrics = evaluate(learned, view, quadrature_points=CHAIN.n_states).metrics
    assert metrics["vamp_e_deficit"] > 0.1
    assert metrics["vamp_e_exact"] + metrics["vamp_e_deficit"] == pytest.approx(CHAIN.maximum_vamp_2(12), abs=1e-10)


def test_a_deficit_counts_what_too_few_modes_cannot_reach_as_reached():
    best = evaluate(exactly_fitted(1, rank=3), chain_data(), quadrature_points=CHAIN.n_states).metrics
    assert best["vamp_e_deficit"] == pytest.approx(0, abs=1e-8)
    assert best["vamp_e_exact"] < CHAIN.maximum_vamp_2(12) - 1e-3


def test_held_out_scores_agree_with_the_law_for_many_pairs():
    view = chain_data(n_steps=20_000)
    metrics = evaluate(exactly_fitted(1), view, quadrature_points=CHAIN.n_states).metrics
    for split in ("validation", "test"):
        assert metrics[f"vamp_e_{split}"] == pytest.approx(CHAIN.maximum_vamp_2(12), abs=0.1)
        assert metrics[f"vamp_2_{split}"] == pytest.approx(CHAIN.maximum_vamp_2(12), abs=0.1)


# ---- forecasts of states, and what is left out -----------------------------------------------------------------------


def monomials(states):
    return torch.cat((torch.ones(len(states), 1), states, states**2), dim=1)


@pytest.mark.parametrize("lag", [1, 2])
def test_the_forecast_error_of_a_linear_process_is_the_share_of_variance_that_is_noise(lag):
    process = OrnsteinUhlenbeck(time_step=0.2)
    view = pairs_of(MarkovTrajectories(process, n_steps=30_000), lag=lag)
    learned = estimated(view, monomials)
    metrics = evaluate(learned, view).metrics
    for step in (1, 2, 5):
        expected = np.sqrt(1 - np.exp(-2 * 0.2 * lag * step))
        assert metrics[f"forecast_error_over_mean_step_{step}"] == pytest.approx(expected, abs=0.05)


def test_implied_timescales_of_a_relaxation_are_its_relaxation_time():
    view = pairs_of(MarkovTrajectories(OrnsteinUhlenbeck(relaxation_rate=0.5, time_step=0.5), n_steps=20_000))
    learned = estimated(view, monomials)
    arrays = evaluate(learned, view, timescale_lags=(1, 2)).arrays
    np.testing.assert_allclose(arrays["timescale_lag_times"], [0.5, 1.0])
    np.testing.assert_allclose(arrays["timescales"][:, 0], 2.0, rtol=0.15)


def test_the_truth_is_compared_in_its_own_units_whatever_the_features_see():
    metrics = []
    for standardize in (False, True):
        view = logistic_pairs(standardize=standardize)
        metrics.append(evaluate(estimated(view, monomials), view).metrics)
    for name in ("vamp_e_exact", "spectral_error", "forecast_error_over_mean_step_1", "forecast_relative_error"):
        assert metrics[1][name] == pytest.approx(metrics[0][name], abs=1e-4), name


class Slow(Record):
    """Two independent autoregressive numbers, the second in some unit of its own."""

    def __init__(self, unit):
        super().__init__()
        self.unit = unit

    def load(self):
        noise, states = np.random.default_rng(0).standard_normal((4000, 2)), np.zeros((4000, 2))
        for row in range(1, 4000):
            states[row] = [0.95, 0.2] * states[row - 1] + noise[row]
        return Trajectories((states * [1.0, self.unit],), time_step=1.0)


def test_no_unit_decides_the_error_of_a_step():
    found = []
    for unit in (1.0, 2.0**20, 2.0**-20):
        view = pairs_of(Slow(unit), standardize=True)
        found.append(evaluate(estimated(view, lambda states: states, "ridge"), view).metrics)
    for who in ("forecast", "persistence"):
        errors = [metrics[f"{who}_error_over_mean_step_1"] for metrics in found]
        assert errors[0] == pytest.approx(errors[1], rel=1e-5) == pytest.approx(errors[2], rel=1e-5)
    # of each component by itself the share of its variance that is new: .95 alone would give .31, .2 alone .98
    expected = np.sqrt(np.mean([1 - 0.95**2, 1 - 0.2**2]))
    assert found[0]["forecast_error_over_mean_step_1"] == pytest.approx(expected, abs=0.05)


def test_a_split_that_is_absent_has_no_scores():
    view = logistic_pairs(split={"train": 0.8, "validation": 0.2})
    learned = estimated(view, monomials)
    metrics = evaluate(learned, view).metrics
    assert "vamp_2_validation" in metrics
    assert not any("test" in name for name in metrics)
    assert "forecast_error_over_mean_step_1" in metrics


def test_forecasts_end_where_the_held_out_trajectory_ends():
    view = logistic_pairs(n_steps=40, split={"train": 0.75, "validation": 0.0, "test": 0.25}, batch_size=8)
    learned = estimated(view, monomials)
    metrics = evaluate(learned, view, forecast_steps=30).metrics
    assert "forecast_error_over_mean_step_8" in metrics
    assert "forecast_error_over_mean_step_10" not in metrics


@pytest.mark.parametrize("n_trajectories", [1, 3])
def test_the_score_of_a_step_is_the_same_however_far_the_others_reach(n_trajectories):
    split = {"train": 0.6, "validation": 0.2, "test": 0.2}
    record = MarkovTrajectories(OrnsteinUhlenbeck(), n_steps=200, n_trajectories=n_trajectories, split=split)
    view = pairs_of(record, batch_size=8, lag=2)
    learned = estimated(view, monomials)
    near, far = (evaluate(learned, view, forecast_steps=steps).metrics for steps in (2, 30))
    assert "forecast_error_over_mean_step_19" in far
    assert near.items() <= far.items()
    # half of the rows are starts, as long as they have one so many lags later
    test = [np.asarray(states, dtype=float) for states in record.splits["test"].states]
    for step in (1, 19):
        expected = np.concatenate(
            [next(iter(learned.expected(rows[: min(20, 40 - 2 * step)], [step]))) for rows in test]
        )
        later = np.concatenate([rows[2 * step : 2 * step + 20] for rows in test])
        error = np.linalg.norm(expected - later) / np.linalg.norm(later - record.spec.mean)
        assert far[f"forecast_error_over_mean_step_{step}"] == pytest.approx(error, rel=1e-5)


def test_a_system_of_several_dimensions_is_evaluated_too():
    system = LinearGaussian([[0.9, 0.2], [0.0, 0.7]], [[1.0, 0.0], [0.0, 1.0]])
    view = pairs_of(MarkovTrajectories(system, n_steps=2000))
    learned = estimated(view, monomials)
    metrics = evaluate(learned, view, leading_eigenvalues=2).metrics
    assert metrics["spectral_error"] < 0.1  # the leading eigenvalues are 1 and 0.9
    assert "vamp_e_exact" not in metrics


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("forecast_steps", 0),
        ("leading_eigenvalues", 0),
        ("quadrature_points", 9),
        ("n_bootstrap", 1),
        ("timescale_lags", ()),
        ("timescale_lags", (1, 0)),
    ],
)
def test_a_number_out_of_range_names_its_key(name, value):
    with pytest.raises(ConfigurationError, match=rf"^evaluation\.{name}="):
        replace(Evaluation(), **{name: value})


# ---- every held-out trajectory, the truth behind noise, and what does not fit in memory ------------------------------


class Rotations(Record):
    """Circles of different radii, observed with noise; the test part has several trajectories."""

    def __init__(self):
        super().__init__(split_by="trajectory", split={"train": 6, "test": 3})

    def load(self):
        rng, angles = np.random.default_rng(3), 0.3 * np.arange(120)
        clean = tuple(r * np.stack([np.cos(angles), np.sin(angles)], axis=1) for r in np.linspace(1, 2, 9))
        noisy = tuple(part + 0.1 * rng.standard_normal(part.shape) for part in clean)
        return Trajectories(
            noisy, clean=clean, names=tuple("abcdefghi"), component_names=("position", "momentum"), time_step=0.3
        )


def components(states):
    return torch.cat((torch.ones(len(states), 1), states), dim=1)


def test_every_test_trajectory_is_scored_by_name_and_the_truth_behind_its_noise_as_well():
    view = pairs_of(Rotations())
    results = evaluate(estimated(view, components), view)
    arrays, metrics = results.arrays, results.metrics
    assert [name.split()[-1] for name in arrays["trajectory_names"]] == ["(g)", "(h)", "(i)"]
    assert arrays["trajectory_errors"].shape == (3, REACH)
    # all circles are as uncertain, but the larger ones lie farther from the mean
    assert (np.diff(arrays["trajectory_errors"][:, 0]) < 0).all()
    pooled = metrics["forecast_error_over_mean_step_1"]
    assert arrays["trajectory_errors"][-1, 0] < pooled < arrays["trajectory_errors"][0, 0]
    assert metrics["forecast_error_over_mean_step_1_clean"] < 0.9 * pooled
    assert metrics["forecast_mse_clean"] < metrics["forecast_mse"]
    np.testing.assert_array_equal(arrays["component_names"], ["position", "momentum"])
    axes = pictures_of(results.stored_arrays)["forecast"].axes
    assert [axis.get_ylabel() for axis in axes] == ["position", "momentum"]


def test_a_short_held_out_trajectory_has_errors_as_far_as_it_reaches_and_leaves_those_of_the_others_alone():
    angles = 0.3 * np.arange(60)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    lengths = [60, 60, 5, 40]
    record = TrajectoryFiles.from_arrays(
        None, [circle[:n] for n in lengths], split={"train": 2, "test": 2}, split_by="trajectory"
    )
    view = pairs_of(record)
    arrays = evaluate(estimated(view, components), view).arrays
    reached = np.isfinite(arrays["trajectory_errors"])
    assert reached.tolist() == [[True] * 3 + [False] * (REACH - 3), [True] * REACH]
    assert len(arrays["trajectory_names"]) == 2
    np.testing.assert_allclose(arrays["true_states"], circle[1 : REACH + 1], rtol=1e-6)  # of the one that goes on


def test_held_out_trajectories_that_are_too_short_to_be_scored_are_named(caplog):
    circle = np.stack([np.cos(0.3 * np.arange(60)), np.sin(0.3 * np.arange(60))], axis=1)
    options = {"split": {"train": 2, "test": 3}, "split_by": "trajectory"}
    view = pairs_of(TrajectoryFiles.from_arrays(None, [circle[:n] for n in (60, 60, 2, 50, 2)], **options))
    with caplog.at_level("INFO"):
        arrays = evaluate(estimated(view, components), view).arrays
    assert np.isfinite(arrays["trajectory_errors"][:, 0]).tolist() == [False, True, False]
    said = [line for line in caplog.messages if line.startswith("left out of the forecasts by step")]
    named = "trajectory 0 (array 2) of 2 rows, trajectory 2 (array 4) of 2 rows"
    assert said == [f"left out of the forecasts by step, which need more than 2 rows: {named}"]


def test_a_short_training_trajectory_takes_no_timescales_from_the_others_and_is_named(caplog):
    rng = np.random.default_rng(0)
    walks = [np.cumsum(rng.normal(size=(n, 1)), axis=0) / np.sqrt(np.arange(1, n + 1))[:, None] for n in (400,) * 4]
    options = {"split": {"train": 3, "test": 1}, "split_by": "trajectory"}
    names = {}
    for short in (False, True):
        parts = [*walks[:2], walks[2][:40] if short else walks[2], walks[3]]
        view = pairs_of(TrajectoryFiles.from_arrays(None, parts, **options))
        with caplog.at_level("INFO"):
            names[short] = evaluate(estimated(view, components), view)
    assert names[True].arrays["timescales"].shape == names[False].arrays["timescales"].shape
    assert "chapman_kolmogorov_violation" in names[True].metrics
    assert [line for line in caplog.messages if "timescales" in line] == [
        "left out of the implied timescales, which need more than 200 rows: trajectory 2 (array 2) of 40 rows"
    ]


def test_a_record_with_missing_rows_is_scored_between_them():
    times = np.delete(0.3 * np.arange(200), [50, 51, 120, 185])
    circle = np.stack([np.cos(times), np.sin(times)], axis=1)
    record = TrajectoryFiles.from_arrays(times, circle, split={"train": 0.8, "test": 0.2})
    view = pairs_of(record)
    metrics = evaluate(estimated(view, components), view).metrics
    for name in ("forecast_error_over_mean_step_1", f"forecast_error_over_mean_step_{REACH}", "forecast_mse"):
        assert metrics[name] < 1e-4  # a pair across a gap would be turned too little


def test_a_record_of_other_states_is_refused():
    learned = estimated(pairs_of(Rotations()), components)
    with pytest.raises(DataError, match=r"shape \(1,\).*shape \(2,\)"):
        evaluate(learned, logistic_pairs())


@pytest.fixture
def on_disk(tmp_path):
    """Fifty thousand rows of a walk, of which a fifth is held out."""
    rng = np.random.default_rng(0)
    states = np.zeros((50_000, 8), dtype=np.float32)
    for row in range(1, len(states)):
        states[row] = 0.9 * states[row - 1] + rng.standard_normal(8)
    np.save(tmp_path / "walk.npy", states)
    return tmp_path / "walk.npy"


def waves(states):
    return torch.cat([torch.ones(len(states), 1), *(torch.sin(states * scale) for scale in range(1, 6))], dim=1)


def test_streamed_scores_are_those_of_all_pairs_at_once(on_disk, monkeypatch):
    record = TrajectoryFiles(str(on_disk), split={"train": 0.8, "test": 0.2})
    view = pairs_of(record)
    learned = estimated(view, waves, "cca")
    f_now, _, _, g_next, *_ = next(evaluated_pairs(learned.features, view.pairs("test")))
    left, right = learned.operator.singular_functions(f_now, g_next)
    monkeypatch.setattr(feature_streams, "STREAMED_BYTES", 2**20)
    metrics = evaluate(learned, view).metrics
    assert metrics["vamp_2_test"] == pytest.approx(vamp_score(f_now, g_next), rel=1e-12)
    assert metrics["vamp_e_test"] == pytest.approx(vamp_e(learned.singular_values(), left, right), rel=1e-12)


def test_every_state_on_disk_is_encoded_once_by_each_encoder(on_disk, monkeypatch):
    monkeypatch.setattr(feature_streams, "STREAMED_BYTES_FROM_DISK", 2**20)
    disk, memory = (TrajectoryFiles(str(on_disk), in_memory_gigabytes=size) for size in (1e-6, 1))
    views = [pairs_of(record) for record in (disk, memory)]
    features, encoded = estimated(views[1], waves, "cca").features, []
    encode = features.encode
    monkeypatch.setattr(features, "encode", lambda states: encoded.append(len(states)) or encode(states))
    streams = [[np.concatenate(part) for part in zip(*evaluated_pairs(features, view.pairs("train")), strict=True)]
               for view in views]  # fmt: skip
    for ours, theirs in zip(*streams, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
    n_pairs, from_memory = len(views[0].pairs("train")), 2 * len(views[1].pairs("train")) + 1
    assert sum(encoded) - from_memory < 1.01 * n_pairs


def test_an_evaluation_holds_one_block_of_a_record_on_disk_and_not_the_record(on_disk, monkeypatch):
    monkeypatch.setattr(feature_streams, "STREAMED_BYTES_FROM_DISK", 2**20)
    monkeypatch.setattr(held_out_forecasts, "LONGEST_FORECAST_BYTES", 2**18)
    record = TrajectoryFiles(str(on_disk), split={"train": 0.2, "test": 0.8}, in_memory_gigabytes=1e-6)
    view = pairs_of(record)
    learned = estimated(view, waves, "cca")
    assert record.splits["test"].on_disk
    evaluate(learned, view, forecast_steps=1)  # what is imported or cached for the first time does not count
    tracemalloc.start()
    evaluate(learned, view, forecast_steps=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    features_of_all_held_out_pairs = 40_000 * 41 * 8
    assert peak < features_of_all_held_out_pairs


def test_held_out_blocks_are_let_go_one_after_the_other(on_disk, monkeypatch):
    """The memory of torch, where their arrays lie, is not seen by tracemalloc: they are counted instead."""
    blocks, held = [], []

    def watched(features, pairs):
        for block in evaluated_pairs(features, pairs):
            blocks.append([weakref.ref(array) for array in block])
            held.append(sum(any(array() is not None for array in kept) for kept in blocks))
            yield block

    record = TrajectoryFiles(str(on_disk), split={"train": 0.8, "test": 0.2}, in_memory_gigabytes=1e-6)
    view = pairs_of(record)
    learned = estimated(view, waves, "cca")
    monkeypatch.setattr(feature_streams, "STREAMED_BYTES_FROM_DISK", 2**20)
    monkeypatch.setattr(evaluation, "evaluated_pairs", watched)
    evaluate(learned, view, forecast_steps=1)
    assert len(blocks) > 5
    assert max(held) <= 2  # the one that is used, and the next
