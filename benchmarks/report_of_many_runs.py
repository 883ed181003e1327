"""Claim: a page of a thousand run folders takes less than ten CPU seconds and 500 MiB.

`python -m benchmarks.report_of_many_runs`. The runs are made up: ten tasks, 34 methods, three seeds, scores per start
and errors against the horizon; one in ten failed, one in ten does not apply.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from sciml_bench.core.stored.run_folder import FAILED, FINISHED, NOT_APPLICABLE, RunFolder

N_RUNS, N_METHODS, N_SEEDS, N_STARTS, N_ROWS = 1000, 34, 3, 20, 100
SCORES = ("forecast_standardised_error", "forecast_mse", "forecast_relative_error", "forecast_error_over_mean")
MOST_SECONDS, MOST_MEBIBYTES = 10.0, 500.0
ENVIRONMENT = {"versions": {"python": "3.11"}, "hardware": {"threads": 1}, "git_commit": "0" * 40}


def make_runs(root: Path) -> None:
    """A thousand folders."""
    rng = np.random.default_rng(0)
    nodes = {f"node_{number}": {f"key_{key}": key / 7 for key in range(12)} for number in range(12)}
    configuration = yaml.safe_dump({"data": {}, "given": ["data=lorenz63", "seed=0"], **nodes})
    for number in range(N_RUNS):
        task, rest = divmod(number, N_METHODS * N_SEEDS)
        method, seed = divmod(rest, N_SEEDS)
        folder = RunFolder(root / "benchmark" / f"task_{task}" / f"method_{method}" / "defaults" / f"seed={seed}")
        status = {8: FAILED, 9: NOT_APPLICABLE}.get(method % 10, FINISHED)
        costs = {"fit_cpu_seconds": float(rng.lognormal()), "peak_memory_mebibytes": 500.0, "parameters": 1000}
        names = {"script": "benchmark", "task": f"task_{task}", "method": f"method_{method}", "seed": seed}
        folder.write_record({**names, **costs, **ENVIRONMENT, "status": status, "reason": "made up"})
        config = folder.path / ".hydra" / "config.yaml"
        config.parent.mkdir()
        config.write_text(configuration)
        if status == FINISHED:
            starts = {name: rng.lognormal(method / 10, 0.2, N_STARTS) for name in SCORES}
            folder.write_metrics({name: float(values.mean()) for name, values in starts.items()})
            times = np.arange(1.0, N_ROWS + 1)
            curves = {"horizon_times": times, "error_against_horizon": rng.lognormal(size=N_ROWS) * times}
            history = {"history_loss": rng.normal(size=1000)}
            folder.write_arrays({**{f"start_{name}": values for name, values in starts.items()}, **curves, **history})


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_runs(Path(folder) / "outputs")
        page, begun = Path(folder) / "page.html", time.perf_counter()
        words = [sys.executable, "-m", "sciml_bench", "report", str(Path(folder) / "outputs"), "--html", str(page)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        wall, used = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
        found = {
            "runs": N_RUNS,
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "wall_seconds": wall,
            "peak_mebibytes": used.ru_maxrss / 2**10,
            "page_kibibytes": page.stat().st_size / 2**10,
        }
    print(json.dumps({name: round(value, 1) for name, value in found.items()}))
    reached = found["cpu_seconds"] < MOST_SECONDS and found["peak_mebibytes"] < MOST_MEBIBYTES
    raise SystemExit(0 if reached else 1)


if __name__ == "__main__":
    main()
