"""A person's file becomes a look, a table, a sentence and a page, by one command."""

import json
import logging
import re
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.command_line import main

pytestmark = pytest.mark.usefixtures("undrawn")
METHODS = "context_parroting,equation_discovery,koopman_polynomials,external"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def oscillator(path, n_rows=600, decay=0.0, step=0.1):
    """x'' = -x with noise of one per cent, sampled every tenth."""
    times = step * np.arange(n_rows)
    states = np.stack([np.cos(times), -np.sin(times)], axis=1) * np.exp(-decay * times)[:, None]
    states += 0.01 * np.random.default_rng(0).standard_normal(states.shape)
    lines = [f"{time:.2f},{x:.5f},{v:.5f},{7 + x:.5f}" for time, (x, v) in zip(times, states, strict=True)]
    Path(path).write_text("\n".join(["t,x,v,w", *lines]) + "\n")
    return path


def test_one_command_looks_compares_tells_and_writes_a_page_and_repeats_nothing(here, capsys):
    words = ["try", oscillator("my file.csv"), "--time-column", "t", "--columns", "x,v", "--cpu-seconds", "1"]
    words += ["--methods", METHODS]
    level = logging.getLogger("sciml_bench").level
    assert main(words) == 0
    assert logging.getLogger("sciml_bench").level == level
    said = capsys.readouterr().out
    assert said.startswith("read: x, v, w: 600 rows, every 0.1 time; learned from x, v: 360 + 120 + 120 rows\n")
    assert "clock: every 0.1 time, without jitter, no gap, no missing values" in said
    (period,) = re.findall(r"^period: ([\d.]+) time in [xv], 9\.\d+ of them", said, re.MULTILINE)
    assert float(period) == pytest.approx(2 * np.pi, rel=3e-3)
    assert "tasks: forecast, equations, spectrum" in said
    assert "  external                       not applicable: method=external scores predictions of your own" in said
    verdict = next(line for line in said.splitlines() if line.startswith("Best of 3 is "))
    assert "better than persistence, the mean and context parroting" in verdict
    assert "equations (equation_discovery):\n  dx/dt = " in said
    assert "\nmodes: period 6.2" in said
    assert said.splitlines()[-1] == "wrote outputs/try/my file/page.html"
    page = (here / "outputs/try/my file/page.html").read_text()
    assert "<!DOCTYPE html>" in page
    assert "equation_discovery" in page
    assert "<h1>Forecasts of my file.csv: x, v</h1>" in page
    assert "\n## Forecasts of my file.csv: x, v\n" in said
    assert "own record" not in page

    before = {path: path.read_bytes() for path in here.rglob("record.json") if b"finished" in path.read_bytes()}
    assert len(before) == 3
    assert main([*words, "--html", "page.html"]) == 0
    assert verdict in capsys.readouterr().out
    assert {path: path.read_bytes() for path in before} == before
    assert (here / "page.html").exists()


def test_other_settings_are_other_runs_and_a_changed_file_is_told(here, capsys):
    words = ["try", oscillator("mine.csv"), "--methods", "persistence", "--folder", "runs"]
    assert main(words) == 0
    assert main([*words, "data.delays=2"]) == 0
    assert "<h1>Forecasts of mine.csv: x, v, w (data.delays=2)</h1>" in Path("runs/mine/page.html").read_text()
    records = [json.loads(path.read_text()) for path in here.rglob("record.json")]
    assert [record["status"] for record in records] == ["finished"] * 2
    capsys.readouterr()
    oscillator("mine.csv", 500)
    assert main(words) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "has learned from other data, since mine.csv" in last
    assert last.endswith("; give --force to run anew what is finished, or another --folder")
    assert main([*words, "--force"]) == 0


def test_holes_are_left_out_and_short_trajectories_are_held_out_whole(here, capsys):
    lines = Path(oscillator("holes.csv")).read_text().splitlines()
    Path("holes.csv").write_text("\n".join([*lines[:50], "4.9,,0.1,1", *lines[51:]]) + "\n")
    assert main(["try", "holes.csv", "--methods", "dmd"]) == 0
    said = capsys.readouterr().out
    assert "no gap, 1 missing values (0.056 %)" in said
    assert "missing values are left out of fits and scores" in said
    assert ": failed" not in said
    assert "Best of 1 is dmd, better than persistence and the mean: forecast_standardised_error 0.0" in said
    np.savez("many.npz", x=np.random.default_rng(0).standard_normal((8, 30, 2)))
    assert main(["try", "many.npz", "--methods", "persistence", "--seeds", "0,1"]) == 0
    said = capsys.readouterr().out
    assert "held out: whole trajectories" in said
    assert said.count("  persistence  ") == 2
    assert "Nothing that learns forecasts this record better" in said


def test_methods_without_a_place_for_inputs_do_not_apply(here, capsys):
    words = ["try", oscillator("mine.csv"), "--inputs", "w", "--cpu-seconds", "1"]
    assert main([*words, "--methods", "persistence,koopman_polynomials,koopman_vamp,rational_discovery"]) == 0
    said = capsys.readouterr().out
    for method in ("koopman_vamp", "persistence", "rational_discovery"):
        assert next(line for line in said.splitlines() if line.startswith(f"  {method} ")).split()[1] == "not"
    assert "data.inputs=[w]: method=persistence takes no inputs; leave them out" in said
    assert "Best of 1 is koopman_polynomials" in said
    assert "\\" not in said  # a terminal shows Markdown as it is


def test_where_no_method_could_forecast_one_sentence_says_so(here, capsys):
    assert main(["try", oscillator("mine.csv"), "--inputs", "w", "--methods", "persistence,dmd"]) == 1
    told = capsys.readouterr()
    assert told.err.strip().splitlines()[-1] == "error: no method could forecast mine.csv: the reasons stand above"
    assert (here / "outputs/try/mine/page.html").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.csv"], "there is no such file or folder"),
        (["data.delays=2"], "name the file to try as well"),
        (["mine.csv", "--seeds", "a"], "--seeds a: give whole numbers"),
        (["mine.csv", "--cpu-seconds", "0"], "--cpu-seconds 0: give seconds above 0"),
        (["mine.csv", "data.delay=2"], "there is no configuration key 'data.delay'; did you mean data.delays?"),
        (["mine.csv", "--methods", "kopman"], "method=kopman: there is none"),
        (["mine.csv", "--methods", "dmd", "--config-dir", "nowhere"], "there is no folder nowhere"),
        (["short.csv"], "rows"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(words, sentence, here, capsys):
    oscillator("mine.csv", 60)
    oscillator("short.csv", 4)
    assert main(["try", *words]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[-1].startswith("error: ")
    assert sentence in lines[-1]
