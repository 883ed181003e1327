import csv
import subprocess
import sys

import numpy as np
import pytest
from matplotlib.image import imread
from report_material import labelled_arrays, labelled_metrics, write_run

from sciml_bench.command_line import main

FIGURES = ("accuracy_against_step.png", "forecast_images.png", "eigenfunctions.png")


def test_the_report_needs_neither_torch_nor_the_code_that_trains():
    program = (
        "import sys, sciml_bench.report, sciml_bench.command_line.show, sciml_bench.report.figures\n"
        "heavy = {'torch', 'lightning', 'sklearn', 'sciml_bench.training', 'sciml_bench.koopman'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or None)"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr


def test_a_comparison_of_labelled_runs_writes_tables_and_figures(tmp_path, capsys):
    runs, output = tmp_path / "runs", tmp_path / "output"
    for seed in (0, 1):
        write_run(runs / "ours" / f"seed={seed}", labelled_metrics(0.9), labelled_arrays(0.9))
    write_run(runs / "theirs" / "seed=0", labelled_metrics(0.5), labelled_arrays(0.5))
    write_run(runs / "broken" / "seed=0", status="failed", reason="out of memory")
    assert main(["compare", str(runs), "--output", str(output)]) == 0
    printed = capsys.readouterr()
    assert "0.900 ± 0.000" in printed.out
    assert "out of memory" in printed.err
    assert (output / "table.md").read_text() in printed.out
    rows = list(csv.DictReader((output / "table.csv").open()))
    assert [(row["method"], float(row["accuracy_step_5_mean"])) for row in rows] == [("ours", 0.9), ("theirs", 0.5)]
    for name in FIGURES:
        image = imread(output / name)
        assert min(image.shape[:2]) > 150
        assert np.ptp(image) > 0.5
    assert "left out" not in printed.out


def test_runs_without_arrays_are_left_out_of_the_figures_with_one_line_each(tmp_path, capsys):
    write_run(tmp_path / "ours" / "seed=0", labelled_metrics(), labelled_arrays())
    write_run(tmp_path / "old" / "seed=0", labelled_metrics(), {"eigenvalues": np.ones(2)})
    assert main(["compare", str(tmp_path), "--output", str(tmp_path / "output")]) == 0
    lines = capsys.readouterr().out.splitlines()
    left_out = [line for line in lines if "old is left out" in line]
    assert [line.split(":")[0] for line in left_out] == list(FIGURES)
    assert all((tmp_path / "output" / name).exists() for name in FIGURES)


def test_runs_of_another_kind_get_a_table_and_one_line_per_figure(tmp_path, capsys):
    for name in ("a", "b"):
        write_run(tmp_path / name / "seed=0", {"vamp_e_exact": 3.9}, {"eigenvalues": np.ones(2)})
    assert main(["compare", str(tmp_path), "--output", str(tmp_path / "output")]) == 0
    assert sorted(path.name for path in (tmp_path / "output").iterdir()) == ["table.csv", "table.md"]
    assert capsys.readouterr().out.count("not drawn") == 3


def test_runs_of_several_kinds_are_told_in_a_table_for_each_by_what_they_share(tmp_path, capsys):
    write_run(tmp_path / "images" / "a" / "seed=0", labelled_metrics(), labelled_arrays())
    write_run(tmp_path / "images" / "b" / "seed=0", labelled_metrics(), labelled_arrays())
    for name in ("c", "d", "e", "f", "g"):
        write_run(tmp_path / "fields" / name / "seed=0", {"best_epoch": 3.0, "relative_l2_64": 0.1}, {})
    write_run(tmp_path / "laws" / "h" / "seed=0", {"best_epoch": 1.0, "worst_coefficient_error": 0.2}, {})
    assert main(["compare", str(tmp_path), "--output", str(tmp_path / "output")]) == 0
    lines = capsys.readouterr().out.splitlines()
    headers = [[cell.strip() for cell in line.split("|")[2:-3]] for line in lines if line.startswith("| method")]
    assert headers[0] == ["best_epoch", "relative_l2_64 ↓"]
    assert headers[1][0] == "accuracy_step_1 ↑"
    assert len(headers) == 2
    (alone,) = [line for line in lines if "--all" in line]
    assert alone.startswith("1 that share no score with another")
    assert alone.endswith("laws/h")
    assert len(lines) < 30
    assert main(["compare", str(tmp_path), "--all"]) == 0
    assert "worst_coefficient_error" in capsys.readouterr().out


def test_wanted_metrics_are_the_columns_with_an_arrow_where_one_way_is_better(tmp_path, capsys):
    write_run(tmp_path / "a" / "seed=0", labelled_metrics())
    assert main(["compare", str(tmp_path), "--metrics", "vamp_2_test,oracle_accuracy"]) == 0
    header = capsys.readouterr().out.splitlines()[0]
    assert [cell.strip() for cell in header.strip("|").split("|")][1:3] == ["vamp_2_test ↑", "oracle_accuracy"]
    assert "accuracy_step_1" not in header


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "missing"], "there is no folder missing"),
        (["compare", "."], "no finished run"),
        (["compare", "runs", "--metrics", "nonsense"], "no run has 'nonsense'"),
    ],
)
def test_what_a_person_can_mend_ends_with_one_sentence(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    if "runs" in arguments:
        write_run(tmp_path / "runs" / "seed=0", {"score": 1.0})
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert len(error.splitlines()) == 1
