"""The comparison as a table: aligned Markdown for people, csv with every digit for machines."""

from collections.abc import Sequence
from typing import Any

from sciml_bench.report.aligned_table import MISSING, aligned_table, csv_text
from sciml_bench.report.comparison import Comparison, Estimate
from sciml_bench.scores.catalogue import find_score

ARROWS = {"higher": " ↑", "lower": " ↓", None: ""}
"""Which way is better, in the title of a column."""


def markdown_table(comparison: Comparison, metrics: Sequence[str]) -> str:
    """One row per method: mean ± standard deviation over seeds, number of seeds, CPU seconds of the fit.

    Args:
        comparison: the methods.
        metrics: the columns; ↑ and ↓ say which way is better.
    """
    header = ["method", *map(titled, metrics), "seeds", "CPU s of the fit"]
    rows = [
        [
            method.label,
            *(shown(method.metric(name)) for name in metrics),
            str(len(method.runs)),
            shown(method.fit_cpu_seconds, decimals=1),
        ]
        for method in comparison.methods
    ]
    return aligned_table(header, rows)


def csv_table(comparison: Comparison, metrics: Sequence[str]) -> str:
    """The same with every digit; a standard deviation over one seed, or a missing metric, is an empty field.

    Args:
        comparison: the methods.
        metrics: the columns, each as `<name>_mean` and `<name>_standard_deviation`.
    """
    parts = ("mean", "standard_deviation")
    rows: list[list[Any]] = [
        ["method", "seeds", *(f"{name}_{part}" for name in (*metrics, "fit_cpu_seconds") for part in parts)]
    ]
    for method in comparison.methods:
        estimates = [*(method.metric(name) for name in metrics), method.fit_cpu_seconds]
        numbers = [getattr(one, part, None) for one in estimates for part in parts]
        rows.append([method.label, len(method.runs), *numbers])
    return csv_text(rows)


def titled(name: str) -> str:
    """The title of a column: a metric, with an arrow that says which way is better."""
    score = find_score(name)
    return name if score is None else name + ARROWS[score.better]


def shown(found: Estimate | None, decimals: int = 3) -> str:
    """Mean ± standard deviation.

    Args:
        found: over seeds.
        decimals: unless they would hide what there is to see.
    """
    if found is None:
        return MISSING
    # a spread that is all zeros and a mean without a digit left would hide what there is to see
    plain = found.mean == 0 or 10.0**-decimals <= abs(found.mean) < 1e5
    number = f".{decimals}f" if plain else ".2e"
    shown = f"{found.mean:{number}}".replace("inf", "∞")
    return shown if found.standard_deviation is None else f"{shown} ± {found.standard_deviation:{number}}"
