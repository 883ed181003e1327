"""Run folders of a benchmark, made by hand so that every number is known."""

import json

import numpy as np
import yaml
from report_material import write_run

from sciml_bench.report import find_runs
from sciml_bench.report.leaderboard import leaderboard_of
from sciml_bench.report.leaderboard.ranking import scored

ERROR = "forecast_standardised_error"

ENVIRONMENT = {"versions": {"python": "3.11.7"}, "hardware": {"processor_count": 2}, "git_commit": "0123abc"}


def benchmark_run(
    root, task, method, seed, error=None, starts=None, status="finished", horizon=None, variant="defaults", **record
):
    """A folder as benchmark.py leaves it; an error is that of the whole run."""
    folder = root / "outputs" / "benchmark" / task / method / variant / f"seed={seed}"
    arrays = {} if starts is None else {f"start_{ERROR}": np.asarray(starts, float)}
    if horizon is not None:
        rows = np.arange(1, len(horizon) + 1)
        arrays |= {"horizon_times": 0.1 * rows, "error_against_horizon": np.asarray(horizon, float)}
        arrays |= {f"{name}_error_against_horizon": np.ones(len(horizon)) for name in ("persistence", "mean")}
    metrics = None if error is None else {"forecast_horizon": 1.0, ERROR: error, "my_own": 3.0}
    record = {
        "script": "benchmark",
        "task": task,
        "method": method,
        "seed": seed,
        "fit_cpu_seconds": 2.0 + seed,
        "peak_memory_mebibytes": 300.0,
        "parameters": 12345,
        **ENVIRONMENT,
        **record,
    }
    write_run(folder, metrics, arrays or None, status, **record)
    given = ["data=lorenz63", f"model={method}", f"seed={seed}", "logger=none", "force=false"]
    configuration = {"data": {"n_steps": 6000}, "given": given, "command": [], "trainer": {"cpu_seconds": 20}}
    (folder / ".hydra").mkdir()
    (folder / ".hydra" / "config.yaml").write_text(yaml.safe_dump(configuration))
    return folder


def change_record(folder, **changes):
    path = folder / "record.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def board_and_tasks(*folders):
    board = leaderboard_of(*find_runs(folders))
    return board, [scored(task) for task in board.tasks]
