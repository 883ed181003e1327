"""The file of ODEBench: what it holds of every system, checked where it enters.

D'Ascoli et al., ODEFormer: symbolic regression of dynamical systems with transformers (ICLR 2024). The equations in it
are text for people, which nothing evaluates.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import is_integer
from sciml_bench.core.errors import DataError

_FEWEST_SOLUTIONS = 2


@dataclass(frozen=True, eq=False)
class Solution:
    """A solution of the true equations.

    Args:
        times: of the rows, increasing.
        states: at these times.
    """

    times: Float[np.ndarray, " time"]
    states: Float[np.ndarray, "time dim"]


@dataclass(frozen=True, eq=False)
class TextbookSystem:
    """One entry of the file.

    Args:
        number: its `id`.
        equations: as written in the file.
        solutions: from the initial state to learn from, and from the other one.
    """

    number: int
    equations: str
    solutions: tuple[Solution, Solution]


def read_systems(path: Path) -> dict[int, TextbookSystem]:
    """The systems of a file by their number.

    Args:
        path: of the file.

    Raises:
        FileNotFoundError: there is none.
        DataError: it has another form.
    """
    if not path.is_file():
        raise FileNotFoundError(f"data.path={path}: there is no such file; give the file of ODEBench (json)")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(path: Path, changed: int) -> dict[int, TextbookSystem]:
    """The file is read once for all its systems, as long as it does not change."""
    try:
        entries = json.loads(path.read_text())
        systems = [_system(entry) for entry in entries]
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise DataError(
            f"{path} has not the form of ODEBench ({type(error).__name__}: {error}); it is a list of systems with id, "
            "eq and solutions[constants][initial state] of t and y"
        ) from None
    if not systems:
        raise DataError(f"{path} holds no system")
    return {system.number: system for system in systems}


def _system(entry: Any) -> TextbookSystem:
    number = entry["id"]
    if not is_integer(number):
        raise ValueError(f"the id {number!r} is no whole number")
    solutions = [_solution(number, each) for each in entry["solutions"][0][:_FEWEST_SOLUTIONS]]
    if len(solutions) < _FEWEST_SOLUTIONS:
        raise ValueError(f"system {number} is seen from one initial state only")
    first, second = solutions
    if first.states.shape[1] != second.states.shape[1]:
        raise ValueError(f"the two solutions of system {number} have different dimensions")
    return TextbookSystem(number, str(entry.get("eq", "")), (first, second))


def _solution(number: int, entry: Any) -> Solution:
    times, states = np.asarray(entry["t"], dtype=np.float64), np.asarray(entry["y"], dtype=np.float64)
    if times.ndim != 1 or states.ndim != 2 or states.shape[1] != len(times) or len(times) < 2:
        raise ValueError(f"t and y of system {number} have the shapes {times.shape} and {states.shape}")
    if not (np.isfinite(times).all() and np.isfinite(states).all() and (np.diff(times) > 0).all()):
        raise ValueError(f"t of system {number} does not increase, or a number is not finite")
    return Solution(times, states.T.copy())
