"""sciml-bench report, as it is called."""

import subprocess
import sys

import pytest
from report_material import write_run

from sciml_bench.command_line import main


@pytest.fixture
def runs(tmp_path):
    for seed, error in enumerate((0.5, 0.7)):
        folder = tmp_path / "outputs" / "benchmark" / "lorenz" / "ours" / "defaults" / f"seed={seed}"
        write_run(folder, {"forecast_standardised_error": error}, task="lorenz", method="ours", seed=seed)
    return tmp_path / "outputs"


def test_without_options_the_tables_are_printed(runs, capsys):
    assert main(["report", str(runs)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "# 1 task, 1 method, 2 runs, 2 of them finished"
    (row,) = [line for line in lines if line.startswith("| ours")]
    assert "0.600 ± 0.141" in row


def test_each_option_writes_its_file_and_nothing_else(runs, tmp_path, capsys):
    for option, begins in (("html", "<!DOCTYPE html>"), ("markdown", "# 1 task"), ("csv", "task,method,score")):
        file = tmp_path / "new" / option
        assert main(["report", str(runs), f"--{option}", str(file)]) == 0
        assert capsys.readouterr().out == f"wrote {file}\n"
        assert file.read_text().startswith(begins)
    assert len(list((tmp_path / "new").iterdir())) == 3


def test_a_folder_without_runs_and_one_that_does_not_exist_end_with_one_sentence(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 1
    assert "there is no run in these folders" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "missing")]) == 1
    assert "there is no folder" in capsys.readouterr().err


def test_neither_torch_nor_hydra_is_imported_for_a_page(runs, tmp_path):
    code = "import sys; from sciml_bench.command_line import main; main(sys.argv[1:]); "
    code += "print(sorted({'torch', 'hydra', 'lightning', 'scipy', 'pandas'} & set(sys.modules)))"
    words = [sys.executable, "-c", code, "report", str(runs), "--html", str(tmp_path / "page.html")]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
