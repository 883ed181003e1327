"""Score finished runs again, with other settings or on other data, and draw their figures.

Nothing is trained, and the old results stay: the new ones go to evaluations/ within each run. Of an ensemble every
member is scored.
"""

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

_OVERRIDE = re.compile(r"[a-z_]+(\.\w+)*=")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Runs, what is different this time, and which weights."""
    parser.add_argument(
        "runs",
        nargs="+",
        metavar="RUN|KEY=VALUE",
        help="run folders, and settings such as evaluation.forecast_steps=20, data.noise_std=0.1 (pde.<key> of "
        "train_nsm.py) or evaluation=forecast, in any order",
    )
    parser.add_argument("--data", type=Path, metavar="PATH", help="other data, in place of the run's own")
    parser.add_argument(
        "--checkpoint", default="best", metavar="best|last|FILE", help="the weights to score (default: best)"
    )


def answer(asked: argparse.Namespace) -> None:
    """Score every run, and print what it got beside what it had.

    Raises:
        FileNotFoundError: a run, the data or a checkpoint is missing.
        ConfigurationError: there is no run among the words, or a setting is wrong.
        DataError: a run has learned nothing, or the data cannot be used.
    """
    # imported late: torch would make the help wait
    from sciml_bench.core.errors import ConfigurationError
    from sciml_bench.core.stored.run_folder import RunFolder
    from sciml_bench.training.evaluate import evaluate
    from sciml_bench.training.restore import member_folders

    overrides = [word for word in asked.runs if _OVERRIDE.match(word) and not Path(word).exists()]
    folders = [folder for word in asked.runs if word not in overrides for folder in member_folders(word)]
    if not folders:
        raise ConfigurationError(f"{' '.join(overrides)}: name the runs to score as well")
    for folder in folders:
        metrics, path = evaluate(folder, asked.data, overrides, None, asked.trust, asked.checkpoint)
        own = RunFolder(folder)
        before = own.metrics if (own.path / "metrics.json").exists() else {}
        print(f"wrote {path}\n{_table(metrics, before)}", end="")


def _table(metrics: Mapping[str, float], before: Mapping[str, float]) -> str:
    """A line for each score, with the run's own where that is another."""
    width = max(map(len, metrics), default=0)
    lines = []
    for name, value in metrics.items():
        was = "" if before.get(name, value) == value else f"  (was {before[name]:.6g})"
        lines.append(f"  {name:{width}}  {value:.6g}{was}\n")
    return "".join(lines)
