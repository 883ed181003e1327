"""Records of ODEBench: what the file says, the corruptions of its protocol, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from odebench_file import TIMES, decay, entry, oscillation, written

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.odebench import OdeBench


def loaded(path: Path, **options: object) -> OdeBench:
    record = OdeBench(path, **options)
    record.setup()
    return record


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("odebench") / "small.json")


def test_one_solution_is_learned_from_and_the_other_is_held_out(path: Path) -> None:
    record = loaded(path, system=7)
    train, test = record.splits["train"], record.splits["test"]
    np.testing.assert_allclose(train.states[0], oscillation((1.0, 0.0)), atol=1e-15)
    np.testing.assert_allclose(test.states[0], oscillation((0.0, -2.0)), atol=1e-15)
    assert (train.is_regular, record.spec.component_names) == (True, ("x_0", "x_1"))
    assert record.files[0]["path"] == str(path)


def test_noise_multiplies_and_rows_are_dropped_of_what_is_learned_from_alone(path: Path) -> None:
    record = loaded(path, system=2, multiplicative_noise=0.05, dropped_fraction=0.5)
    train, test = record.splits["train"], record.splits["test"]
    assert train.lengths == (len(TIMES) - round(0.5 * len(TIMES)),)
    times, clean = train.times_of(0), np.asarray(train.clean[0])
    assert set(times) < set(TIMES)
    np.testing.assert_allclose(clean[:, 0], 3 * np.exp(-times / 2), rtol=1e-12)
    parts = np.asarray(train.states[0]) / clean - 1
    assert np.std(parts) == pytest.approx(0.05, rel=0.25)
    assert np.abs(np.mean(parts)) < 0.02
    np.testing.assert_array_equal(test.states[0], decay(-1.0))
    again, other = (loaded(path, system=2, multiplicative_noise=0.05, noise_seed=seed) for seed in (0, 1))
    noise = [np.asarray(each.splits["train"].states[0]) / decay(3.0) - 1 for each in (again, other)]
    assert np.isin(np.round(parts, 9), np.round(noise[0], 9)).all()  # rows that stay keep their noise
    assert np.abs(noise[0] - noise[1]).max() > 0.01


def test_all_systems_are_so_many_records(path: Path) -> None:
    record = loaded(path)
    assert dict(record.single_records) == {"2": {"system": 2}, "7": {"system": 7}, "9": {"system": 9}}
    assert loaded(path, system=2).single_records == {}
    assert "3 systems" in record.reading


def test_a_file_that_has_changed_is_read_again(tmp_path: Path) -> None:
    path = written(tmp_path / "file.json")
    assert len(OdeBench(path).systems) == 3
    written(path, [entry(4, "", decay(1.0), decay(2.0))])
    assert list(OdeBench(path).systems) == [4]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"id": 3}, "has not the form of ODEBench"),
        ([], "holds no system"),
        ([{"id": 3, "eq": "x"}], "KeyError: 'solutions'"),
        ([entry(True, "", decay(1.0), decay(2.0))], "no whole number"),
        ([entry(3, "", decay(1.0))], "one initial state only"),
        ([entry(3, "", decay(1.0), oscillation((1.0, 0.0)))], "different dimensions"),
        ([entry(3, "", decay(np.inf), decay(1.0))], "not finite"),
        ([{"id": 3, "solutions": [[{"t": [0, 1], "y": [[1, 2, 3]]}] * 2]}], r"shapes \(2,\) and \(1, 3\)"),
    ],
)
def test_a_file_of_another_form_is_told(content: object, told: str, tmp_path: Path) -> None:
    path = written(tmp_path / "file.json", content)
    with pytest.raises(DataError, match=told):
        loaded(path)


def test_bad_settings_are_told(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"data\.path="):
        loaded(path.parent / "nowhere.json")
    with pytest.raises(ConfigurationError, match=r"data\.system=3: small\.json holds \[2, 7, 9\]"):
        loaded(path, system=3)
    for wrong in ({"system": "every"}, {"multiplicative_noise": -1}, {"dropped_fraction": 1}, {"noise_seed": -1}):
        (key,) = wrong
        with pytest.raises(ConfigurationError, match=f"data.{key}="):
            OdeBench(path, **wrong)
