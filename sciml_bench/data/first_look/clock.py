"""When a record was observed: its step, how evenly, what is missing."""

from dataclasses import dataclass

import numpy as np

from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.trajectories import Trajectories


@dataclass(frozen=True)
class ClockLook:
    """A clock.

    Args:
        step: the median interval.
        unit: of time.
        is_even: whether rows are one step apart but for gaps.
        shortest: interval, but for gaps of an even clock.
        longest: the same.
        n_gaps: places at which rows are missing.
        n_missing: values that are missing in rows that are there.
        n_values: in all.
    """

    step: float
    unit: str
    is_even: bool
    shortest: float
    longest: float
    n_gaps: int
    n_missing: int
    n_values: int

    @property
    def jitter(self) -> float:
        """The largest departure of an interval from the step, in steps."""
        return max(self.step - self.shortest, self.longest - self.step) / self.step

    @property
    def line(self) -> str:
        """As a person reads it."""
        if not self.is_even:
            between = f"{self.shortest:.4g} to {self.longest:.4g} {self.unit}"
            how = f"uneven, every {between}, {self.step:.4g} in the median"
        else:
            every = "every step" if self.unit == "step" and self.step == 1 else f"every {self.step:.6g} {self.unit}"
            how = f"{every}, {'without jitter' if self.jitter < 1e-6 else f'jitter {100 * self.jitter:.2g} %'}"
        gaps = "no gap" if not self.n_gaps else f"{self.n_gaps} gap" + ("s" if self.n_gaps > 1 else "")
        share = f" ({100 * self.n_missing / self.n_values:.2g} %)" if self.n_missing else ""
        return f"clock: {how}, {gaps}, {self.n_missing or 'no'} missing values{share}"


def look_at_clock(trajectories: Trajectories) -> ClockLook:
    """The clock of all trajectories together.

    Args:
        trajectories: with missing values or without.
    """
    step, width = trajectories.time_step, int(np.prod(trajectories.state_shape))
    gaps = [trajectories.gaps(number) for number in range(trajectories.n_trajectories)]
    is_even = trajectories.is_regular or all(found is not None for found in gaps)
    intervals = [np.diff(trajectories.times_of(number)) for number in range(trajectories.n_trajectories)]
    if is_even:  # an interval across a gap says nothing of jitter
        intervals = [
            np.delete(part, np.asarray([] if found is None else found, dtype=int) - 1)
            for part, found in zip(intervals, gaps, strict=True)
        ]
    steps = np.concatenate(intervals) if intervals else np.empty(0)
    shortest, longest = (float(steps.min()), float(steps.max())) if len(steps) else (step, step)
    missing = 0
    if trajectories.masked:
        missing = sum(int(np.isnan(read_block(part)).sum()) for part in trajectories.states)
    n_gaps = sum(len(found) for found in gaps if found is not None)
    counted = trajectories.n_states * width
    return ClockLook(float(step), trajectories.time_unit, is_even, shortest, longest, n_gaps, missing, counted)
