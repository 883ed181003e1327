"""Numbers as a table shows them: about three digits, the uncertainty with the decimals of the mean."""

import math

from sciml_bench.report.aligned_table import MISSING
from sciml_bench.report.comparison import Estimate
from sciml_bench.report.replications.table5.published import PublishedScore


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
