import json
import re
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, StorageError
from sciml_bench.data.molecules import AlanineDipeptide
from sciml_bench.data.molecules.alanine_dipeptide import count_crossings
from sciml_bench.data.molecules.alanine_geometry import ATOMS, alanine_positions
from sciml_bench.data.molecules.simulation import Simulation

TWENTY_PICOSECONDS = {"n_trajectories": 3, "nanoseconds": 0.02, "split": {"train": 1, "validation": 1, "test": 1}}


def torsion(a, b, c, d):
    first, second = np.cross(b - a, c - b), np.cross(c - b, d - c)
    return np.degrees(np.arctan2(np.linalg.norm(c - b) * (b - a) @ second, first @ second))


def test_the_ideal_geometry_has_its_bonds_angles_and_torsions():
    x, names = alanine_positions(), [f"{atom.residue} {atom.name}" for atom in ATOMS]
    at = dict(zip(names, x, strict=True))
    for number, atom in enumerate(ATOMS):
        if atom.by:
            assert np.linalg.norm(x[number] - x[atom.by[0]]) == pytest.approx(atom.length)
    assert torsion(at["ACE C"], at["ALA N"], at["ALA CA"], at["ALA C"]) == pytest.approx(-80)
    assert torsion(at["ALA N"], at["ALA CA"], at["ALA C"], at["NME N"]) == pytest.approx(80)
    assert abs(torsion(at["ACE CH3"], at["ACE C"], at["ALA N"], at["ALA CA"])) == pytest.approx(180)  # trans
    apart = np.linalg.norm(x[:, None] - x[None], axis=2) + np.eye(len(x))
    assert apart.min() > 0.1


def test_it_is_the_l_form():
    at = {
        atom.name: position for atom, position in zip(ATOMS, alanine_positions(), strict=True) if atom.residue == "ALA"
    }
    from_centre = [at[name] - at["CA"] for name in ("N", "C", "CB")]
    assert np.linalg.det(from_centre) > 0


def test_crossings_are_counted_between_the_insides_of_two_regions():
    assert count_crossings(np.array([-70.0, -10, 5, -5, 60, 170, -170, 100, 5, -5, 60, -30])) == 2
    assert count_crossings(np.array([-70.0, 170, -175, -80])) == 0  # over 180 degrees nothing is crossed


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"temperature": 0}, r"data\.temperature=0"),
        ({"frame_picoseconds": 0.2}, r"data\.frame_picoseconds=0\.2: give at least 1, that is 250 steps"),
        ({"nanoseconds": 0.001}, r"data\.nanoseconds=0\.001: a trajectory needs at least 2 frames"),
        ({"n_trajectories": 0}, r"data\.n_trajectories=0"),
    ],
)
def test_a_wrong_option_is_named(options, sentence):
    with pytest.raises(ConfigurationError, match=sentence):
        AlanineDipeptide(**options)


@pytest.mark.parametrize(
    ("n_trajectories", "split", "remedy"),
    [
        (
            3,
            {"train": 4, "validation": 1, "test": 1},
            "6 or more, or such as 'data.split={train: 1, validation: 1, test: 1}'",
        ),
        (5, {"train": 6, "test": 2}, "8 or more, or such as 'data.split={train: 4, test: 1}'"),
        (2, {"train": 4, "validation": 1, "test": 1}, "6 or more, or data.split_by=time"),
        (3, {"train": 0.8, "test": 0.1}, "10 or more, or such as 'data.split={train: 2, test: 1}'"),
    ],
)
def test_too_few_trajectories_are_told_before_they_are_simulated(monkeypatch, tmp_path, n_trajectories, split, remedy):
    monkeypatch.setattr(AlanineDipeptide, "_simulate", lambda record: pytest.fail("it was simulated"))
    options = {"n_trajectories": n_trajectories, "split": split, "cache": tmp_path}
    with pytest.raises(ConfigurationError, match=re.escape(f"; give data.n_trajectories={remedy}")):
        AlanineDipeptide(**options).setup()
    for enough in ({"n_trajectories": 10}, {"split_by": "time"}):
        with pytest.raises(pytest.fail.Exception, match="it was simulated"):
            AlanineDipeptide(**options | enough).setup()


def test_frames_that_were_not_written_are_told_and_nothing_is_kept(monkeypatch, tmp_path):
    """As on a full disk, where OpenMM goes on without a word."""
    pytest.importorskip("openmm", reason="needs the extra `molecules`")
    whole = AlanineDipeptide(**TWENTY_PICOSECONDS)
    whole.setup()
    frames = {name: (whole.folder / name).read_bytes() for name in whole.simulation.files}

    def short(simulation: Simulation, folder: Path) -> None:
        for name, content in frames.items():
            (folder / name).write_bytes(content[: len(content) // 2])

    monkeypatch.setattr(Simulation, "run", short)
    record = AlanineDipeptide(**TWENTY_PICOSECONDS, cache=tmp_path)
    with pytest.raises(StorageError, match="not all frames were written; free space"):
        record.setup()
    assert [path.suffix for path in record.folder.parent.iterdir()] == [".lock"]


def test_it_is_simulated_once_and_kept(monkeypatch):
    pytest.importorskip("openmm", reason="needs the extra `molecules`")
    pytest.importorskip("mdtraj", reason="needs the extra `molecules`")
    record = AlanineDipeptide(**TWENTY_PICOSECONDS)
    record.setup()
    assert "simulated at 500 K, 3 x 0.02 ns, OpenMM's Reference platform" in record.reading
    assert "crossings of phi = 0, fewer than 20" in record.reading
    assert record.spec.component_names == ("cos phi 2", "sin phi 2", "cos psi 2", "sin psi 2")
    assert [part.lengths for part in record.splits.values()] == [(20,)] * 3
    parts = [part.states[0] for part in record.splits.values()]
    assert not np.allclose(parts[0], parts[1])  # every trajectory has its own noise
    np.testing.assert_allclose(record.splits["train"].times_of(0), 0.001 * np.arange(1, 21))
    settings = json.loads((record.folder / "settings.json").read_text())
    assert (settings["temperature"], settings["platform"]) == (500.0, "Reference")

    monkeypatch.setattr(AlanineDipeptide, "_simulate", lambda record: pytest.fail("it was simulated again"))
    again = AlanineDipeptide(**TWENTY_PICOSECONDS, features="positions", atoms="element != H")
    again.setup()
    assert again.folder == record.folder
    positions = again.splits["train"].states[0]
    assert positions.shape == (20, 10, 3)
    carbonyl = [again.spec.body_names.index(name) for name in ("ALA2-C", "ALA2-O")]
    assert np.linalg.norm(np.diff(positions[:, carbonyl], axis=1), axis=2).mean() == pytest.approx(0.123, abs=0.003)
    hotter = AlanineDipeptide(**TWENTY_PICOSECONDS, temperature=600)
    assert hotter.folder != record.folder

    Path(record.folder / "trajectory2.xtc").unlink()
    with pytest.raises(pytest.fail.Exception, match="simulated again"):
        AlanineDipeptide(**TWENTY_PICOSECONDS).setup()
    assert not list(record.folder.parent.glob("*.incomplete"))
