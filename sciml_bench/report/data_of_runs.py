"""Of which data the runs of a comparison are: scores on other data do not say which method is better."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sciml_bench.report.comparison import Comparison

_MOST_NAMES, _MARK = 6, 8
"""Methods that are named for each record, and characters of a checksum."""


def told_data(comparison: Comparison) -> str:
    """A line on which methods are of which data, where they are not all of the same; empty where they are.

    Files are told apart by their size and checksum, wherever they are; data without files by their name. A run whose
    record knows neither is passed over.

    Args:
        comparison: of runs that stand in one table.
    """
    found: dict[tuple[str, ...], tuple[str, list[str]]] = {}
    for method in comparison.methods:
        for run in method.runs:
            files = _files_of(run.record)
            known = tuple(f"{file.get('bytes')} {file['sha256']}" for file in files) or (str(run.record.get("data")),)
            if known != ("None",):
                _, labels = found.setdefault(known, (_named(files) or known[0], []))
                labels += [method.label] * (method.label not in labels)
    if len(found) < 2:
        return ""
    told = "; ".join(f"{name}: {_abridged(labels)}" for name, labels in found.values())
    return f"not all are of the same data, so that their scores say little about each other: {told}\n"


def _files_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The fingerprints of the files, in the order of their checksums."""
    files = record.get("data_files")
    known = [file for file in files if isinstance(file, dict) and "sha256" in file] if isinstance(files, list) else []
    return sorted(known, key=lambda file: str(file["sha256"]))


def _named(files: Sequence[dict[str, Any]]) -> str:
    """The first file by name, size and the beginning of its checksum, and how many others there are."""
    if not files:
        return ""
    first = min(files, key=lambda file: str(file.get("path")))
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    name = Path(str(first.get("path"))).name
    return f"{name} ({first.get('bytes')} bytes, {str(first['sha256'])[:_MARK]}){more}"


def _abridged(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
