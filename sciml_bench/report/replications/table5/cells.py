"""Which runs repeat which cell of Table 5, what they say together, and whether that is as good as published."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.run_folder import leaves
from sciml_bench.report.comparison import Estimate, estimate
from sciml_bench.report.replications.table5.published import COLUMNS, METHODS, PublishedScore
from sciml_bench.report.runs import FinishedRun

CPU_SECONDS = "fit_cpu_seconds"
"""The cost of a fit; it is in record.json, all other quantities are in metrics.json."""

WHAT_IS_LEARNED = ("data", "model", "training", "trainer")
"""The parts of a configuration in which the repetitions of one cell agree."""

SCRIPT = "train_node_homotopy"

STANDARD_ERRORS = 2
"""By how many standard errors a mean may exceed the published one and still count as at least as good."""

YES, WITHIN, UNDECIDED, NO = "yes", "within two standard errors", "undecided", "no"


def cell_of(record: Mapping[str, Any]) -> tuple[str, str] | None:
    """The cell to which a run belongs.

    Args:
        record: the content of its record.json, which names its script, data, model and training.

    Returns:
        a key of METHODS and a key of COLUMNS, or None for a run of something that the paper's table does not have.
    """
    method = record.get("training")
    for name, column in COLUMNS.items():
        if (record.get("data"), record.get("model")) == (column.data, column.model):
            return (str(method), name) if method in METHODS and record.get("script") == SCRIPT else None
    return None


@dataclass(frozen=True)
class Table5:
    """Runs, sorted into the cells of the table.

    Args:
        cells: by method and column, the repetitions, by increasing seed; empty cells are absent.
        others: runs that belong to no cell.
    """

    cells: dict[tuple[str, str], tuple[FinishedRun, ...]]
    others: tuple[FinishedRun, ...] = ()

    @classmethod
    def of(cls, runs: Sequence[FinishedRun]) -> "Table5":
        """Sort runs into cells.

        Args:
            runs: finished runs of whatever kind.

        Raises:
            ConfigurationError: no run belongs to the table, or a cell has runs of two configurations, or a seed twice.
        """
        found: dict[tuple[str, str] | None, list[FinishedRun]] = {}
        for run in runs:
            found.setdefault(cell_of(run.record), []).append(run)
        others = found.pop(None, [])
        cells: dict[tuple[str, str], tuple[FinishedRun, ...]] = {}
        for cell, members in found.items():
            if cell is not None:
                _require_repetitions(cell, members)
                cells[cell] = tuple(sorted(members, key=_seed))
        if not cells:
            raise ConfigurationError(
                "there is no finished run of Table 5's systems, models and methods; let one finish "
                "(python train_node_homotopy.py --multirun experiment=table5), or give another folder"
            )
        return cls(cells, tuple(others))

    def values(self, method: str, column: str, quantity: str) -> list[float]:
        """A quantity of each seed that has it, and a finite one.

        Args:
            method: a key of METHODS.
            column: a key of COLUMNS.
            quantity: a name in metrics.json, or `fit_cpu_seconds`.
        """
        runs = self.cells.get((method, column), ())
        found = [run.fit_cpu_seconds if quantity == CPU_SECONDS else run.metrics.get(quantity) for run in runs]
        return [value for value in found if value is not None and math.isfinite(value)]

    def summary(self, method: str, column: str, quantity: str) -> Estimate | None:
        """The same over seeds, or None where no run has it."""
        return estimate(self.values(method, column, quantity))


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


def _require_repetitions(cell: tuple[str, str], runs: Sequence[FinishedRun]) -> None:
    """What a mean over seeds is taken of must differ by its seed alone."""
    where = f"{METHODS[cell[0]]}, {COLUMNS[cell[1]].title}"
    remedy = "give only the folders of the runs that belong together"
    by_seed: dict[int, FinishedRun] = {}
    first = _leaves_of_what_is_learned(runs[0])
    for run in runs:
        now = _leaves_of_what_is_learned(run)
        differing = sorted(key for key in first.keys() | now.keys() if first.get(key) != now.get(key))
        if differing:
            key = differing[0]
            raise ConfigurationError(
                f"{where}: runs of two configurations, {key} is {first.get(key)!r} in {runs[0].path} and "
                f"{now.get(key)!r} in {run.path}; {remedy}"
            )
        earlier = by_seed.setdefault(_seed(run), run)
        if earlier is not run:
            raise ConfigurationError(f"{where}: seed {_seed(run)} is in {earlier.path} and in {run.path}; {remedy}")


def _seed(run: FinishedRun) -> int:
    return int((run.folder.configuration or {}).get("seed", 0))


def _leaves_of_what_is_learned(run: FinishedRun) -> dict[str, Any]:
    configuration = run.folder.configuration or {}
    return dict(leaves({part: configuration.get(part) for part in WHAT_IS_LEARNED}))
