"""What a run folder tells, also where it is broken off or broken."""

import numpy as np
import pytest
from report_material import labelled_metrics, write_run

from sciml_bench.command_line import main
from sciml_bench.scores.catalogue import find_score

RECORD = {
    "script": "train_koopman",
    "data": "ordered_digits",
    "model": "cnn",
    "training": "nested_lora",
    "seed": 3,
    "started": "2026-01-02T03:04:05Z",
    "ended": "2026-01-02T03:05:05Z",
    "wall_seconds": 60.0,
    "peak_memory_mebibytes": 512.0,
    "versions": {"sciml-bench": "0.1.0", "torch": "2.13.0"},
    "git_commit": "abc123",
    "parameters": 19540,
}


def shown(path, capsys):
    assert main(["show", str(path)]) == 0
    return capsys.readouterr().out


def lines_of(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_finished_run_says_what_it_is_and_what_its_scores_mean(tmp_path, capsys):
    path = write_run(tmp_path / "run", labelled_metrics(0.9), {"eigenvalues": np.ones(3)}, **RECORD)
    lines = lines_of(shown(path, capsys))
    for line in (
        "status finished",
        "script train_koopman",
        "data ordered_digits",
        "model cnn",
        "training nested_lora",
        "seed 3",
        "date 2026-01-02T03:04:05Z to 2026-01-02T03:05:05Z",
        "cost 2 CPU seconds of the fit, 60 seconds in all, 512 MiB",
        "versions sciml-bench 0.1.0, torch 2.13.0, commit abc123",
        "parameters 19540",
        "accuracy_step_5 0.9",
        f"metrics.json {(path / 'metrics.json').stat().st_size} B",
    ):
        assert line in lines
    score = find_score("accuracy_step_5")
    # once for all steps
    assert lines.count(f"{score.meaning} ({score.window}); higher is better") == 1
    assert any(line.startswith("arrays.npz") for line in lines)


def test_numbers_have_their_units_and_those_of_somebodys_own_are_shown_too(tmp_path, capsys):
    path = write_run(tmp_path / "run", {"position_error_mars": 80458.0, "my_own": 2.5}, **RECORD)
    lines = lines_of(shown(path, capsys))
    assert "position_error_mars 80458 km" in lines
    assert "my_own 2.5" in lines


def test_a_failed_run_gives_its_reason(tmp_path, capsys):
    path = write_run(tmp_path / "run", status="failed", reason="TrainingError: the loss is nan", seed=0)
    text = shown(path, capsys)
    assert "failed: TrainingError: the loss is nan" in text
    assert "scores" not in text


def test_a_run_that_has_not_ended_says_how_to_go_on(tmp_path, capsys):
    assert "repeat its command" in shown(write_run(tmp_path / "run", status="running"), capsys)


def test_an_ensemble_shows_means_with_their_spread_and_its_seeds(tmp_path, capsys):
    path = write_run(tmp_path / "run", {"forecast_mse": 0.5, "forecast_mse_std": 0.25}, ensemble=[10, 20])
    member = write_run(path / "members" / "seed=10", {"forecast_mse": 0.25}, seed=10, ensemble={"seeds": [10, 20]})
    lines = lines_of(shown(path, capsys))
    assert "forecast_mse 0.5 ± 0.25 state²" in lines
    assert "seeds 10, 20, each a run in members/" in lines
    assert not any("members/seed" in line for line in lines)
    assert "seed 10 (trained with 10, 20)" in lines_of(shown(member, capsys))


def test_an_extension_is_a_run_of_its_own_and_an_evaluation_belongs_to_its_run(tmp_path, capsys):
    path = write_run(tmp_path / "run", {"n_terms": 7.0}, **RECORD)
    write_run(path / "extended" / "trainer.max_epochs=400", {"n_terms": 7.0}, **RECORD)
    write_run(path / "evaluations" / "data=other", {"n_terms": 7.0})
    files = shown(path, capsys).partition("files")[2]
    assert "extended" not in files
    assert "evaluations/data=other/metrics.json" in files


def test_an_equation_stands_where_data_stand_otherwise(tmp_path, capsys):
    record = {"parameters": 1, "training": "residual", "model": "spectral", "pde": "poisson", "script": "train_nsm"}
    keys = [line.split()[0] for line in lines_of(shown(write_run(tmp_path / "run", **record), capsys)) if line]
    assert keys[keys.index("script") :][:4] == ["script", "pde", "model", "training"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("record.json", "{", "not valid JSON"),
        ("record.json", "[]", "does not hold a JSON object"),
        ("metrics.json", '{"n_terms": "many"}', "no number"),
        ("metrics.json", '{"n_terms": null}', "no number"),
        ("metrics.json", '{"n_terms": true}', "no number"),
    ],
)
def test_a_broken_file_is_named_in_one_sentence(tmp_path, capsys, name, content, message):
    path = write_run(tmp_path / "run", {"n_terms": 7.0})
    (path / name).write_text(content)
    assert main(["show", str(path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert len(error.splitlines()) == 1


def test_a_folder_that_is_no_run_names_those_below_it(tmp_path, capsys):
    assert main(["show", str(tmp_path)]) == 1
    assert "give a folder that holds record.json" in capsys.readouterr().err
    run = write_run(tmp_path / "a" / "seed=0")
    assert main(["show", str(tmp_path)]) == 1
    assert f"1 below it, such as {run}" in capsys.readouterr().err
