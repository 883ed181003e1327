"""Measuring two ways to do one thing, in turn, in one process and on one thread.

Other work on the machine slows both sides of a repetition alike, so the ratio is taken within each repetition and its
median is reported with its quartiles. It is a ratio of CPU seconds; that of wall seconds stands beside it.
"""

import gc
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from threadpoolctl import threadpool_limits

SECONDS_PER_SAMPLE = 0.02
"""Quick functions are called as often as this takes, so that a clock's resolution and a cold cache do not matter."""


@dataclass(frozen=True)
class Cost:
    """What one call took, in seconds."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Spread:
    """The median and the quartiles of repeated measurements."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        low, median, high = np.quantile(values, [0.25, 0.5, 0.75]).tolist()
        return cls(median, low, high)


@dataclass(frozen=True)
class Comparison:
    """Ours beside a reference.

    Args:
        claim: what is compared.
        reference_name: whose figures the reference's are.
        unit: of `ours` and `reference`: "s", "B", or "1" for errors.
        ours: CPU seconds, bytes or errors.
        reference: the same of the reference.
        ratio: reference / ours, how many times cheaper, or more accurate, ours is.
        wall_ratio: the same in wall seconds, where time is what is compared.
        target: the ratio that is claimed; None where the figure is only reported.
        error: of what ours computes, where methods of different accuracy are compared.
    """

    claim: str
    reference_name: str
    unit: str
    ours: Spread
    reference: Spread
    ratio: Spread
    wall_ratio: Spread | None
    target: float | None
    error: float | None = None

    def with_error(self, error: float) -> "Comparison":
        """The same, and what error ours has."""
        return replace(self, error=error)

    @property
    def reached(self) -> bool | None:
        """Whether the median is at least the target."""
        return None if self.target is None else self.ratio.median >= self.target


@dataclass(frozen=True)
class Skipped:
    """A comparison whose reference cannot be had here."""

    claim: str
    reason: str


Outcome = Comparison | Skipped


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch and the linear algebra of numpy and scipy to one thread, and give the others back at the end."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)


def compare(
    claim: str,
    reference_name: str,
    ours: Callable[[], object],
    reference: Callable[[], object],
    *,
    target: float | None = None,
    repetitions: int = 15,
) -> Comparison:
    """Time two functions of no arguments, interleaved."""
    timed_ours, timed_reference = (_timer(function) for function in (ours, reference))
    return compare_costs(claim, reference_name, timed_ours, timed_reference, target=target, repetitions=repetitions)


def compare_costs(
    claim: str,
    reference_name: str,
    ours: Callable[[], Cost],
    reference: Callable[[], Cost],
    *,
    target: float | None = None,
    repetitions: int = 3,
) -> Comparison:
    """Compare two functions that report their own cost, interleaved; who begins alternates."""
    pairs: list[tuple[Cost, Cost]] = []
    for repetition in range(repetitions):
        if repetition % 2:
            their_cost = reference()
            pairs.append((ours(), their_cost))
        else:
            our_cost = ours()
            pairs.append((our_cost, reference()))
    return _comparison(claim, reference_name, pairs, target)


def compare_all(
    ours: Mapping[str, Callable[[], object]], reference_name: str, reference: Callable[[], object], repetitions: int = 5
) -> list[Comparison]:
    """Time several functions, by their claims, beside one reference; all of them in every repetition, in turn."""
    timers = [_timer(function) for function in (reference, *ours.values())]
    rounds: list[list[Cost]] = []
    for repetition in range(repetitions):
        first = repetition % len(timers)
        costs = [timer() for timer in (*timers[first:], *timers[:first])]
        rounds.append(costs[len(timers) - first :] + costs[: len(timers) - first])
    return [
        _comparison(claim, reference_name, [(costs[number], costs[0]) for costs in rounds], None)
        for number, claim in enumerate(ours, start=1)
    ]


def compare_bytes(
    claim: str, reference_name: str, ours: Sequence[float], reference: Sequence[float], *, target: float | None = None
) -> Comparison:
    """Compare repeated measurements of memory, in bytes."""
    return _paired(claim, reference_name, "B", ours, reference, target)


def compare_errors(
    claim: str, reference_name: str, ours: Sequence[float], reference: Sequence[float], *, target: float | None = None
) -> Comparison:
    """Compare the errors of the same problems; the spread is that over the problems."""
    return _paired(claim, reference_name, "1", ours, reference, target)


def cost_of(function: Callable[[], object], calls: int = 1) -> Cost:
    """The mean cost of a call."""
    collects = gc.isenabled()
    gc.disable()  # a collection walks through all that was ever imported, and would hit one side at random
    try:
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(calls):
            function()
        return Cost((time.process_time() - cpu) / calls, (time.perf_counter() - wall) / calls)
    finally:
        if collects:
            gc.enable()


def require_agreement(what: str, ours: object, reference: object, tolerance: float) -> None:
    """Refuse to time two things that are not the same.

    Raises:
        RuntimeError: the values differ by more than the relative tolerance.
    """
    one, other = np.asarray(ours, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    difference = float(np.linalg.norm(one - other) / np.linalg.norm(other))
    if not difference <= tolerance:
        raise RuntimeError(f"{what}: the two sides differ by {difference:.2e}, more than {tolerance:.0e}")


def _paired(
    claim: str,
    reference_name: str,
    unit: str,
    ours: Sequence[float],
    reference: Sequence[float],
    target: float | None,
) -> Comparison:
    ratios = [theirs / our for our, theirs in zip(ours, reference, strict=True)]
    return Comparison(
        claim, reference_name, unit, Spread.of(ours), Spread.of(reference), Spread.of(ratios), None, target
    )


def _comparison(
    claim: str, reference_name: str, pairs: Sequence[tuple[Cost, Cost]], target: float | None
) -> Comparison:
    """Of pairs (ours, reference), one per repetition."""
    return Comparison(
        claim=claim,
        reference_name=reference_name,
        unit="s",
        ours=Spread.of([our_cost.cpu for our_cost, _ in pairs]),
        reference=Spread.of([their_cost.cpu for _, their_cost in pairs]),
        ratio=Spread.of([their_cost.cpu / our_cost.cpu for our_cost, their_cost in pairs]),
        wall_ratio=Spread.of([their_cost.wall / our_cost.wall for our_cost, their_cost in pairs]),
        target=target,
    )


def _timer(function: Callable[[], object]) -> Callable[[], Cost]:
    function()  # the first call may allocate, compile or fill a cache
    calls = max(1, math.ceil(SECONDS_PER_SAMPLE / max(cost_of(function).wall, 1e-7)))
    return lambda: cost_of(function, calls)
