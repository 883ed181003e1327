"""Twelve scores in one table, their average against what is computed here, and the ceiling beside them."""

import csv
import io

import pytest
from leaderboard_material import board_and_tasks
from read_page import read_page, table_below
from report_material import write_run

from sciml_bench.report.leaderboard.tables import csv_report, markdown_report
from sciml_bench.report.leaderboard.task_groups import groups_of
from sciml_bench.report.page import page_html

PAIRS = {"clean": (1, 2), "noisy": (3, 4, 5, 6), "rest": (7, 8, 9, 10, 11, 12)}


def run_of(root, part, method, seed, score=None, status="finished", **record):
    folder = root / "outputs" / "benchmark" / f"lorenz_{part}" / method / "defaults" / f"seed={seed}"
    metrics = None if score is None else {f"common_task_e{number}": score(number) for number in PAIRS[part]}
    about = {"script": "benchmark", "group": "lorenz", "task": f"lorenz_{part}", "method": method, "seed": seed}
    write_run(folder, metrics, None, status, **about, **record)


@pytest.fixture
def found(tmp_path):
    for part in PAIRS:
        for seed in (0, 1):
            run_of(tmp_path, part, "perfect_model", seed, lambda number: 100.0 - number)
            run_of(tmp_path, part, "ours", seed, lambda number, seed=seed: 50.0 + seed)
    run_of(tmp_path, "clean", "failing", 0, lambda number: 80.0)
    run_of(tmp_path, "noisy", "failing", 0, status="failed", reason="DataError: too short")
    run_of(tmp_path, "rest", "failing", 0, lambda number: 20.0)
    run_of(tmp_path, "clean", "forecaster", 0, lambda number: 99.0)
    run_of(tmp_path, "noisy", "forecaster", 0, status="not_applicable", reason="it does not reconstruct")
    run_of(tmp_path, "rest", "forecaster", 0, lambda number: 99.0)
    return board_and_tasks(tmp_path)


def test_the_average_is_over_all_twelve_scores_of_a_seed(found):
    (group,) = groups_of(found[1])
    assert group.columns == tuple(f"common_task_e{number}" for number in range(1, 13))  # 2 before 10
    rows = {row.label: row for row in group.rows}
    assert [row.label for row in group.rows] == ["perfect_model", "ours", "failing", "forecaster"]
    assert rows["perfect_model"].average.mean == pytest.approx(100 - 6.5)
    assert rows["ours"].average.mean == pytest.approx(50.5)
    assert rows["ours"].average.standard_deviation == pytest.approx(0.5**0.5)
    assert rows["failing"].average.mean == pytest.approx((2 * 80 - 4 * 100 + 6 * 20) / 12)
    assert rows["forecaster"].average is None
    assert group.ceiling is rows["perfect_model"]


def test_a_method_with_another_part_still_to_run_has_no_average(tmp_path):
    run_of(tmp_path, "clean", "begun", 0, lambda number: 99.0)
    (group,) = groups_of(board_and_tasks(tmp_path)[1])
    assert group.rows[0].average is None
    assert group.ceiling is None


def test_tables_and_page_have_the_group(found):
    text = markdown_report(*found)
    line = next(line for line in text.split("## lorenz\n")[1].splitlines() if line.startswith("| ours"))
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert len(cells) == 14
    assert cells[1] == "50.5 ± 0.7"
    rows = [row for row in csv.DictReader(io.StringIO(csv_report(*found))) if row["score"] == "common_task_average"]
    assert {row["method"]: float(row["mean"]) for row in rows}["failing"] == pytest.approx(-10)
    page = table_below(read_page(page_html(*found)), "lorenz")
    ours = next(row for row in page if row["method"].text.endswith("ours"))
    assert "of 99" in ours["E1"].text
    mark = ours["E1"].all("svg")[0].all("line")[1]
    assert [float(mark.attributes[name]) for name in ("x1", "x2")] == [50.5, 99.0]


def test_runs_without_a_group_have_no_such_table(tmp_path):
    write_run(tmp_path / "seed=0", {"common_task_e1": 1.0}, None, "finished", task="alone", method="ours", seed=0)
    board, tasks = board_and_tasks(tmp_path)
    assert groups_of(tasks) == []
    assert "common_task_average" not in csv_report(board, tasks)
