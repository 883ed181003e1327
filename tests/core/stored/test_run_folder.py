import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.run_folder import FINISHED, RunFolder


def test_a_folder_that_nobody_claimed_has_no_status(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "new")
    assert folder.status is None
    assert folder.record == {}
    assert folder.configuration is None
    assert not folder.path.exists()


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    folder = RunFolder(str(tmp_path))
    folder.write_record({"status": FINISHED, "seed": 3})
    folder.write_metrics({"spectral_error": 0.25})
    folder.write_arrays({"eigenvalues": np.array([1.0, 0.5j])})
    folder.write_configuration({"seed": 3, "data": {"lag": 1, "name": "ä"}, "nothing": None})
    again = RunFolder(tmp_path)
    assert again.status == FINISHED
    assert again.metrics == {"spectral_error": 0.25}
    np.testing.assert_array_equal(again.arrays["eigenvalues"], [1.0, 0.5j])
    assert again.configuration == {"seed": 3, "data": {"lag": 1, "name": "ä"}, "nothing": None}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{}", r"record\.json is empty; remove it"),
        ('{"format": 99, "status": "finished"}', "of a newer version; this one reads up to 2: update .* or remove it"),
    ],
)
def test_a_record_that_this_version_cannot_read_is_told(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "record.json").write_text(written)
    with pytest.raises(DataError, match=told):
        _ = RunFolder(tmp_path).status


def test_a_claimed_folder_is_refused_to_everybody_else_until_it_is_free(tmp_path: Path) -> None:
    imported = "import sys; from sciml_bench.core.stored.run_folder import RunFolder"
    command = [sys.executable, "-c", f"{imported}\nwith RunFolder(sys.argv[1]).claimed(): pass", str(tmp_path)]
    with RunFolder(tmp_path).claimed():
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        with (
            pytest.raises(ConfigurationError, match=r"another process.*hydra\.run\.dir="),
            RunFolder(tmp_path).claimed(),
        ):
            pass
    assert refused.returncode != 0
    assert "another process is working on" in refused.stderr
    with RunFolder(tmp_path).claimed():
        pass


def test_a_claim_ends_with_the_process_however_it_ends(tmp_path: Path) -> None:
    process = os.fork()
    if process == 0:
        with RunFolder(tmp_path).claimed():
            os.kill(os.getpid(), 9)
    os.waitpid(process, 0)
    with RunFolder(tmp_path).claimed():
        pass


def test_claiming_removes_what_a_killed_writer_left(tmp_path: Path) -> None:
    left = tmp_path / "checkpoints" / "last.ckpt.1.incomplete"
    left.parent.mkdir()
    left.write_bytes(b"half")
    with RunFolder(tmp_path).claimed():
        assert not left.exists()


def test_clearing_removes_every_result_of_the_earlier_run(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_record({"status": FINISHED})
    folder.write_metrics({"a": 1.0})
    folder.write_arrays({"a": [1]})
    files = (
        folder.best_checkpoint,
        folder.last_checkpoint,
        folder.figures / "a.png",
        folder.logs / "csv" / "b" / "c.csv",
    )
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("a person's own")
    folder.clear()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["notes.txt"]
    assert folder.status is None


def test_a_link_to_a_run_is_not_cleared(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "record.json").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    with pytest.raises(ConfigurationError, match=r"force=true: .*link is a link to .*precious"):
        RunFolder(tmp_path / "link").clear()
    assert (tmp_path / "precious" / "record.json").exists()


def test_clearing_does_not_follow_links_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x")
    folder = RunFolder(tmp_path / "run")
    folder.logs.mkdir(parents=True)
    (folder.logs / "latest-run").symlink_to(outside)
    folder.clear()
    assert (outside / "precious").exists()
    assert not (folder.logs / "latest-run").is_symlink()


def with_configuration(folder: Path, text: str | bytes) -> RunFolder:
    path = folder / ".hydra" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return RunFolder(folder)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a\n- list\n", "no mapping"),
        ("", "no mapping"),
        ("just text", "no mapping"),
        ("data: !!python/object/apply:os.getcwd []\n", "a tag or an alias in line 1"),
        ("data:\n  path: !!binary aGVsbG8=\n", "a tag or an alias in line 2"),
        ("!!set {data}\n", "a tag or an alias"),
        ("data: &again\n  path: *again\n", "a tag or an alias in line 2"),
        ("data:\n  path: ${oc.env:HOME}\n", "interpolation '${oc.env:HOME}'"),
        ("data:\n  start: 2026-01-01\n", "neither a number nor text"),
        ("data:\n  1: 2\n", "the key 1 is no text"),
        ("data: {path: [\n", "while parsing"),
        ("a: 1\n---\ndata: {}\n", "expected a single document"),
        ("data: " + "[" * 5000 + "]" * 5000, "more than 50 levels in line 1"),
        (b"data: {path: \xff}", "decode"),
    ],
)
def test_a_configuration_that_is_not_plain_resolved_data_is_refused_in_one_sentence(
    tmp_path: Path, text: str | bytes, reason: str
) -> None:
    with pytest.raises(DataError, match=r"config\.yaml is no plain configuration .* with force=true$") as raised:
        _ = with_configuration(tmp_path, text).configuration
    assert reason in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["seed: 1\n", "data: 3\n", "data: null\nmodel: {a: 1}\n"])
def test_a_configuration_without_data_describes_no_run(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="describes no run: it has neither `data` nor `pde`"):
        _ = with_configuration(tmp_path, text).configuration


def test_what_occurs_twice_in_a_configuration_is_written_twice(tmp_path: Path) -> None:
    layers = [8, 8]
    RunFolder(tmp_path).write_configuration({"data": {"day": "2026-01-01", "a": layers, "b": layers}})
    assert RunFolder(tmp_path).configuration == {"data": {"day": "2026-01-01", "a": [8, 8], "b": [8, 8]}}


@pytest.mark.parametrize("text", ["[1]", "3", "not json", "[" * 100_000])
def test_a_record_that_is_no_object_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(DataError, match=r"record\.json .* repeat the command$"):
        _ = RunFolder(tmp_path).status


@pytest.mark.parametrize("text", ["[1]", '{"rmse": null}', '{"rmse": "low"}', '{"rmse": [1]}', '{"rmse": NaN}'])
def test_metrics_that_are_no_numbers_are_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "metrics.json").write_text(text)
    with pytest.raises(DataError, match=r"metrics\.json (does not hold|holds)"):
        _ = RunFolder(tmp_path).metrics


@pytest.mark.parametrize("number", [float("inf"), -float("inf"), 0.1])
def test_metrics_come_back_also_where_they_are_infinite(tmp_path: Path, number: float) -> None:
    RunFolder(tmp_path).write_metrics({"forecast_mse": number, "nothing": float("nan")})
    found = RunFolder(tmp_path).metrics
    assert found["forecast_mse"] == number
    assert np.isnan(found["nothing"])


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut short"])
def test_arrays_that_cannot_be_read_are_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "arrays.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"arrays\.npz cannot be read .* with force=true$"):
        _ = RunFolder(tmp_path).arrays
