import csv
import io

import pytest
from table5_material import errors, write_table5_run

from sciml_bench.report import find_runs
from sciml_bench.report.comparison import Estimate
from sciml_bench.report.replications.table5.cells import Table5
from sciml_bench.report.replications.table5.published import PublishedScore
from sciml_bench.report.replications.table5.text import markdown, shown_number, shown_score, table5_csv


@pytest.fixture
def runs(tmp_path):
    for seed, error in ((10, 0.00686), (20, 0.00853), (30, 0.00775)):
        write_table5_run(tmp_path / f"seed={seed}", errors(error, 2 * error), seed=seed)
    measured = {"data": "double_pendulum_real", "training": "vanilla"}
    write_table5_run(tmp_path / "pendulum", {"interpolation_mse": 0.01}, **measured)
    write_table5_run(tmp_path / "running", status="running", data="lorenz63_ko2023")
    return find_runs([tmp_path])


def rows_of(text, heading):
    """Cells of the table below a heading, by the first one."""
    section = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    header = lines[0]
    return {line[0]: dict(zip(header[1:], line[1:], strict=True)) for line in lines[2:]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.7713, "0.77"), (18.64, "18.6"), (6254.0, "6254"), (0.0123, "0.012"), (3e7, "3.00e+07"), (0.0, "0.00")],
)
def test_numbers_have_about_three_digits(value, shown):
    assert shown_number(value) == shown


def test_an_uncertainty_has_the_decimals_of_its_mean():
    assert shown_score(Estimate(0.186, 0.0182 * 3**0.5, 0.18, 3), 100.0) == "18.6 ± 1.8 (3)"
    assert shown_score(PublishedScore(4.28, 0.52), 100.0) == "428 ± 52"
    assert shown_score(PublishedScore(0.0161), 100.0) == "1.61"


def test_ours_stands_beside_the_papers_in_its_unit(runs):
    rows = rows_of(markdown(Table5.of(runs[0])), "Interpolation, noisy data")
    column = "Lotka–Volterra black box"
    assert rows["homotopy, ours"][column] == "0.77 ± 0.05 (3)"
    assert rows["homotopy, ours, median"][column] == "0.78"
    assert rows["homotopy, paper"][column] == "0.78 ± 0.05"
    assert rows["vanilla, ours"]["pendulum black box"] == "1.00 (1)"
    assert rows["homotopy, ours"]["Lorenz black box"] == "–"


def test_measured_systems_have_no_clean_truth(runs):
    rows = rows_of(markdown(Table5.of(runs[0])), "Extrapolation, clean truth")
    assert rows["homotopy"]["Lotka–Volterra black box"].startswith("0.15 ± ")
    assert not any("pendulum" in column for column in rows["homotopy"])


def test_the_verdict_names_its_limit_and_whose_errors_are_in_it(runs):
    rows = rows_of(markdown(Table5.of(runs[0])), "Is homotopy at least as good as the paper?")
    better = rows["Lotka–Volterra black box, interpolation"]
    assert (better["at least as good"], better["standard error of"]) == ("yes", "ours and the paper's")
    worse = rows["Lotka–Volterra black box, extrapolation"]  # 1.54 ± .1 beside 1.22 ± .09
    assert (worse["at least as good"], worse["ours / paper"]) == ("no", "1.26")
    assert rows["Lorenz black box, interpolation"]["at least as good"] == "–"


def test_costs_are_per_seed(runs):
    rows = rows_of(markdown(Table5.of(runs[0])), "Cost of the fit")
    column = "Lotka–Volterra black box"
    assert rows["homotopy, CPU s per seed"][column] == "2.00 ± 0.00 (3)"
    assert rows["homotopy, function evaluations"][column] == "1,234,567 ± 0 (3)"
    assert rows["homotopy, best epoch"][column] == "299 ± 0 (3)"
    assert rows["vanilla, best epoch"]["pendulum black box"] == "–"


def test_runs_that_do_not_count_are_named_with_their_reason(runs):
    text = markdown(Table5.of(runs[0]), runs[1])
    assert "running: still running, or interrupted" in text.split("## Left out")[1]
    assert "## Left out" not in markdown(Table5.of(runs[0]))


def test_the_csv_has_every_digit_in_the_metrics_own_unit(runs):
    rows = {tuple(row.values())[:3]: row for row in csv.DictReader(io.StringIO(table5_csv(Table5.of(runs[0]))))}
    ours = rows["homotopy", "lotka_volterra_blackbox", "interpolation_mse"]
    assert float(ours["mean"]) == (0.00686 + 0.00853 + 0.00775) / 3
    assert (ours["median"], ours["seeds"]) == ("0.00775", "3")
    assert (ours["paper_mean"], ours["paper_standard_error"], ours["at_least_as_good"]) == ("0.0078", "0.0005", "yes")
    clean = rows["homotopy", "lotka_volterra_blackbox", "interpolation_mse_clean"]
    assert clean["paper_mean"] == clean["limit"] == clean["at_least_as_good"] == ""
    assert rows["vanilla", "double_pendulum_blackbox", "interpolation_mse"]["standard_error"] == ""
    assert ("vanilla", "double_pendulum_blackbox", "extrapolation_mse") not in rows
