"""Table 5 beside the paper's as Markdown for people and as csv with every digit for machines."""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from sciml_bench.report.aligned_table import MISSING, aligned_table, csv_text
from sciml_bench.report.comparison import Estimate
from sciml_bench.report.replications.table5.cells import CPU_SECONDS, STANDARD_ERRORS, Table5, verdict
from sciml_bench.report.replications.table5.published import COLUMNS, METHODS, WINDOWS, PublishedScore, published_score
from sciml_bench.report.runs import UnfinishedRun

HUNDREDFOLD = 100.0
"""All tables of errors are in units of 1e-2, as the paper's."""

COSTS = {CPU_SECONDS: "CPU s per seed", "function_evaluations": "function evaluations", "best_epoch": "best epoch"}

VERDICTS_EXPLAINED = (
    f"Yes: our mean is not above the paper's. Within: not above the paper's + {STANDARD_ERRORS} standard errors, which "
    "combine ours and the paper's (root of the sum of squares) where both are known. Undecided: within, but only "
    "because our seeds scatter: their standard error alone exceeds the paper's mean."
)

CSV_HEADER = (
    *("method", "column", "quantity", "seeds", "mean", "standard_error", "median"),
    *("paper_mean", "paper_standard_error", "limit", "at_least_as_good"),
)


def markdown(table: Table5, unfinished: Sequence[UnfinishedRun] = ()) -> str:
    """Errors on noisy data beside the paper's, the verdicts on homotopy, errors to the clean truth, costs.

    Args:
        table: the runs.
        unfinished: runs that do not count; they are listed at the end.
    """
    parts = [
        "# Table 5 of Ko et al. (NeurIPS 2023) and ours\n",
        "Mean squared errors × 1e-2: mean ± standard error over seeds (number of seeds). The paper scores noisy data. "
        f"{MISSING}: no finished run.\n",
        *(f"## {window.capitalize()}, noisy data\n\n{_beside_the_paper(table, window)}" for window in WINDOWS),
        f"## Is homotopy at least as good as the paper?\n\n{VERDICTS_EXPLAINED}\n\n{_verdicts(table)}",
        *(f"## {window.capitalize()}, clean truth\n\n{_clean(table, window)}" for window in WINDOWS),
        "## Cost of the fit\n\nMean ± standard error over seeds (number of seeds); a seed trained in a batch of seeds "
        f"bears an equal part of its CPU seconds.\n\n{_costs(table)}",
    ]
    if unfinished:
        parts.append("## Left out\n\n" + "".join(f"- {run.path}: {run.reason}\n" for run in unfinished))
    return "\n".join(parts)


def table5_csv(table: Table5) -> str:
    """One line per method, column and quantity that some run has, in the quantity's own unit without any factor.

    A field is empty where there is no number; `limit` and `at_least_as_good` are the verdict.
    """
    rows: list[Sequence[Any]] = [CSV_HEADER]
    quantities = [*(f"{window}_mse" for window in WINDOWS), *(f"{window}_mse_clean" for window in WINDOWS), *COSTS]
    for method, column, quantity in itertools.product(METHODS, COLUMNS, quantities):
        found = table.summary(method, column, quantity)
        if found is None:
            continue
        window = quantity.removesuffix("_mse")
        published = published_score(method, column, window) if window in WINDOWS else None
        judged = None if published is None else verdict(found, published)
        numbers = [found.seeds, found.mean, found.standard_error, found.median]
        numbers += [None, None] if published is None else [*published]
        numbers += [None, None] if judged is None else [judged.limit, judged.answer]
        rows.append([method, column, quantity, *numbers])
    return csv_text(rows)


def shown_number(value: float, like: float | None = None) -> str:
    """A number with about three digits.

    Args:
        value: the number.
        like: another number, whose decimals it has; by default its own.
    """
    size = abs(value if like is None else like)
    if size != 0 and not 1e-4 <= size < 1e6:
        return f"{value:.2e}"
    if size >= 0.1 or size == 0:
        return f"{value:.{0 if size >= 100 else 1 if size >= 10 else 2}f}"
    return f"{value:.{1 - math.floor(math.log10(size))}f}"


def shown_score(score: Estimate | PublishedScore | None, factor: float = 1.0) -> str:
    """Mean ± standard error, and the number of seeds in brackets where it is known.

    Args:
        score: what to show; None stands for nothing.
        factor: by which both numbers are multiplied.
    """
    if score is None:
        return MISSING
    mean = factor * score.mean
    shown = shown_number(mean)
    if score.standard_error is not None:
        shown += f" ± {shown_number(factor * score.standard_error, like=mean)}"
    return f"{shown} ({score.seeds})" if isinstance(score, Estimate) else shown


def _beside_the_paper(table: Table5, window: str) -> str:
    rows = []
    for method, title in METHODS.items():
        rows += _ours(table, method, f"{title}, ours", f"{window}_mse", list(COLUMNS))
        published = [published_score(method, column, window) for column in COLUMNS]
        rows.append([f"{title}, paper", *(shown_score(score, HUNDREDFOLD) for score in published)])
    return aligned_table(["method", *(column.title for column in COLUMNS.values())], rows)


def _clean(table: Table5, window: str) -> str:
    names = [name for name, column in COLUMNS.items() if column.is_simulated]
    rows = []
    for method, title in METHODS.items():
        rows += _ours(table, method, title, f"{window}_mse_clean", names)
    return aligned_table(["method", *(COLUMNS[name].title for name in names)], rows)


def _ours(table: Table5, method: str, title: str, quantity: str, columns: Sequence[str]) -> list[list[str]]:
    """A row of means and one of medians, which a single seed that diverged does not move."""
    found = [table.summary(method, column, quantity) for column in columns]
    medians = [MISSING if one is None else shown_number(HUNDREDFOLD * one.median) for one in found]
    return [[title, *(shown_score(one, HUNDREDFOLD) for one in found)], [f"{title}, median", *medians]]


def _verdicts(table: Table5) -> str:
    rows = []
    for column, described in COLUMNS.items():
        for window in WINDOWS:
            published = published_score("homotopy", column, window)
            found = table.summary("homotopy", column, f"{window}_mse")
            scores = [shown_score(score, HUNDREDFOLD) for score in (found, published)]
            judged = [MISSING] * 4
            if found is not None:
                answer, limit, standard_error_of = verdict(found, published)
                ratio = shown_number(found.mean / published.mean)
                judged = [ratio, shown_number(HUNDREDFOLD * limit), standard_error_of, answer]
            rows.append([f"{described.title}, {window}", *scores, *judged])
    limit = f"paper + {STANDARD_ERRORS} standard errors"
    header = ["homotopy", "ours", "paper", "ours / paper", limit, "standard error of", "at least as good"]
    return aligned_table(header, rows)


def _costs(table: Table5) -> str:
    shown: dict[str, Callable[[Estimate | None], str]] = dict.fromkeys(COSTS, shown_score)
    shown["function_evaluations"] = shown["best_epoch"] = _whole
    rows = [
        [f"{title}, {name}", *(shown[cost](table.summary(method, column, cost)) for column in COLUMNS)]
        for method, title in METHODS.items()
        for cost, name in COSTS.items()
    ]
    return aligned_table(["method", *(column.title for column in COLUMNS.values())], rows)


def _whole(found: Estimate | None) -> str:
    if found is None:
        return MISSING
    spread = "" if found.standard_error is None else f" ± {found.standard_error:,.0f}"
    return f"{found.mean:,.0f}{spread} ({found.seeds})"
