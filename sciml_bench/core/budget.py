"""Whether what is asked for fits into this machine and into a night, estimated before it is begun."""

import logging
import math
import os
import time
from collections.abc import Callable
from pathlib import Path

from sciml_bench.core.errors import ConfigurationError

log = logging.getLogger(__name__)

WARNED, REFUSED = 3600.0, 36_000.0
"""Seconds beyond which somebody is told, and beyond which nothing is begun."""

_LIMIT_OF_CONTAINER = Path("/sys/fs/cgroup/memory.max")


def memory_bytes() -> int:
    """The memory of this machine, or what of it this process may use, in bytes."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _LIMIT_OF_CONTAINER.read_text().strip() if _LIMIT_OF_CONTAINER.exists() else "max"
    return min(whole, int(limit)) if limit.isdigit() else whole


def require_memory(asked: str, n_bytes: float | int, remedy: str) -> None:
    """Stop before something is begun that cannot fit into memory.

    Args:
        asked: the configuration key and its value, and what it stands for.
        n_bytes: about what it needs.
        remedy: what to write instead, as a sentence without a full stop.

    Raises:
        ConfigurationError: it does not fit.
    """
    available = memory_bytes()
    if n_bytes > available:
        raise ConfigurationError(
            f"{asked} needs about {n_bytes / 2**30:.3g} GiB of memory, and there are {available / 2**30:.3g}; {remedy}"
        )


def in_words(seconds: float | int) -> str:
    """A duration, such as `about 25 s`, `about 17 hours`."""
    unit, length = next(((unit, n) for unit, n in (("hours", 3600), ("min", 60)) if seconds >= 2 * n), ("s", 1))
    return f"about {seconds / length:.2g} {unit}"


def weigh_time(asked: str, seconds: float | int, remedy: str) -> None:
    """Say before something is begun that it takes more than an hour, and stop where it takes more than a night.

    Args:
        asked: the configuration key and its value, and what it stands for.
        seconds: about what it takes.
        remedy: what to write instead, as a sentence without a full stop.

    Raises:
        ConfigurationError: it takes more than ten hours.
    """
    said = f"{asked} takes about {seconds / 3600:.3g} hours; {remedy}"
    if seconds > REFUSED:
        raise ConfigurationError(said)
    if seconds > WARNED:
        log.warning(said)


class BudgetSpentError(Exception):
    """A search was to end before it had come to its end."""


class CpuBudget:
    """CPU seconds of this process within which a search is to end, from now on.

    Args:
        seconds: how many; None for no limit.
    """

    def __init__(self, seconds: float | int | None = None) -> None:
        self._end = math.inf if seconds is None else time.process_time() + seconds

    @property
    def remaining(self) -> float:
        """Seconds; infinitely many without a limit."""
        return self._end - time.process_time()

    def require(self) -> None:
        """Stop where it is spent.

        Raises:
            BudgetSpentError: it is.
        """
        if self.remaining <= 0:
            raise BudgetSpentError


def extrapolated_seconds(work: Callable[[int], object], size: int, whole: int) -> float:
    """About the CPU seconds of `work(whole)`, from those of two small ones.

    Args:
        work: what takes a time that grows evenly with its size, beside what it takes once, such as to be compiled.
        size: that takes less than a second.
        whole: what is asked for.
    """
    spent = []
    for n in (2, size, 2 * size):
        start = time.process_time()
        work(n)
        spent.append(time.process_time() - start)
    return (spent[2] - spent[1]) * whole / size
