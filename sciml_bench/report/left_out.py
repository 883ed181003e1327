"""How runs that do not count are told to a person."""

import sys
from collections.abc import Sequence

from sciml_bench.report.runs import UnfinishedRun


def print_left_out(unfinished: Sequence[UnfinishedRun]) -> None:
    """List runs on stderr, each with its reason; nothing where there are none.

    Args:
        unfinished: what `find_runs` found besides the finished runs.
    """
    if unfinished:
        print(f"{len(unfinished)} run(s) are left out:", file=sys.stderr)
    for run in unfinished:
        print(f"  {run.path}\n    {run.reason}", file=sys.stderr)
