"""A method, a task and a record of a person's own in the leaderboard: files outside the repository and nothing else."""

import json
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.command_line import main as command_line
from sciml_bench.report.leaderboard import leaderboard_of
from sciml_bench.report.leaderboard.commands import command_of, configuration_text
from sciml_bench.report.runs import find_runs
from sciml_bench.suite import benchmark, compare
from sciml_bench.suite.comparison import names_of
from sciml_bench.training import restore

pytestmark = pytest.mark.usefixtures("undrawn")
TRUST = ["trusted_packages=[own_package]"]


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A working directory with a package and configurations that the repository knows nothing of."""
    folder = tmp_path_factory.mktemp("outside")
    shutil.copytree(Path(__file__).parent / "outside", folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "own_package"]:
        del sys.modules[name]


def benchmarked(*words):
    """benchmark.py in this process; its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["benchmark.py", *words])
        try:
            benchmark.main()
        except SystemExit as stop:
            return int(stop.code or 0)
    return 0


def test_method_task_and_record_of_ones_own_are_run_side_by_side(outside, capsys):
    words = ["--multirun", "--config-dir", "conf", "task=roessler_forecast", "method=seasonal,affine,persistence"]
    assert benchmarked(*words, *TRUST) == 0, capsys.readouterr().err
    metrics = {path.parts[-4]: json.loads(path.read_text()) for path in Path("outputs").rglob("metrics.json")}
    assert set(metrics) == {"seasonal", "affine", "persistence"}
    assert metrics["seasonal"]["forecast_standardised_error"] > metrics["persistence"]["forecast_standardised_error"]
    folder = next(Path("outputs").rglob("seasonal")) / "defaults" / "seed=0"
    learned = restore(folder, ["own_package"]).learned
    record = json.loads((folder / "record.json").read_text())
    assert (record["task"], record["method"], record["model"]) == ("roessler_forecast", "seasonal", "seasonal")
    np.testing.assert_array_equal(learned.continued(np.arange(20.0).reshape(1, 10, 2), 11)[0, 10], [0, 1])


def test_the_report_tells_a_command_that_finds_the_method_again(outside, capsys):
    assert (
        benchmarked("--config-dir", "conf", "task=roessler_forecast", "method=seasonal", "model.period=7", *TRUST) == 0
    )
    board = leaderboard_of(*find_runs(["outputs"]))
    (run,) = [run for run in board.runs if "model.period=7" in str(run.path)]
    command = command_of(run, configuration_text(run)[1])
    assert command is not None
    words = shlex.split(command)
    assert words[:5] == ["python", "benchmark.py", "task=roessler_forecast", "method=seasonal", "model.period=7"]
    assert words[5] == f"hydra.searchpath=['file://{outside}/conf']"
    assert words[6:] == ["trusted_packages=[own_package]", "seed=0"]
    capsys.readouterr()
    assert benchmarked(*words[2:]) == 0
    record = json.loads((run.path / "record.json").read_text())
    assert record == run.record  # it was found finished


def test_whoever_is_not_trusted_is_not_built(outside, capsys):
    assert benchmarked("--config-dir", "conf", "task=lorenz63_forecast", "method=seasonal", "data.n_steps=301") == 1
    assert "'own_package.seasonal.Seasonal' is no class that the suite exports" in capsys.readouterr().err


def test_from_python_a_method_that_breaks_is_listed_and_the_others_go_on(outside):
    task = {"name": "short", "record": ["data=roessler"], "evaluation": {"_target_": "sciml_bench.suite.ForecastTask"}}
    rows = compare(task, ["breaks", "seas*"], folder="runs", search_path=["conf"], overrides=TRUST)
    assert [(row["method"], row["status"]) for row in rows] == [("breaks", "failed"), ("seasonal", "finished")]
    assert "the battery is empty" in rows[0]["reason"]
    assert "the battery is empty" in json.loads((Path(rows[0]["folder"]) / "record.json").read_text())["reason"]
    assert {"seasonal", "persistence"} <= set(names_of("method", ["conf"]))
    assert "seasonal" not in names_of("method")
    with pytest.raises(FileNotFoundError, match="there is no folder nowhere"):
        compare(task, "seasonal", search_path=["nowhere"])


def test_starts_of_a_task_of_ones_own_are_written(outside):
    words = ["starts", "roessler_forecast", "--config-dir", "conf", "--output", "starts.npz"]
    assert command_line([*words, "--trust", "own_package"]) == 0
    with np.load("starts.npz") as given:
        assert given["times"].shape == (3, 5)


@pytest.mark.parametrize("run", ["a finished one", "nowhere"])
def test_a_benchmark_extends_no_run(run, outside, capsys):
    if run == "a finished one":
        run = str(next(Path("outputs").rglob("persistence")) / "defaults" / "seed=0")
    assert benchmarked("task=lorenz63_forecast", "method=persistence", f"extend={run}") == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[-1] == f"error: extend={run}: a benchmark begins every run; extend it by its own script"
