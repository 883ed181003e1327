from pathlib import Path

import pytest
from report_material import labelled_metrics, write_run

from sciml_bench.command_line.compare import remark_on_data
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.report import Comparison, chosen_metrics, csv_table, find_runs, markdown_table
from sciml_bench.report.comparison import labels


def compared(folder):
    return Comparison.of(find_runs([folder])[0])


def test_runs_that_differ_by_seed_alone_are_one_method_with_mean_and_spread(tmp_path):
    # 10 sorts before 2 as text, but seeds are numbers
    for seed, score in ((10, 3.0), (2, 1.0), (0, 2.0)):
        write_run(tmp_path / "ours" / "defaults" / f"seed={seed}", {"score": score}, fit_cpu_seconds=1.0 + seed)
    write_run(tmp_path / "theirs" / "defaults" / "seed=0", {"score": 5.0})
    ours, theirs = compared(tmp_path).methods
    assert [run.path.name for run in ours.runs] == ["seed=0", "seed=2", "seed=10"]
    assert (ours.label, theirs.label) == ("ours", "theirs")
    assert ours.metric("score") == (2.0, 1.0, 2.0, 3)  # the sample deviation of 1, 2, 3
    assert ours.fit_cpu_seconds.mean == 5.0
    assert theirs.metric("score") == (5.0, None, 5.0, 1)
    assert theirs.metric("another") is None


def test_an_infinite_error_of_one_seed_is_that_of_the_method(tmp_path):
    for seed, error in enumerate((1.0, float("inf"))):
        write_run(tmp_path / "ours" / f"seed={seed}", {"forecast_mse": error})
    (ours,) = compared(tmp_path).methods
    assert ours.metric("forecast_mse")[:2] == (float("inf"), None)
    assert "∞" in markdown_table(compared(tmp_path), ["forecast_mse"])


def test_a_folder_of_another_name_is_a_method_of_its_own(tmp_path):
    write_run(tmp_path / "mine", {"score": 1.0})
    write_run(tmp_path / "yours", {"score": 2.0})
    assert [method.label for method in compared(tmp_path).methods] == ["mine", "yours"]


def file_of(name, sha256, **others):
    return {"data": "trajectories", "data_files": [{"path": f"/there/{name}", "bytes": 9, "sha256": sha256}], **others}


def test_runs_of_different_data_are_told(tmp_path):
    """Also of one file before and after it changed, and of other components of it; its path says nothing."""
    for method, record in {
        "a": file_of("mine.csv", "1" * 64, question_variant="data.path=/there/mine.csv"),
        "b": file_of("mine.csv", "1" * 64, question_variant="data.path=mine.csv"),
    }.items():
        write_run(tmp_path / method / "seed=0", {"score": 1.0}, **record)
    assert remark_on_data(compared(tmp_path)) == ""
    write_run(tmp_path / "c" / "seed=0", {"score": 1.0}, **file_of("other.csv", "2" * 64))
    told = remark_on_data(compared(tmp_path))
    assert told.endswith("their scores do not compare them: mine.csv (a, b); other.csv (c)\n")
    write_run(tmp_path / "d" / "seed=0", {"score": 1.0}, **file_of("mine.csv", "3" * 64))
    assert "mine.csv 11111111 (a, b); other.csv 22222222 (c); mine.csv 33333333 (d)" in remark_on_data(
        compared(tmp_path)
    )
    observed = file_of("other.csv", "2" * 64, question_variant="data.observe=[x], data.path=other.csv")
    write_run(tmp_path / "e" / "seed=0", {"score": 1.0}, **observed)
    assert "other.csv 22222222 data.observe=[x] (e)" in remark_on_data(compared(tmp_path))


@pytest.mark.parametrize("path", ["'a,b, c.csv'", "[a.csv, b.csv]", "'it\\'s, a,b.csv'", "a\\,b.csv", '"x, y.csv"'])
def test_a_path_with_commas_says_nothing_either(path, tmp_path):
    asked = f"data.observe=[x, y], data.path={path}, evaluation.note='p, data.path=q'"
    write_run(tmp_path / "a" / "seed=0", {"score": 1.0}, **file_of("a,b.csv", "1" * 64, question_variant=asked))
    write_run(tmp_path / "b" / "seed=0", {"score": 1.0}, **file_of("a,b.csv", "1" * 64))
    told = remark_on_data(compared(tmp_path))
    assert told.endswith(": a,b.csv data.observe=[x, y], evaluation.note='p, data.path=q' (a); a,b.csv (b)\n")


def test_nothing_to_compare_is_an_error():
    with pytest.raises(ConfigurationError, match="no finished run"):
        Comparison.of([])


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/o/digits/cnn/lora/defaults"], ["lora"]),
        (["/o/digits/cnn/lora/defaults", "/o/digits/cnn/vamp/defaults"], ["lora", "vamp"]),
        (["/o/digits/cnn/lora/defaults", "/o/map/mlp/lora/defaults"], ["digits/cnn", "map/mlp"]),
        (["/o/d/lora/defaults", "/o/d/lora/rate=1", "/o/d/vamp/rate=1"], ["lora", "lora/rate=1", "vamp/rate=1"]),
        (["/o/d/lora/defaults", "/o/d/lora/rate=1"], ["defaults", "rate=1"]),
        (["/o/own", "/o/d/cnn/lora/defaults"], ["own", "d/cnn/lora"]),
        (["/o/outer", "/o/outer/inner"], ["/o/outer", "/o/outer/inner"]),
    ],
)
def test_labels_are_what_tells_the_methods_apart(paths, expected):
    found = labels([Path(path) for path in paths])
    assert len(set(found)) == len(found)
    assert found == expected


def test_labelled_runs_show_accuracies_and_the_oracle(tmp_path):
    write_run(tmp_path / "a" / "seed=0", labelled_metrics())
    expected = ["accuracy_step_1", "accuracy_step_5", "accuracy_step_10", "accuracy_step_15", "oracle_accuracy"]
    assert chosen_metrics(compared(tmp_path)) == expected


def test_other_runs_show_what_they_have_in_common_with_single_steps_last(tmp_path):
    steps = {f"forecast_error_over_mean_step_{step}": 0.5 for step in range(1, 16)}
    write_run(tmp_path / "a" / "seed=0", {**steps, "vamp_e_exact": 3.9, "only_here": 1.0})
    write_run(tmp_path / "b" / "seed=0", {**steps, "vamp_e_exact": 3.8})
    names = chosen_metrics(compared(tmp_path))
    assert names[:2] == ["vamp_e_exact", "forecast_error_over_mean_step_1"]
    assert len(names) == 8
    assert "only_here" not in names


def test_a_misspelt_metric_is_an_error_that_names_the_nearest(tmp_path):
    write_run(tmp_path / "a" / "seed=0", {"vamp_e_exact": 3.9})
    with pytest.raises(ConfigurationError, match="did you mean vamp_e_exact"):
        chosen_metrics(compared(tmp_path), ["vamp_e_exakt"])


def test_the_table_has_mean_and_spread_and_keeps_small_numbers_visible(tmp_path):
    write_run(tmp_path / "ours" / "seed=0", {"score": 0.5, "error": 2e-6})
    write_run(tmp_path / "ours" / "seed=1", {"score": 0.7, "error": 4e-6})
    write_run(tmp_path / "theirs" / "seed=0", {"score": 0.25})
    lines = markdown_table(compared(tmp_path), ["score", "error"]).splitlines()
    assert len({len(line) for line in lines}) == 1
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["method", "score", "error", "seeds", "CPU s of the fit"]
    assert cells[2] == ["ours", "0.600 ± 0.141", "3.00e-06 ± 1.41e-06", "2", "2.0 ± 0.0"]
    assert cells[3] == ["theirs", "0.250", "–", "1", "2.0"]


def test_csv_keeps_every_digit_and_leaves_out_what_is_not_known(tmp_path):
    write_run(tmp_path / "ours" / "seed=0", {"score": 0.1 + 0.2})
    write_run(tmp_path / "a,b" / "seed=0", {})
    header, first, second = csv_table(compared(tmp_path), ["score"]).splitlines()
    assert header == (
        "method,seeds,score_mean,score_standard_deviation,fit_cpu_seconds_mean,fit_cpu_seconds_standard_deviation"
    )
    assert first == '"a,b",1,,,2.0,'
    assert second == "ours,1,0.30000000000000004,,2.0,"
