"""Claim: what a script imports beside torch and Lightning takes .8 CPU seconds, the suite's own modules .4 of them.

`python -m benchmarks.start_of_a_script [--against WORKTREE]`. Every script is started in a process of its own that has
torch and Lightning already and ends where the first fit would begin. CPU seconds of modules count once, without those
of the modules that they import; `--help` and `sciml-bench show` count whole.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

STARTS = {
    "koopman": ["train_koopman.py", "data=ornstein_uhlenbeck", "data.n_steps=500"],
    "node_homotopy": ["train_node_homotopy.py", "data=lotka_volterra"],
    "mechnn": ["train_mechnn.py", "data=lorenz63", "data.n_steps=300"],
    "nsm": ["train_nsm.py", "pde=poisson"],
}
WHOLE = {
    "--help": ["train_koopman.py", "--help"],
    "show": ["-m", "sciml_bench", "show", "--help"],
}
GOALS = {"imports": 0.8, "own modules": 0.4, "whole": 1.0}

TIMED = """
import importlib._bootstrap as machinery, json, os, runpy, sys, time
import lightning.pytorch, torch
stack, found, plain = [0.0], {}, machinery._find_and_load
def timed(name, import_):
    begun = time.process_time()
    stack.append(0.0)
    try:
        return plain(name, import_)
    finally:
        whole = time.process_time() - begun
        package = name.partition(".")[0]
        found[package] = found.get(package, 0.0) + whole - stack.pop()
        stack[-1] += whole
def told(*_, **__):
    print("FOUND", json.dumps(found), flush=True)
    os._exit(0)
machinery._find_and_load, lightning.pytorch.Trainer.fit = timed, told
sys.path.insert(0, os.getcwd())
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
finally:
    told()
"""


def imports_of(checkout: Path, words: list[str], folder: str) -> dict[str, float]:
    """CPU seconds of every package that a script imports until it would fit.

    Args:
        checkout: whose script it is.
        words: the script and its overrides.
        folder: of the run.
    """
    typed = [*words, f"hydra.run.dir={folder}", "logger=none", "force=true"]
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", TIMED, *typed]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND")]
    if not lines:
        raise RuntimeError(f"{' '.join(words)} in {checkout}: {done.stderr[-500:]}")
    return json.loads(lines[0].removeprefix("FOUND"))


def seconds_of(checkout: Path, words: list[str]) -> float:
    """CPU seconds of a whole command."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], cwd=checkout, env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(checkout: Path) -> dict[str, float]:
    """All figures of a checkout, once."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, words in STARTS.items():
            found = imports_of(checkout, words, f"{folder}/{name}")
            figures[f"{name}: imports"] = sum(found.values())
            figures[f"{name}: own modules"] = found.get("sciml_bench", 0.0)
    return figures | {f"{name}: whole": seconds_of(checkout, words) for name, words in WHOLE.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, help="a worktree of an earlier commit, measured in turn")
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args()
    checkouts = [Path(__file__).resolve().parents[1], *([given.against.resolve()] if given.against else [])]
    rounds = [[measured(each) for each in checkouts] for _ in range(given.repetitions)]
    for name in rounds[0][0]:
        ours = [figures[0][name] for figures in rounds]
        low, median, high = np.quantile(ours, [0.25, 0.5, 0.75])
        told = f"{name:28s} {median:.2f} s [{low:.2f}, {high:.2f}], goal {GOALS[name.partition(': ')[2]]} s"
        if given.against:
            ratios = [figures[1][name] / figures[0][name] for figures in rounds]
            told += ", {1:.2f} times less [{0:.2f}, {2:.2f}]".format(*np.quantile(ratios, [0.25, 0.5, 0.75]))
        print(told)


if __name__ == "__main__":
    main()
