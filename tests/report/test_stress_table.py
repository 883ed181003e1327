"""The table of what operators do beyond their training, in Markdown and on the page."""

import json

from leaderboard_material import benchmark_run, board_and_tasks
from read_page import read_page

from sciml_bench.report.leaderboard.tables import markdown_report
from sciml_bench.report.page import page_html

FOUND = {
    "ours": {"relative_l2_64": 0.05, "error_ratio_twice_viscosity": 2.5, "error_ratio_twice_resolution": 1.0},
    "theirs": {"relative_l2_64": 0.2, "error_ratio_twice_viscosity": 1.25},
    "plain": {"relative_l2_64": 0.9},
}


def test_ratios_stand_beside_the_error_that_they_multiply(tmp_path):
    for method, metrics in FOUND.items():
        (benchmark_run(tmp_path, "flow", method, 0, 1.0) / "metrics.json").write_text(json.dumps(metrics))
    benchmark_run(tmp_path, "lorenz", "ours", 0, 0.1)
    found = board_and_tasks(tmp_path)
    (flow, lorenz) = markdown_report(*found).split("## flow")[1].split("## lorenz")
    table = flow.split("Times the error of the test.")[1]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("|")]
    assert rows[0][2:] == ["twice the viscosity", "twice the resolution"]  # nobody was asked for more
    assert [row[0] for row in rows[2:]] == ["ours", "theirs"]  # in the order of the task; others were not asked
    assert [float(cell) for cell in rows[2][1:]] == [0.05, 2.5, 1.0]
    assert float(rows[3][2]) == 1.25
    assert "Times the error" not in lorenz
    text = page_html(*found)
    read_page(text)
    assert text.count("Beyond the training") == 1
    section = text.split("Beyond the training")[1].split("</table>")[0]
    assert all(each in section for each in ("twice the viscosity", "2.5", "1.25", "0.05"))
