"""Every yaml of `conf/shared/data` makes the record that its comments and the papers tell."""

from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from sciml_bench.core.instantiate import instantiate

FOLDER = Path(__file__).parents[2] / "conf/shared/data"
YAMLS = sorted(FOLDER.glob("*.yaml"))
SMALL = {
    "KortewegDeVriesFields": {"split": {"train": 2, "validation": 1, "test": 1}, "n_skipped": 1, "n_frames": 4},
    "TwoBodyOrbits": {"n_states": 20, "n_test_states": 20},
    "MarkovTrajectories": {"n_steps": 200},
    "mueller_brown": {"n_steps": 10, "n_trajectories": 10},
    "AlanineDipeptide": {
        "nanoseconds": 0.02,
        "n_trajectories": 3,
        "split": {"train": 1, "validation": 1, "test": 1},
    },
    "DystsTrajectories": {"n_steps": 100},
    "lorenz63": {"n_steps": 100},
    "lorenz63_pervez2024": {"n_steps": 105, "split": {"train": 100, "test": 5}},
}


def node_of(name):
    """What Hydra composes of a file and the one that it is based on."""
    node = OmegaConf.load(FOLDER / f"{name}.yaml")
    based_on = [node_of(other) for other in node.pop("defaults", []) if other != "_self_"]
    return OmegaConf.merge(*based_on, node)


def made(name, **replaced):
    record = instantiate(OmegaConf.merge(node_of(name), replaced), role="data")
    record.setup()
    return record


@pytest.mark.parametrize("name", [path.stem for path in YAMLS])
def test_every_yaml_makes_a_record(name):
    node = node_of(name)
    target = node["_target_"].rpartition(".")[2]
    assert set(node) & {"lag", "batch_size", "n_inputs", "recommended"} == set()
    if OmegaConf.is_missing(node, "path"):
        with pytest.raises(FileNotFoundError, match=r"nowhere\.txt"):
            made(name, path="nowhere.txt")
        return
    if OmegaConf.is_missing(node, "topology"):
        with pytest.raises(FileNotFoundError, match=r"nowhere\.xtc"):
            made(name, topology="nowhere.pdb", trajectories="nowhere.xtc")
        return
    if target in ("OrderedMNIST", "Ephemeris"):  # these need a file or another package
        assert type(instantiate(node, role="data")).__name__ == target
        return
    if target == "DystsTrajectories":
        pytest.importorskip("dysts")
    record = made(name, **SMALL.get(name, SMALL.get(target, {})))
    assert type(record).__name__ == target
    assert "train" in record.splits


@pytest.mark.parametrize(
    ("name", "rows", "last_time", "component_names"),
    [
        ("lotka_volterra", (401, 200), 30.0, ("prey", "predators")),
        ("lotka_volterra_ko2023", (61, 60), 12.0, ("prey", "predators")),
        ("lorenz63_ko2023", (31, 30), 6.0, ("x", "y", "z")),
        ("double_pendulum", (101, 100), 2.0, ("θ1", "θ2", "ω1", "ω2")),
    ],
)
def test_simulated_records_have_the_rows_and_the_clock_of_the_papers(name, rows, last_time, component_names):
    record = made(name)
    parts = record.splits
    assert {part: parts[part].lengths for part in parts} == {"train": rows[:1], "test": rows[1:]}
    assert parts["test"].times_of(0)[-1] == pytest.approx(last_time)
    assert record.spec.component_names == component_names
    assert record.spec.system == record.system
    np.testing.assert_array_equal(parts["train"].clean[0][0], record.initial_states[0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lotka_volterra", 0.01**2),
        ("lotka_volterra_ko2023", 0.05**2 * (2.046**2 + 1.625**2) / 2),
        ("lorenz63_ko2023", 0.25**2),
    ],
)
def test_the_noise_of_record_has_its_size(name, expected):
    """Its expected square; that of Lotka and Volterra is 5 % of the means 2.046 and 1.625."""
    parts = made(name, noise_seed=4).splits.values()
    noise = np.concatenate([part.states[0] - part.clean[0] for part in parts])
    assert np.mean(noise**2) == pytest.approx(expected, rel=0.3)


def test_own_and_recorded_data_are_read_through_their_files(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(20.0).reshape(10, 2))
    assert made("trajectories", path=str(tmp_path / "x.npy")).spec.lengths == (6,)
    np.save(tmp_path / "y.npy", np.arange(30.0).reshape(10, 3))
    lorenz = made("ctf_lorenz", path=str(tmp_path / "y.npy"))
    assert (lorenz.spec.lengths, lorenz.spec.time_step, list(lorenz.splits)) == ((10,), 0.05, ["train"])
    lines = [f"0 {0.01 * row} {row} 0 0 0" for row in range(200)]
    (tmp_path / "x.txt").write_text("% o1 o2 w1 w2\n" + "\n".join(lines))
    assert made("double_pendulum_real", path=str(tmp_path / "x.txt")).spec.lengths == (100,)


@pytest.mark.parametrize("name", ["trajectories", "ctf_lorenz", "double_pendulum_real"])
def test_data_from_files_wait_for_a_path(name):
    assert OmegaConf.missing_keys(node_of(name)) == {"path"}
