"""The records and views give the numbers of the data modules that they replace, bit for bit; goes with these."""

from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from sciml_bench import data as before
from sciml_bench.core.instantiate import instantiate
from sciml_bench.data import sources
from sciml_bench.data.ephemeris_windows import EphemerisWindows
from sciml_bench.data.korteweg_de_vries_windows import KortewegDeVriesWindows
from sciml_bench.data.observations import EXTRAPOLATION, INTERPOLATION
from sciml_bench.data.two_body_windows import TwoBodyWindows
from sciml_bench.data.views import LaggedPairsView, PaddedTrajectories, WholeTrajectoriesView, WindowsView
from sciml_bench.scores.ephemeris_scores import ephemeris_scores
from sciml_bench.scores.two_body_scores import two_body_scores
from sciml_bench.systems import KortewegDeVries, TwoBody

RECORDS = Path(__file__).parents[2] / "conf/shared/record"


def record(name, **changes):
    made = instantiate(OmegaConf.merge(OmegaConf.load(RECORDS / f"{name}.yaml"), changes), role="data")
    made.setup()
    return made


def old(target, name, without=(), **changes):
    """The former data module with the settings of today's record, but for those that had other names."""
    node = OmegaConf.to_container(OmegaConf.merge(OmegaConf.load(RECORDS / f"{name}.yaml"), changes))
    node = {key: value for key, value in node.items() if key not in without}
    data = instantiate({**node, "_target_": f"sciml_bench.data.{target}"}, role="data")
    data.setup()
    return data


@pytest.mark.parametrize(
    ("name", "end_time", "extrapolation"),
    [
        ("lorenz63_ko2023", 3.0, 1.0),
        ("lorenz63_pervez2024", 99.99, 0.05),
        ("lotka_volterra", 20.0, 0.5),
        ("lotka_volterra_ko2023", 6.0, 1.0),
        ("double_pendulum", 1.0, 1.0),
        ("van_der_pol", 20.0, 0.5),
    ],
)
def test_simulated_records(name, end_time, extrapolation):
    made = record(name)
    data = old("SimulatedWindows", name, ("split", "n_steps"), end_time=end_time, extrapolation=extrapolation)
    observations = data.observations
    both = PaddedTrajectories.of(made.splits["train"].joined_in_time(made.splits["test"]))
    np.testing.assert_array_equal(both.times, observations.times)
    np.testing.assert_array_equal(both.states, observations.states)
    np.testing.assert_array_equal(both.clean, observations.clean)
    np.testing.assert_array_equal(both.clean[:, 0], observations.initial_states)
    view = WholeTrajectoriesView(made)
    n_learned = int((observations.window == INTERPOLATION).sum())
    assert view.train.lengths.tolist() == [n_learned]
    assert view.part("test").lengths.tolist() == [int((observations.window == EXTRAPOLATION).sum())]
    np.testing.assert_array_equal(view.spec.mean, data.spec.mean)
    np.testing.assert_array_equal(view.spec.deviation, data.spec.deviation)
    assert view.spec.component_names == data.spec.component_names
    assert view.spec.system == data.spec.system
    assert (view.spec.time_unit, view.spec.dim) == (data.spec.time_unit, data.spec.dim)
    assert view.spec.time_step == pytest.approx(data.spec.time_step, rel=1e-12)


def test_noise_on_several_trajectories_with_part_to_forecast():
    options = {"n_trajectories": 3, "data_seed": 4, "relative_noise": None, "noise_std": [0.1, 0.2]}
    made = record("lotka_volterra_ko2023", **options)
    former = old("SimulatedWindows", "lotka_volterra_ko2023", ("split",), end_time=6.0, **options)
    observations = former.observations
    both = PaddedTrajectories.of(made.splits["train"].joined_in_time(made.splits["test"]))
    np.testing.assert_array_equal(both.states, observations.states)


@pytest.mark.parametrize(
    ("name", "lag", "standardize", "small"),
    [
        ("duffing", 5, False, {"n_trajectories": 20}),
        ("lorenz63", 2, True, {"n_steps": 500}),
        ("logistic_map", 1, False, {"n_steps": 3000}),
        ("linear_gaussian", 1, False, {"n_steps": 3000}),
        ("markov_chain", 1, False, {"n_steps": 3000}),
        ("ornstein_uhlenbeck", 1, False, {"n_steps": 3000}),
        ("switching_autoregressive", 1, False, {"n_steps": 3000}),
        ("prinz_potential", 1, False, {"n_steps": 300}),
        ("ordered_digits", 1, False, {}),
    ],
)
def test_batches_of_lagged_pairs(name, lag, standardize, small):
    batch_size = 16
    made = record(name, **small)
    target = type(made).__name__.replace("Simulated", "OrdinaryDifferentialEquation")
    options = {"lag": lag, "batch_size": batch_size, "standardize": standardize, "seed": 3}
    data = old(target, name, ("component_names", "noise_on_first_row"), **options, **small)
    view = LaggedPairsView(made, lag, batch_size, standardize)
    loaders = (data.train_dataloader(), view.train_loader(seed=3)), (data.val_dataloader(), view.validation_loader())
    for former, present in loaders:
        for loader in (former, present):
            loader.sampler.set_epoch(2)
        for pairs in zip(former, present, strict=True):
            assert all(torch.equal(*states) for states in zip(*pairs, strict=True))
    for attribute in ("state_shape", "time_step", "time_unit", "lengths", "lag", "period", "n_classes", "lag_time"):
        assert getattr(view.spec, attribute) == getattr(data.spec, attribute)
    if data.labels("test") is not None:
        np.testing.assert_array_equal(view.splits["test"].labels[0], data.labels("test")[0])


def test_files_of_lagged_pairs(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(2, 60, 3)).astype(np.float32))
    data = before.TrajectoryFiles(tmp_path / "a.npy", lag=2, batch_size=8, standardize=True)
    data.setup()
    view = LaggedPairsView(sources.TrajectoryFiles(tmp_path / "a.npy"), 2, 8, standardize=True)
    for pairs in zip(data.train_dataloader(), view.record.splits and view.train_loader(), strict=True):
        assert all(torch.equal(*states) for states in zip(*pairs, strict=True))


def test_files_of_whole_trajectories(tmp_path):
    rng = np.random.default_rng(0)
    for number, length in enumerate((30, 44)):
        table = np.column_stack([np.cumsum(rng.uniform(0.1, 0.2, length)), rng.normal(size=(length, 2))])
        np.savetxt(tmp_path / f"{number}.csv", table)
    options = {"time_column": 0, "first_row": 3}
    data = before.TrajectoryWindows(tmp_path, interpolation=0.5, **options)
    data.setup()
    made = sources.TrajectoryFiles(tmp_path, split={"train": 0.5, "test": 0.5}, **options)
    view = WholeTrajectoriesView(made)
    both = PaddedTrajectories.of(made.splits["train"].joined_in_time(made.splits["test"]))
    np.testing.assert_array_equal(both.times, data.observations.times)
    np.testing.assert_array_equal(both.states, data.observations.states)
    np.testing.assert_array_equal(both.rows, data.observations.window > 0)
    learned = data.observations.interpolation_part()
    np.testing.assert_array_equal(view.train.states, learned.states)
    np.testing.assert_array_equal(view.train.rows, learned.interpolation)
    np.testing.assert_array_equal(view.spec.mean, data.spec.mean)
    np.testing.assert_array_equal(view.spec.deviation, data.spec.deviation)


def test_the_recording_of_a_double_pendulum(tmp_path):
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.01, 0.06, 30))
    lines = np.column_stack([np.zeros(30), times, rng.normal(size=(30, 6))])
    np.savetxt(tmp_path / "a.txt", lines)
    made = sources.DoublePendulumRecording(tmp_path / "a.txt", first_row=2, split={"train": 12, "test": 9})
    data = before.DoublePendulumFile(tmp_path / "a.txt", first_row=2, n_interpolation=12, n_extrapolation=9)
    made.setup(), data.setup()
    both = PaddedTrajectories.of(made.splits["train"].joined_in_time(made.splits["test"]))
    np.testing.assert_array_equal(both.times, data.observations.times)
    np.testing.assert_array_equal(both.states, data.observations.states)
    np.testing.assert_array_equal(made.spec.deviation, data.spec.deviation)
    assert made.spec.time_step == data.spec.time_step
    assert made.spec.component_names == data.spec.component_names


def test_the_noisy_damped_sine():
    made, data = record("noisy_damped_sine"), old("NoisyDampedSine", "noisy_damped_sine", ("split",))
    view = WholeTrajectoriesView(made)
    for name in ("times", "states", "clean"):
        np.testing.assert_array_equal(getattr(view.train, name), getattr(data.observations, name))
    np.testing.assert_array_equal(made.spec.deviation, data.spec.deviation)
    assert made.spec.time_step == data.spec.time_step


def test_populations_and_their_batches():
    made = record("logistic_growth", split={"train": 50, "validation": 7, "test": 9})
    counts = {"n_trajectories": 50, "n_validation": 7, "n_unseen": 9}
    data = old("LogisticTrajectories", "logistic_growth", ("split",), batch_size=16, **counts)
    view = WholeTrajectoriesView(made, batch_size=16)
    for name, former in (("train", "training"), ("validation", "validation"), ("test", "unseen")):
        part, populations = view.part(name), data.populations(former)
        np.testing.assert_array_equal(part.states[..., 0], populations.observed)
        np.testing.assert_array_equal(part.clean[..., 0], populations.clean)
        np.testing.assert_array_equal(part.times[0], populations.times)
        np.testing.assert_array_equal(made.splits[name].parameters["growth_rate"], populations.growth_rates)
        np.testing.assert_array_equal(made.splits[name].parameters["capacity"], populations.capacities)
    assert made.spec.time_step == data.spec.time_step
    np.testing.assert_array_equal(made.spec.mean, data.spec.mean)
    np.testing.assert_array_equal(made.spec.deviation, data.spec.deviation)
    data.seed = 5
    former, present = data.train_dataloader(), view.train_loader(seed=5)
    former.sampler.set_epoch(1), present.sampler.set_epoch(1)
    for batch, numbers in zip(former, present, strict=True):
        assert torch.equal(batch, torch.from_numpy(view.train.states[numbers.numpy(), :, 0]).float())


def compare_windows(data, view):
    data.seed = 5
    former, present = data.train_dataloader(), view.train_loader(seed=5)
    former.sampler.set_epoch(1), present.sampler.set_epoch(1)
    assert all(torch.equal(*batches) for batches in zip(former, present, strict=True))
    for split in ("train", "validation", "test"):
        np.testing.assert_array_equal(view.sequences(split), data.sequences[split])
        assert torch.equal(view.starts(split), data.starts(split))
    for name in ("mean", "deviation", "increment_deviation"):
        np.testing.assert_array_equal(getattr(view.spec, name), getattr(data.spec, name), err_msg=name)
    for name in ("n_window", "n_training", "state_shape", "time_step", "time_unit", "component_names", "body_names"):
        assert getattr(view.spec, name) == getattr(data.spec, name)
    assert view.spec.dtype == data.spec.dtype
    assert view.spec.system == data.spec.system
    np.testing.assert_array_equal(view.spec.grid, data.spec.grid)


def test_windows_of_two_bodies_and_their_drifts():
    counts = {"train": 3, "validation": 2, "test": 2}
    sizes = {"n_states": 60, "n_test_states": 40}
    made = sources.TwoBodyOrbits(TwoBody(0.7, 0.3), split=counts, **sizes)
    view = WindowsView(made, 10, 4, 8, 40, dtype="float64")
    data = TwoBodyWindows(
        TwoBody(0.7, 0.3), **{f"n_{name}": n for name, n in counts.items()}, **sizes, n_inputs=10, n_outputs=4,
        batch_size=8, windows_per_epoch=40, time_step=0.05, dtype="float64",
    )  # fmt: skip
    data.setup()
    compare_windows(data, view)
    truth = view.sequences("test")
    guess = truth + 1e-3 * np.random.default_rng(0).normal(size=truth.shape)
    guess[0, 30:] = np.nan
    assert two_body_scores(guess, truth, made.spec) == data.roll_out_metrics(guess, truth)


def test_windows_of_fields():
    equation = KortewegDeVries(length=32.0, n_points=32, refinement=1, largest_step=0.1)
    sizes = {"n_skipped": 2, "n_frames": 20, "n_test_frames": 24, "time_step": 0.2, "data_seed": 1}
    made = sources.KortewegDeVriesFields(equation, split={"train": 4, "validation": 1, "test": 2}, **sizes)
    view = WindowsView(made, 3, 3, 2, n_calls=2)
    data = KortewegDeVriesWindows(
        equation, n_train=4, n_validation=1, n_test=2, **sizes, n_inputs=3, n_outputs=3, n_calls=2, batch_size=2
    )
    data.setup()
    compare_windows(data, view)


def test_windows_of_planets_and_their_errors(tmp_path):
    days = np.arange(731.0)
    phases = 2 * np.pi * days[:, None] / np.array([365.0, 27.3, 687.0])
    positions = np.stack([np.cos(phases), np.sin(phases), 0.1 * np.cos(phases)], axis=-1)
    np.savez(tmp_path / "a.npz", times=days, positions=positions, bodies=np.array(["earth", "moon", "mars"]))
    options = {
        "bodies": ["earth", "moon", "mars"], "start": "2000-01-01", "validation_start": "2001-01-01",
        "test_start": "2001-07-01", "end": "2002-01-01", "minutes_between": 1440, "n_test": 3, "n_test_states": 60,
        "path": tmp_path / "a.npz",
    }  # fmt: skip
    made = sources.Ephemeris(**options)
    view = WindowsView(made, 20, 10, 4, dtype="float64")
    data = EphemerisWindows(**options, n_inputs=20, n_outputs=10, batch_size=4, dtype="float64")
    data.setup()
    compare_windows(data, view)
    truth = view.sequences("test")
    guess = truth + 1e-3 * np.random.default_rng(0).normal(size=truth.shape)
    guess[1, 50:, 2] = np.inf
    assert ephemeris_scores(guess, truth, made.spec) == data.roll_out_metrics(guess, truth)
