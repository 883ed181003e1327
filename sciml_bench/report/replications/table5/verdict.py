"""Whether a mean over seeds is at least as good as a published one, given what both are uncertain by."""

import math
from typing import NamedTuple

from sciml_bench.report.comparison import Estimate
from sciml_bench.report.replications.table5.published import PublishedScore

STANDARD_ERRORS = 2
"""By how many standard errors a mean may exceed the published one and still count as at least as good."""

YES, WITHIN, UNDECIDED, NO = "yes", "within two standard errors", "undecided", "no"


class Verdict(NamedTuple):
    """The answer, the largest mean that would have been good enough, and whose standard errors are in it."""

    answer: str
    limit: float
    standard_error_of: str


def verdict(ours: Estimate, published: PublishedScore) -> Verdict:
    """Compare ours with limit = published + 2 √(se_ours² + se_published²); an error that is not known counts as zero.

    Args:
        ours: an error over seeds; smaller is better.
        published: the same from the paper, in the same unit.

    Returns:
        `yes` where our mean is not above the published one, `within two standard errors` where it is not above the
        limit, `no` where it is; but `undecided` in place of the second where our standard error exceeds the published
        mean: with seeds that scatter so much, even three times the published mean would pass.
    """
    known = {"ours": ours.standard_error, "the paper's": published.standard_error}
    named = {name: error for name, error in known.items() if error is not None}
    limit = published.mean + STANDARD_ERRORS * math.hypot(*named.values())
    if ours.mean <= published.mean:
        answer = YES
    elif ours.mean > limit:
        answer = NO
    else:
        answer = UNDECIDED if (ours.standard_error or 0.0) > published.mean else WITHIN
    return Verdict(answer, limit, " and ".join(named) or "neither")
