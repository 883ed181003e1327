"""The archive of chignolin as a record: its files, which part they go to, and what is said of missing ones."""

import numpy as np
import pytest
from small_peptide import N_ATOMS, written_archive

from sciml_bench.data.molecules import Chignolin, splits_of_trajectories

mdtraj = pytest.importorskip("mdtraj", reason="needs the extra `molecules`")
SPLIT = {"train": 26, "test": 8}


def loaded(folder, **options):
    record = Chignolin(folder, **{"split": SPLIT} | options)
    record.setup()
    return record


def numbers(part):
    return [int(name.rpartition("C")[2].partition(".")[0]) for name in part.names]


def test_every_part_has_as_many_unfolded_starts_as_folded_ones(tmp_path):
    written_archive(tmp_path)
    for options in ({}, {"trajectory_split": "random"}, {"trajectory_split": "random", "split_seed": 3}):
        parts = {name: np.array(numbers(part)) for name, part in loaded(tmp_path, **options).splits.items()}
        assert sorted(np.concatenate(list(parts.values()))) == list(range(34))
        assert {name: ((part < 17).sum(), (part >= 17).sum()) for name, part in parts.items()} == {
            "train": (13, 13),
            "test": (4, 4),
        }


def test_positions_are_those_of_all_atoms_but_water(tmp_path):
    walks = written_archive(tmp_path)
    train = loaded(tmp_path, features="positions").splits["train"]
    assert train.state_shape == (N_ATOMS - 3, 3)
    first = walks[numbers(train)[0]]
    np.testing.assert_allclose(train.states[0], first.xyz[:, : N_ATOMS - 3], atol=6e-4)
    assert train.facts["atomic_numbers"][:6] == (7, 6, 6, 8, 6, 1)


def test_the_split_is_the_best_of_a_hundred_by_the_central_atoms_whatever_is_learned_from(tmp_path, monkeypatch):
    """Radii of gyration of the carbons CA, by MDTraj, of four extended and four compact groups of each kind."""
    scales = {number: 4.0 for number in range(34) if number % 17 < 8}
    walks = written_archive(tmp_path, of_central_atoms=scales)
    compared, distance = [], splits_of_trajectories.distance_of_parts

    def noted(values, parts):
        compared.append(distance(values, parts))
        return compared[-1]

    monkeypatch.setattr(splits_of_trajectories, "distance_of_parts", noted)
    parts = loaded(tmp_path, features="positions", atoms="name CB").splits
    assert len(compared) == 100
    radii = [mdtraj.compute_rg(one.atom_slice(one.topology.select("name CA")), masses=np.ones(3)) for one in walks]
    train, test = (np.sort(np.concatenate([radii[number] for number in numbers(part)])) for part in parts.values())
    levels = np.linspace(0, 1, 20_001)
    mine = np.abs(np.quantile(train, levels) - np.quantile(test, levels)).mean()  # the Wasserstein distance
    assert mine == pytest.approx(min(compared), rel=0.05)
    assert mine < 0.5 * np.median(compared)
    assert numbers(loaded(tmp_path).splits["test"]) == numbers(parts["test"])


def test_a_missing_file_is_named_with_where_it_is_downloaded(tmp_path):
    written_archive(tmp_path)
    (tmp_path / "C5.xtc").unlink()
    with pytest.raises(FileNotFoundError, match=r"there is no C5\.xtc; download trajs_out\.zip from zenodo\.org"):
        loaded(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no protein\.gro, C0\.xtc, C1\.xtc and 32 more files; download"):
        loaded(tmp_path / "nowhere")


def test_a_damaged_trajectory_may_be_left_out(tmp_path):
    written_archive(tmp_path)
    whole = (tmp_path / "C2.xtc").read_bytes()
    (tmp_path / "C2.xtc").write_bytes(whole[:-20])
    record = loaded(tmp_path, skip_unreadable=True, split={"train": 25, "test": 8})
    parts = {name: np.array(numbers(part)) for name, part in record.splits.items()}
    assert "C2.xtc is truncated" in record.reading
    assert [(part < 17).sum() for part in parts.values()] == [12, 4]
