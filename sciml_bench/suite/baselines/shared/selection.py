"""The settings of a baseline are chosen like everybody's: by forecasts within the validation part, within a budget."""

import time
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, get_args, get_type_hints

import numpy as np

from sciml_bench.data.record import Record
from sciml_bench.scores.forecasting.held_out_error import validation_error
from sciml_bench.suite.baselines.baseline import Baseline


class SelectedBaseline(Baseline):
    """Base of the baselines that try some settings, of which the best in forecasts of the validation part is kept.

    Attributes:
        settings_tried: by the last fit.
    """

    n_starts: ClassVar[int] = 10
    """Forecasts by which settings are compared."""

    settings_tried: int = 0

    def candidates(self, record: Record) -> Iterator[Any]:
        """What is fitted with one setting after the other.

        Args:
            record: loaded.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement candidates()")

    def fit(self, record: Record) -> Any:
        """Fit every setting that the budget allows, and keep the best."""
        tried = within_budget(self.candidates(record), self.cpu_seconds)
        return best_of(self.counted(tried), record, self.n_starts)

    @classmethod
    def gives(cls) -> Any:
        """The class of the candidates."""
        (told,) = get_args(get_type_hints(cls.candidates)["return"])
        return told

    def record_entries(self) -> dict[str, Any]:
        """How many settings were tried."""
        return {"settings_tried": self.settings_tried}

    def counted(self, candidates: Iterable[Any]) -> Iterator[Any]:
        """The candidates, counted while they are tried.

        Args:
            candidates: fitted when they are asked for.
        """
        self.settings_tried = 0
        for candidate in candidates:
            self.settings_tried += 1
            yield candidate


def within_budget(candidates: Iterable[Any], cpu_seconds: float | int | None) -> Iterator[Any]:
    """The candidates up to the first that would end after the budget, if it took as long as the longest so far.

    Args:
        candidates: fitted when they are asked for; the first one is given in any case.
        cpu_seconds: for fitting and comparing them; None: all are given.
    """
    begun = last = time.process_time()
    longest = 0.0
    for candidate in candidates:
        yield candidate
        now = time.process_time()
        longest, last = max(longest, now - last), now
        if cpu_seconds is not None and now - begun + longest > cpu_seconds:
            return


def best_of(candidates: Iterable[Any], record: Record, n_starts: int = 10) -> Any:
    """The forecaster with the smallest error over up to 100 rows from some starts in the validation part.

    Where there is no such part it is the first one that is tried, since nothing tells them apart but training rows.

    Args:
        candidates: fitted, one after the other; the best one is kept.
        record: loaded.
        n_starts: of forecasts.
    """
    best, smallest = None, np.inf
    for learned in candidates:
        if "validation" not in record.splits:
            return learned
        error = validation_error(learned, record, n_starts)
        if best is None or error < smallest:
            best, smallest = learned, error
    return best
