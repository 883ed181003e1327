import numpy as np
import pytest
from report_material import write_run

from sciml_bench.core.errors import DataError
from sciml_bench.report import find_runs


def test_finished_runs_are_found_once_however_often_their_folder_is_given(tmp_path):
    write_run(tmp_path / "a" / "seed=0", {"score": 1.5})
    finished, unfinished = find_runs([tmp_path, tmp_path / "a" / ".." / "a", tmp_path / "a" / "seed=0"])
    assert [run.path for run in finished] == [tmp_path / "a" / "seed=0"]
    assert finished[0].metrics == {"score": 1.5}
    assert finished[0].fit_cpu_seconds == 2.0
    assert unfinished == []


def test_runs_that_do_not_count_are_listed_with_their_reason(tmp_path):
    write_run(tmp_path / "failed", status="failed", reason="TrainingError: the loss became nan")
    write_run(tmp_path / "not_applicable", status="not_applicable", reason="a NeuralODE learns from vectors")
    write_run(tmp_path / "interrupted", status="interrupted", reason="interrupted; repeat the command to continue")
    write_run(tmp_path / "running", status="running")
    write_run(tmp_path / "without_metrics")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "record.json").write_text('{"status": "fin')
    write_run(tmp_path / "torn_metrics")
    (tmp_path / "torn_metrics" / "metrics.json").write_text('{"score": "high"}')
    finished, unfinished = find_runs([tmp_path])
    assert finished == []
    reasons = {run.path.name: run.reason for run in unfinished}
    assert "the loss became nan" in reasons["failed"]
    assert reasons["not_applicable"] == "not applicable: a NeuralODE learns from vectors"
    assert reasons["interrupted"] == "interrupted; repeat its command to continue it"
    assert "still running, or interrupted; in the latter case repeat its command" in reasons["running"]
    assert "metrics.json is missing" in reasons["without_metrics"]
    assert "not valid JSON" in reasons["torn"]
    assert "cannot be read" in reasons["torn_metrics"]


def test_a_folder_that_does_not_exist_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        find_runs([tmp_path / "missing"])


def test_arrays_are_empty_where_there_are_none_and_an_error_where_they_are_damaged(tmp_path):
    write_run(tmp_path / "whole", {}, {"values": np.arange(3)})
    write_run(tmp_path / "without", {})
    write_run(tmp_path / "torn", {}, {"values": np.arange(1000)})
    file = tmp_path / "torn" / "arrays.npz"
    file.write_bytes(file.read_bytes()[:100])
    runs = {run.path.name: run for run in find_runs([tmp_path])[0]}
    np.testing.assert_array_equal(runs["whole"].arrays["values"], [0, 1, 2])
    assert runs["without"].arrays == {}
    with pytest.raises(DataError, match=r"arrays\.npz cannot be read"):
        _ = runs["torn"].arrays
