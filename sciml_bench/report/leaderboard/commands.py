"""The command that repeats a run, as its folder tells it."""

import re
import shlex
from collections.abc import Sequence
from typing import Any

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.report.leaderboard.grouping import Run, seed_of
from sciml_bench.report.leaderboard.plain_text import is_steering, plain_lines
from sciml_bench.report.runs import LARGEST_TEXT, require_own_file

_BENCHMARK = "benchmark"
_LONGEST = 4000
"""Letters that a person would still type."""

_SEARCH_PATH = "hydra.searchpath="

_SCRIPT = re.compile(rf"train_[a-z_]+|{_BENCHMARK}")


def configuration_text(run: Run) -> tuple[str, dict[str, Any]]:
    """The resolved configuration of a run: as it is written, and as plain data, of which nothing is built.

    Raises:
        DataError: there is none, or it is no plain data.
    """
    path = run.path / ".hydra" / "config.yaml"
    require_own_file(path, LARGEST_TEXT // 16)
    configuration = RunFolder(run.path).configuration
    if configuration is None:
        raise DataError("there is no .hydra/config.yaml")
    return plain_lines(path.read_text()), configuration


def command_of(run: Run, configuration: dict[str, Any]) -> str | None:
    """The command, quoted for a shell, or None where the run does not tell one that could be typed.

    Args:
        run: finished or not.
        configuration: of it.
    """
    script, given = run.record.get("script"), configuration.get("given")
    if not (isinstance(script, str) and _SCRIPT.fullmatch(script) and isinstance(given, list)):
        return None
    words = [str(word) for word in given]
    if script == _BENCHMARK:
        chosen = [f"{group}={run.record.get(group)}" for group in ("task", "method")]
        typed = [str(word) for word in configuration.get("command") or []]
        words = [*chosen, *typed, *_own(words, configuration), f"seed={seed_of(run)}"]
    if any(is_steering(letter) or letter == "\n" for word in words for letter in word):
        return None
    command = shlex.join(["python", f"{script}.py", *words])
    return command if len(command) < _LONGEST else None


def _own(given: Sequence[str], configuration: dict[str, Any]) -> list[str]:
    """Where a method of somebody's own was found, and whom she trusted; neither stands in the name of a folder."""
    packages = configuration.get("trusted_packages") or []
    trusted = [f"trusted_packages=[{','.join(map(str, packages))}]"] if isinstance(packages, list) and packages else []
    return [*(word for word in given if word.startswith(_SEARCH_PATH)), *trusted]
