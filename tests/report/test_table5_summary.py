import numpy as np
import pytest
from matplotlib.image import imread
from table5_material import errors, write_table5_run

from sciml_bench.command_line import main
from sciml_bench.report import find_runs
from sciml_bench.report.replications.table5.cells import Table5
from sciml_bench.report.replications.table5.figure import beside_the_paper
from sciml_bench.report.replications.table5.published import COLUMNS, METHODS, published_score


def test_the_command_writes_the_table_three_times(tmp_path, capsys):
    write_table5_run(tmp_path / "runs" / "seed=10")
    write_table5_run(tmp_path / "runs" / "adaptive", training="homotopy_adaptive")
    write_table5_run(tmp_path / "runs" / "broken", status="failed")
    output = tmp_path / "output"
    assert main(["table5", str(tmp_path / "runs"), "--output", str(output)]) == 0
    printed = capsys.readouterr()
    assert (output / "table5.md").read_text() in printed.out
    assert "1 finished run(s) are of something" in printed.out
    assert "broken" in printed.err
    assert (output / "table5.csv").read_text().startswith("method,column,quantity")
    assert np.ptp(imread(output / "table5.png")) > 0.5


def test_without_output_nothing_is_written(tmp_path, capsys):
    write_table5_run(tmp_path / "seed=10")
    before = sorted(tmp_path.rglob("*"))
    assert main(["table5", str(tmp_path)]) == 0
    assert "## Cost of the fit" in capsys.readouterr().out
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("folder", "message"), [("missing", "there is no folder"), (".", "experiment=table5")])
def test_what_a_person_can_mend_ends_with_one_sentence(tmp_path, monkeypatch, capsys, folder, message):
    monkeypatch.chdir(tmp_path)
    assert main(["table5", folder]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error


def test_the_figure_shows_the_seeds_and_every_number_of_the_paper(tmp_path):
    for seed, error in ((10, 0.005), (20, 0.007)):
        write_table5_run(tmp_path / f"seed={seed}", errors(error), seed=seed)
    figure = beside_the_paper(Table5.of(find_runs([tmp_path])[0]))
    panel = figure.axes[0]
    assert panel.get_yscale() == "log"
    drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in panel.lines])
    published = [published_score(method, column, "interpolation").mean for method in METHODS for column in COLUMNS]
    for value in (0.005, 0.007, 0.006, *published):
        assert np.isclose(drawn, value).any()
