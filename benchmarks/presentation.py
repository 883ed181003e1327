"""Showing outcomes as a table and, where asked for, keeping them in a file."""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measurement import Comparison, Outcome, Skipped, Spread, one_thread

PACKAGES = ("sciml-bench", "torch", "numpy", "scipy", "numba", "torchdiffeq", "kooplearn", "deeptime")
LEAST_WIDTH = 160


def main(*scripts: Callable[[], list[Outcome]]) -> None:
    """Run scripts one after the other, show their table, and write it where `--json FILE` says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the outcomes here")
    measure_and_show(scripts, parser.parse_args().json)


def measure_and_show(scripts: Sequence[Callable[[], list[Outcome]]], file: Path | None = None) -> None:
    """The same for a script with a command line of its own."""
    progress = Console(stderr=True)
    started, load = time.perf_counter(), os.getloadavg()[0]
    outcomes: list[Outcome] = []
    with one_thread():
        for script in scripts:
            name = getattr(script, "func", script).__module__.rpartition(".")[2]
            if name != "__main__":
                progress.print(f"measuring {name.replace('_', ' ')} …", style="dim")
            outcomes += script()
    circumstances = {
        "seconds": round(time.perf_counter() - started, 1),
        "load_average_before": load,
        "load_average_after": os.getloadavg()[0],
        "processors": os.cpu_count(),
        "threads": 1,
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
    }
    show(outcomes, circumstances)
    if file is not None:
        record = {"circumstances": circumstances, "outcomes": [_as_record(outcome) for outcome in outcomes]}
        file.write_text(json.dumps(record, indent=2) + "\n")


def show(outcomes: Sequence[Outcome], circumstances: dict[str, Any], console: Console | None = None) -> None:
    """Print the table of outcomes, what was skipped, and under which circumstances it was measured."""
    console = Console() if console is None else console
    console.width = max(console.width, LEAST_WIDTH)  # a log file is not 80 columns wide
    table = Table(
        title="ratio = theirs / ours: median and quartiles; losses forward and backward, times in CPU seconds"
    )
    for heading in ("claim", "reference"):
        table.add_column(heading)
    for heading in ("error", "ours", "theirs", "ratio, CPU, bytes or error", "wall", "target", "reached"):
        table.add_column(heading, justify="right", no_wrap=True)
    for outcome in outcomes:
        if isinstance(outcome, Comparison):
            table.add_row(*_cells(outcome))
    console.print(table)
    for outcome in outcomes:
        if isinstance(outcome, Skipped):
            console.print(f"skipped: {outcome.claim}: {outcome.reason}")
    console.print(
        f"{circumstances['seconds']:.0f} s in one process on one thread; load average "
        f"{circumstances['load_average_before']:.2f} before, {circumstances['load_average_after']:.2f} after, on "
        f"{circumstances['processors']} processors; "
        + ", ".join(f"{name} {version}" for name, version in circumstances["versions"].items()),
        style="dim",
    )


def _cells(comparison: Comparison) -> list[str]:
    target = "–" if comparison.target is None else f"≥ {comparison.target:.3g}"
    verdict = {None: "–", True: "[green]yes[/green]", False: "[red]no[/red]"}[comparison.reached]
    return [
        comparison.claim,
        comparison.reference_name,
        "–" if comparison.error is None else f"{comparison.error:.1e}",
        _quantity(comparison.ours.median, comparison.unit),
        _quantity(comparison.reference.median, comparison.unit),
        _ratio(comparison.ratio),
        "–" if comparison.wall_ratio is None else f"{comparison.wall_ratio.median:.3g}",
        target,
        verdict,
    ]


def _ratio(spread: Spread) -> str:
    # Rich takes square brackets for its own markup unless the first one is escaped.
    return f"{spread.median:.3g} \\[{spread.low:.3g}, {spread.high:.3g}]"


def _quantity(value: float, unit: str) -> str:
    if unit == "B":
        return f"{value / 2**20:.3g} MiB"
    if unit == "1":
        return f"{value:.3g}"
    for factor, name in ((1.0, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {name}"
    return f"{value * 1e6:.3g} µs"


def _as_record(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Skipped):
        return {"claim": outcome.claim, "skipped": outcome.reason}
    return {**asdict(outcome), "reached": outcome.reached}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
