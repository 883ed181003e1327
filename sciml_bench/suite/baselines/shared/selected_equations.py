"""Equations that are chosen by forecasts, where nothing is held out for that by training rows that are held back."""

from collections.abc import Iterator
from itertools import islice
from typing import ClassVar

import numpy as np

from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.record import Record
from sciml_bench.data.split import split_trajectories
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.mechnn import DiscoveredEquations
from sciml_bench.scores.equation_scores import coefficient_of_determination
from sciml_bench.suite.baselines.shared.selection import SelectedBaseline, within_budget

_HELD_BACK = 0.3


class SelectedEquations(SelectedBaseline):
    """Base of baselines that find equations with one setting after the other.

    Where there is no validation part, the last 30 per cent of the training rows stand for it, and what they choose is
    fitted again to all of them.
    """

    n_starts: ClassVar[int] = 3  # to integrate costs more than to step

    def equations_of(self, observed: Trajectories) -> Iterator[DiscoveredEquations]:
        """What is found with one setting after the other.

        Args:
            observed: to be learned from.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement equations_of()")

    def candidates(self, record: Record) -> Iterator[DiscoveredEquations]:
        """Those of the training part."""
        return self.equations_of(record.splits["train"])

    def fit(self, record: Record) -> DiscoveredEquations:
        """Fit every setting that the budget allows, and keep the best."""
        if "validation" in record.splits:
            return super().fit(record)
        train = record.splits["train"]
        parts = split_trajectories(train, {"train": 1 - _HELD_BACK, "validation": _HELD_BACK, "test": 0})
        tried = self.counted(within_budget(self.equations_of(parts["train"]), self.cpu_seconds))
        errors = [_error(learned, parts["validation"]) for learned in tried]
        return next(islice(self.equations_of(train), int(np.argmin(errors)), None))


def _error(learned: DiscoveredEquations, held_back: Trajectories) -> float:
    """1 − R² of the forecast of all rows that were held back from their first; infinite where it leaves every bound."""
    errors = []
    for number, length in enumerate(held_back.lengths):
        times, rows = held_back.times_of(number), read_block(held_back.states[number]).reshape(length, -1)
        first = held_back.select(trajectories=[number], time=[slice(0, 1)])
        states = learned.forecast(first, times[1:]).states[0].reshape(length - 1, -1)
        errors.append(1 - coefficient_of_determination(rows, np.concatenate([rows[:1], states])))
    return max(errors) if np.isfinite(errors).all() else np.inf
