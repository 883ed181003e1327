"""Tables that are kept: as csv for other programs, as markdown for a person."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from sciml_bench.core.stored.files import write_atomically

Row = Mapping[str, str | int | float | None]


def write_table(rows: Sequence[Row], file: Path) -> str:
    """Write `file` with the suffixes .csv and .md, every row with the keys of the first; returns the markdown."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    shown = markdown(rows)
    _write(file.with_name(f"{file.name}.csv"), text.getvalue())
    _write(file.with_name(f"{file.name}.md"), shown)
    return shown


def markdown(rows: Sequence[Row]) -> str:
    """Three digits of every number; – where there is none."""
    keys = list(rows[0])
    lines = [keys, ["---" if isinstance(rows[0][key], str) else "---:" for key in keys]]
    lines += [[_shown(row[key]) for key in keys] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _shown(value: str | int | float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _write(file: Path, text: str) -> None:
    write_atomically(file, lambda opened: opened.write(text.encode()))
