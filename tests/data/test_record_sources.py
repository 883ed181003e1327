from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.instantiate import instantiate
from sciml_bench.data import sources
from sciml_bench.systems import Lorenz63, LotkaVolterra

YAMLS = sorted((Path(__file__).parents[2] / "conf/shared/data").glob("*.yaml"))
SMALL = {
    "KortewegDeVriesFields": {"split": {"train": 2, "validation": 1, "test": 1}, "n_skipped": 1, "n_frames": 4},
    "TwoBodyOrbits": {"n_states": 20, "n_test_states": 20},
    "MarkovTrajectories": {"n_steps": 200},
}


def simulated(**options):
    record = sources.SimulatedTrajectories(LotkaVolterra(), **options)
    record.setup()
    return record


@pytest.mark.parametrize("yaml", YAMLS, ids=lambda path: path.stem)
def test_every_yaml_makes_a_record(yaml):
    node = OmegaConf.load(yaml)
    target = node["_target_"].rpartition(".")[2]
    assert set(node) & {"lag", "batch_size", "n_inputs", "recommended"} == set()
    if OmegaConf.is_missing(node, "path"):
        node.path = "nowhere.txt"
        with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"):
            instantiate(node, role="data").setup()
        return
    node = OmegaConf.merge(node, SMALL.get(target, {}))
    if yaml.stem == "lorenz63":
        node.n_steps = 100
    record = instantiate(node, role="data")
    assert type(record).__name__ == target
    if target not in ("OrderedMNIST", "Ephemeris"):  # these need a file or another package
        record.setup()
        assert "train" in record.splits


def test_the_truth_begins_at_the_exact_initial_state():
    splits = simulated(initial_states=[1.0, 2.0], n_steps=20, noise_std=0.5, split={"train": 1.0}).splits
    assert splits["train"].clean[0][0].tolist() == [1.0, 2.0]
    assert (splits["train"].states[0][0] != [1.0, 2.0]).all()


def test_states_after_a_burn_in_lie_on_the_attractor():
    record = sources.SimulatedTrajectories(Lorenz63(), burn_in=20.0, n_steps=400, time_step=0.05, n_trajectories=2)
    record.setup()
    train = record.splits["train"]
    assert train.n_trajectories == 2
    assert np.abs(train.states[0][0] - train.states[1][0]).max() > 1e-3
    assert 15 < train.states[0][:, 2].mean() < 32
    assert train.clean is train.states


def test_n_steps_end_time_and_times_mean_the_same_rows():
    options = {"split": {"train": 1.0}}
    rows = [
        simulated(**options, **clock).splits["train"]
        for clock in (
            {"n_steps": 4, "time_step": 0.1},
            {"end_time": 0.3, "time_step": 0.1},
            {"times": [0.0, 0.1, 0.2, 0.30000000000000004]},
        )
    ]
    for part in rows:
        np.testing.assert_allclose(part.times_of(0), [0, 0.1, 0.2, 0.3], atol=1e-12)
        np.testing.assert_array_equal(part.states[0], rows[0].states[0])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_steps": 9, "end_time": 1.0}, "data.end_time=1.0 excludes data.n_steps"),
        ({"times": [0, 1], "n_steps": 2}, "data.n_steps=2 excludes data.times"),
        ({"n_steps": 9, "burn_in": 1.0, "initial_states": [1.0, 1.0]}, "excludes data.burn_in"),
        ({"n_steps": 9, "noise_std": 1.0, "relative_noise": 1.0}, "excludes data.noise_std"),
        ({}, "give data.n_steps"),
        ({"end_time": 0.01, "time_step": 0.1}, "only the time 0"),
        ({"n_steps": 9, "initial_states": [1.0]}, "2 finite components"),
        ({"n_steps": 9, "component_names": ["prey"]}, "data.component_names"),
        ({"n_steps": 9, "split": {"train": 20, "test": 9}, "noise_std": 1.0}, "29 asked for, but there are 9"),
    ],
)
def test_contradictions_are_named(options, message):
    with pytest.raises(ConfigurationError, match=message):
        simulated(**options)


def test_digits_are_split_in_whole_rounds():
    record = sources.OrderedDigits(split={"train": 101, "validation": 50, "test": 52}, image_size=8)
    record.setup()
    assert [part.lengths for part in record.splits.values()] == [(100,), (50,), (50,)]
    assert record.splits["test"].labels[0][:5].tolist() == [0, 1, 2, 3, 4]
    assert record.spec.n_classes == 5
    with pytest.raises(ConfigurationError, match="without a round"):
        sources.OrderedDigits(split={"train": 100, "test": 4}, image_size=8).setup()


def test_files_with_their_own_times_and_rows(tmp_path):
    times = np.cumsum(np.random.default_rng(0).uniform(0.1, 0.3, 20))
    np.savez(tmp_path / "a.npz", t=times, x=np.random.default_rng(1).normal(size=(20, 2)))
    record = sources.TrajectoryFiles(tmp_path / "a.npz", key="x", times_key="t", first_row=4, n_rows=10)
    record.setup()
    np.testing.assert_array_equal(record.splits["train"].times_of(0), times[4:10])
    assert record.spec.time_unit == "time"
    regular = sources.TrajectoryFiles(tmp_path / "a.npz", key="x", first_row=4)
    regular.setup()
    assert (regular.spec.time_unit, regular.splits["train"].times_of(0)[0]) == ("step", 4)
    with pytest.raises(ConfigurationError, match="only 20 rows"):
        sources.TrajectoryFiles(tmp_path / "a.npz", key="x", n_rows=21).setup()
    with pytest.raises(ConfigurationError, match="give only one"):
        sources.TrajectoryFiles(tmp_path / "a.npz", key="x", times_key="t", time_step=0.1)


def test_names_that_do_not_fit_a_file_are_named(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(1).normal(size=(20, 2)))
    with pytest.raises(DataError, match="component_names"):
        sources.TrajectoryFiles(tmp_path / "a.npy", component_names=["a"]).setup()
