"""A malicious run folder does no harm. What it would do here, if it could, is harmless."""

import json
import os
import re
import zipfile

import numpy as np
import pytest
from leaderboard_material import ERROR, benchmark_run, board_and_tasks, change_record
from read_page import read_page

from sciml_bench.command_line import main
from sciml_bench.report.leaderboard.small_arrays import small_arrays
from sciml_bench.report.page import page_html

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"
NAMES = [
    MARKUP,
    '"><svg onload=alert(3)>',
    "{{ 7 * 7 }}{% raw %}",
    r"$\frac{",
    "../../../etc/passwd",
    "\x1b[31mred\u202e",
]


class Touches:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def report(folder, tmp_path):
    """All three files of a report, and what was printed."""
    files = [tmp_path / f"report.{kind}" for kind in ("html", "md", "csv")]
    options = [
        word for kind, path in zip(("html", "markdown", "csv"), files, strict=True) for word in (f"--{kind}", str(path))
    ]
    assert main(["report", str(folder), *options]) == 0
    return [path.read_text() for path in files]


def test_names_and_reasons_are_text_wherever_they_stand(tmp_path, capsys):
    for number, name in enumerate(NAMES):
        folder = benchmark_run(tmp_path / "runs", "a", f"b{number}", 0, 0.5, horizon=np.ones(3), time_unit=name)
        (folder / "metrics.json").write_text(json.dumps({ERROR: 0.5 + number, name: 1.0}))
        change_record(folder, task=name, method=name, versions={name: name}, git_commit=name, hardware=[name])
        folder = benchmark_run(tmp_path / "runs", "c", f"d{number}", 0, status="failed", reason=name)
        change_record(folder, task=NAMES[0], method=name)
    html, markdown, table = report(tmp_path / "runs", tmp_path)
    page = read_page(html)
    assert len(page.all("script")) == 1
    assert not page.all("img", "iframe")
    assert not [name for each in page.all() for name in each.attributes if name.startswith("on")]
    assert MARKUP.replace("_", " ") in page.text  # it is shown as it is called
    assert "{{ 7 * 7 }}" in page.text
    assert "\x1b" not in html + markdown + table
    assert "\u202e" not in html + markdown + table
    assert "<script>" not in markdown.replace(r"\<script\>", "")
    capsys.readouterr()
    assert main(["report", str(tmp_path / "runs")]) == 0
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", capsys.readouterr().out)


def test_a_record_of_odd_values_is_shown_or_refused(tmp_path):
    for number, odd in enumerate(([1], {"a": {}}, 10**400, True, "x" * 10**5, None, 1e308)):
        folder = benchmark_run(tmp_path / "runs", "a", f"b{number}", 0, 0.5)
        change_record(folder, **dict.fromkeys(("method", "seed", "ended", "parameters", "script", "versions"), odd))
        folder = benchmark_run(tmp_path / "runs", "c", f"d{number}", 0, 0.5)
        change_record(folder, **dict.fromkeys(("task", "status", "fit_cpu_seconds", "hardware", "time_unit"), odd))
        (tmp_path / "runs" / f"list{number}").mkdir()
        (tmp_path / "runs" / f"list{number}" / "record.json").write_text(json.dumps([odd]))
        folder = benchmark_run(tmp_path / "runs", "e", f"f{number}", 0, 0.5)
        (folder / "metrics.json").write_text(json.dumps({ERROR: odd}))
    html, *_ = report(tmp_path / "runs", tmp_path)
    assert "x" * 4000 not in html
    assert read_page(html).text.count("does not hold a JSON object") == 7


def test_pickled_arrays_are_not_unpickled_and_the_scores_count_all_the_same(tmp_path):
    made, folder = tmp_path / "made", benchmark_run(tmp_path / "runs", "a", "b", 0, 0.5)
    arrays = {f"start_{ERROR}": np.array([Touches(made)], dtype=object)}
    np.savez(folder / "arrays.npz", **arrays)
    assert np.load(folder / "arrays.npz", allow_pickle=True)[f"start_{ERROR}"] is not None
    assert made.exists()  # so this test could fail
    made.unlink()
    html, *_ = report(tmp_path / "runs", tmp_path)
    assert not made.exists()
    assert "holds no list of numbers" in html
    assert "0.500" in html


def test_a_configuration_builds_nothing_and_runs_nothing(tmp_path):
    made = tmp_path / "made"
    folder = benchmark_run(tmp_path / "runs", "a", "b", 0, 0.5)
    configuration = folder / ".hydra" / "config.yaml"
    configuration.write_text(
        f"data: {{_target_: os.mkdir, path: {made}}}\ngiven: ['a=b; touch {made}', \"c='$(d)'\"]\n"
    )
    change_record(folder, script="train_koopman")
    other = benchmark_run(tmp_path / "runs", "a", "c", 0, 0.5)
    (other / ".hydra" / "config.yaml").write_text(f"data: !!python/object/apply:os.mkdir [{made}]\n")
    nested = benchmark_run(tmp_path / "runs", "a", "d", 0, 0.5)
    (nested / ".hydra" / "config.yaml").write_text("data: " + "[" * 50_000)
    stepping = benchmark_run(tmp_path / "runs", "a", "e", 0, 0.5)
    (stepping / ".hydra" / "config.yaml").write_text('data: {}\ngiven: ["a\\nrm -r x"]\n')
    change_record(stepping, script="train_koopman")
    html, *_ = report(tmp_path / "runs", tmp_path)
    text = read_page(html).text
    assert not made.exists()
    assert f"python train_koopman.py 'a=b; touch {made}' 'c='\"'\"'$(d)'\"'\"''" in text
    assert "a tag or an alias" in text
    assert "more than 50 levels" in text
    assert "does not tell a command that could be typed" in text


def test_what_lies_elsewhere_is_not_shown(tmp_path):
    secret = tmp_path / "secret"
    (secret / ".hydra").mkdir(parents=True)
    (secret / ".hydra" / "config.yaml").write_text("data: {password: xyzzy}\n")
    (secret / "metrics.json").write_text('{"xyzzy": 1}')
    one, two, three = (benchmark_run(tmp_path / "runs", "a", name, 0, 0.5) for name in ("b", "c", "d"))
    (one / ".hydra" / "config.yaml").unlink()
    (one / ".hydra" / "config.yaml").symlink_to(secret / ".hydra" / "config.yaml")
    (two / ".hydra" / "config.yaml").unlink()
    (two / ".hydra").rmdir()
    (two / ".hydra").symlink_to(secret / ".hydra")
    (three / "metrics.json").unlink()
    (three / "metrics.json").symlink_to(secret / "metrics.json")
    html, markdown, table = report(tmp_path / "runs", tmp_path)
    assert "xyzzy" not in html + markdown + table
    assert html.count("no file of its own") >= 3


def test_what_is_too_large_is_refused_unread(tmp_path):
    large, piped = (benchmark_run(tmp_path / "runs", "a", name, 0, 0.5) for name in ("large", "piped"))
    with (large / "metrics.json").open("r+b") as file:
        file.truncate(10**9)  # takes no room on the disk
    (piped / "metrics.json").unlink()
    os.mkfifo(piped / "metrics.json")  # whoever opens it waits for ever
    html, *_ = report(tmp_path / "runs", tmp_path)
    assert "metrics.json has 1000000000 bytes, more than the 1048576 that are read" in html
    assert "no file of its own" in html


def lying_header(path):
    with zipfile.ZipFile(path, "w") as archive, archive.open("horizon_times.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**11,)})
        file.write(bytes(80))


def inflating(path):
    np.savez_compressed(path, horizon_times=np.zeros(10**6))


@pytest.mark.parametrize(
    ("write", "reason"), [(lying_header, "another length than it says"), (inflating, "more than the 262144")]
)
def test_arrays_take_no_more_memory_than_they_are_worth(tmp_path, write, reason):
    folder = benchmark_run(tmp_path, "a", "b", 0, 0.5)
    write(folder / "arrays.npz")
    with pytest.raises(ValueError, match=reason):
        small_arrays(folder)
    assert reason in page_html(*board_and_tasks(tmp_path))


def test_names_lead_nowhere_outside_the_folder_of_the_report(tmp_path):
    folder = benchmark_run(tmp_path / "runs", "a", "b", 0, 0.5)
    change_record(folder, task="../../escaped", method="/escaped")
    before = set(tmp_path.rglob("*"))
    report(tmp_path / "runs", tmp_path)
    assert {path.name for path in set(tmp_path.rglob("*")) - before} == {"report.html", "report.md", "report.csv"}
