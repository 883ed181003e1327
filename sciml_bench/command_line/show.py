"""Show a run: what it is, its scores with their meaning, its files; also where it failed, runs or is old."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sciml_bench.core.errors import DataError
from sciml_bench.core.plain_types import Metrics
from sciml_bench.core.stored.run_folder import FAILED, RUNNING, RunFolder
from sciml_bench.scores.catalogue import Score, find_score

WHAT_IT_IS = ("script", "task", "data", "pde", "model", "training")
"""Entries that name the run."""

SHOWN_OTHERWISE = {"status", "reason", "seed", "ensemble", "versions", "git_commit", "hardware", "started", "ended"}
SHOWN_OTHERWISE |= {"wall_seconds", "cpu_seconds", "fit_cpu_seconds", "epochs", "steps"}
SHOWN_OTHERWISE |= {"peak_memory_mebibytes", "peak_memory_is_of"}
"""Entries of a record that stand in a line of their own, or together in one."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder, finished or not")


def answer(asked: argparse.Namespace) -> None:
    """Print the summary.

    Raises:
        FileNotFoundError: there is no run.
        DataError: a file cannot be read.
    """
    print(run_summary(asked.run), end="")


def run_summary(path: Path) -> str:
    """Everything that the files of a run folder tell, as lines for a terminal.

    Args:
        path: the folder.

    Raises:
        FileNotFoundError: there is no run.
        DataError: a file cannot be read.
    """
    folder = RunFolder(path)
    record = folder.record
    if not record:
        below = sorted(found.parent for found in folder.path.rglob("record.json"))
        hint = f"{len(below)} below it, such as {below[0]}" if below else "give a folder that holds record.json"
        raise FileNotFoundError(f"there is no run in {path}; {hint}")
    try:
        metrics = folder.metrics
    except FileNotFoundError:
        metrics = {}
    except (TypeError, ValueError, AttributeError) as error:
        raise DataError(f"{folder.path / 'metrics.json'} cannot be read: {error}") from None
    parts = [str(path), _aligned(_facts(record))]
    if metrics:
        parts.append("scores\n" + _scores(metrics))
    parts.append("files\n" + _aligned([(name, _size(size)) for name, size in _files(folder.path)]))
    return "\n\n".join(parts) + "\n"


def _facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [("status", _status(record)), *((key, record[key]) for key in WHAT_IT_IS if record.get(key))]
    ensemble = record.get("ensemble")
    if isinstance(ensemble, list):
        facts.append(("seeds", f"{_plain(ensemble)}, each a run in members/"))
    elif "seed" in record:
        whole = f" (trained with {_plain(ensemble.get('seeds'))})" if isinstance(ensemble, dict) else ""
        facts.append(("seed", f"{record['seed']}{whole}"))
    facts += [("date", " to ".join(str(record[key]) for key in ("started", "ended") if key in record))]
    facts += [("cost", _cost(record)), ("versions", _versions(record))]
    shown = SHOWN_OTHERWISE.union(WHAT_IT_IS)
    others = [(key.replace("_", " "), _plain(value)) for key, value in record.items() if key not in shown]
    return [(key, text) for key, text in facts + others if text]


def _status(record: Mapping[str, Any]) -> str:
    status = str(record.get("status"))
    if status == RUNNING:
        return "running, or interrupted: then repeat its command to continue it"
    reason = record.get("reason")
    if reason or status == FAILED:
        return f"{status.replace('_', ' ')}: {reason or 'without a reason'}"
    return status


def _cost(record: Mapping[str, Any]) -> str:
    formats = {
        "epochs": "{} epochs",
        "steps": "{} steps",
        "fit_cpu_seconds": "{:.4g} CPU seconds of the fit",
        "cpu_seconds": "{:.4g} CPU seconds",
        "wall_seconds": "{:.4g} seconds in all",
        "peak_memory_mebibytes": "{:.4g} MiB",
    }
    return ", ".join(
        text.format(record[key]) for key, text in formats.items() if isinstance(record.get(key), int | float)
    )


def _versions(record: Mapping[str, Any]) -> str:
    versions = record.get("versions")
    texts = [f"{name} {version}" for name, version in versions.items()] if isinstance(versions, dict) else []
    commit = record.get("git_commit")
    return ", ".join([*texts, f"commit {commit}"] if isinstance(commit, str) else texts)


def _scores(metrics: Metrics) -> str:
    """Name, value and unit of each metric; below all that share a definition, its meaning and which way is better."""
    spreads = {name for name in metrics if name.endswith("_std") and name.removesuffix("_std") in metrics}
    groups: dict[Score | str, list[str]] = {}
    for name in metrics:
        if name not in spreads:
            groups.setdefault(find_score(name) or name, []).append(name)
    width = max(map(len, metrics))
    lines = []
    for score, names in groups.items():
        unit = f" {score.unit}" if isinstance(score, Score) and score.unit else ""
        for name in names:
            spread = f" ± {metrics[f'{name}_std']:.2g}" if f"{name}_std" in spreads else ""
            lines.append(f"  {name:{width}}  {metrics[name]:.5g}{spread}{unit}")
        if isinstance(score, Score):
            better = f"; {score.better} is better" if score.better else ""
            lines.append(f"      {score.meaning} ({score.window}){better}")
    return "\n".join(lines)


def _files(folder: Path) -> list[tuple[str, int]]:
    """All files but those of members and extensions, which are runs of their own, by their path below the folder."""
    paths = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    own = [path for path in paths if path.parts[0] not in ("members", "extended", ".lock")]
    return [(str(path), (folder / path).stat().st_size) for path in own]


def _size(n_bytes: int) -> str:
    if n_bytes < 1000:
        return f"{n_bytes} B"
    return f"{n_bytes / 1000:.1f} kB" if n_bytes < 1e6 else f"{n_bytes / 1e6:.1f} MB"


def _plain(value: Any) -> str:
    """A value of a record as a person reads it."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def _aligned(rows: list[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:{width}}  {text}" for name, text in rows)
