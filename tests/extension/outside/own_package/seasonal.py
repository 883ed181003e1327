"""A forecaster of a person's own for the benchmark: what was observed one period ago comes again."""

from dataclasses import dataclass

import numpy as np

from sciml_bench.data import Record, RecordSpec
from sciml_bench.suite.baselines import Baseline, FittedBaseline


class Seasonal(Baseline):
    """Repeats the last period.

    Args:
        spec: of the record.
        period: in rows.
    """

    def __init__(self, spec: RecordSpec, period: int = 10) -> None:
        super().__init__(spec)
        self.period = period

    def fit(self, record: Record) -> "FittedSeasonal":
        return FittedSeasonal(self.spec, self.period)


@dataclass(frozen=True, eq=False)
class FittedSeasonal(FittedBaseline):
    """What was learned, all of it in its fields.

    Args:
        spec: of the record.
        period: in rows.
    """

    spec: RecordSpec
    period: int

    @property
    def past_length(self) -> int:
        return self.period

    def continued(self, last: np.ndarray, n_steps: int) -> np.ndarray:
        return last[:, np.arange(n_steps) % self.period]


class Breaks(Baseline):
    """Fails in a way that nobody foresaw."""

    def __init__(self, spec):  # without annotations, as a person may write it
        super().__init__(spec)

    def fit(self, record):
        raise RuntimeError("the battery is empty")
