"""A record as a baseline of another library reads it: standardised rows without gaps, and windows of them.

Windows never cross a gap or the end of a trajectory.
"""

import importlib
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError, NotApplicableError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.record import Record
from sciml_bench.data.spec import RecordSpec


def library(name: str) -> Any:
    """A package of the extra `baselines`, or a module of it.

    Args:
        name: dotted.

    Raises:
        NotApplicableError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise NotApplicableError(
            f"the package {error.name} is missing; pip install 'sciml-bench[baselines]' brings it"
        ) from None


@contextmanager
def without_warnings() -> Iterator[None]:
    """What a library warns of while settings are tried is not said, where it is expected."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def scaled(states: Float[np.ndarray, "batch rows *state"], spec: RecordSpec) -> Float[np.ndarray, "batch rows numbers"]:
    """States as vectors in deviations from the mean of the training states."""
    return ((states - spec.mean) / spec.deviation).reshape(*states.shape[:2], -1)


def unscaled(rows: Float[np.ndarray, "batch time numbers"], spec: RecordSpec) -> Float[np.ndarray, "batch time *state"]:
    """States in the user's units from such vectors."""
    return rows.reshape(*rows.shape[:2], *spec.state_shape) * spec.deviation + spec.mean


_Choice = TypeVar("_Choice")


def sensible(choices: Sequence[_Choice], number: Callable[[_Choice], int], most: int, asked: str) -> list[_Choice]:
    """The choices that do not ask for too many numbers.

    Args:
        choices: that would be tried.
        number: that a choice asks for.
        most: that are sensible.
        asked: what they are.

    Raises:
        NotApplicableError: there is none.
    """
    kept = [choice for choice in choices if number(choice) <= most]
    if not kept:
        fewest = min(map(number, choices))
        raise NotApplicableError(f"{asked}: {fewest}, and at most {most} are sensible; observe fewer components")
    return kept


def training_rows(record: Record, fewest_rows: int) -> list[Float[np.ndarray, "_ numbers"]]:
    """The pieces of the training trajectories between gaps, standardised.

    Args:
        record: loaded.
        fewest_rows: shorter pieces are left out.

    Raises:
        NotApplicableError: the rows are on no clock.
        DataError: no piece is as long.
    """
    spec, train = record.spec.origin or record.spec, record.splits["train"].between_gaps(fewest_rows)
    if not train.is_regular:
        raise NotApplicableError("it steps on a clock, and the rows are on none; set data.resample=<time step>")
    parts = [read_block(part).astype(np.float64) for part in train.states if part.shape[0] >= fewest_rows]
    if not parts:
        raise DataError(f"data.split: no training part has {fewest_rows} rows without a gap; use fewer delays")
    return [scaled(part[None], spec)[0] for part in parts]


Pairs = tuple[Float[np.ndarray, "pairs window"], Float[np.ndarray, "pairs window"]]


def delayed(pieces: Sequence[Float[np.ndarray, "_ numbers"]], n_rows: int) -> Pairs:
    """Windows of consecutive rows, the newest row last, and the same one row later, of all pieces.

    Args:
        pieces: longer than a window.
        n_rows: of a window.
    """
    parts = [windows_of(piece, n_rows) for piece in pieces]
    return np.concatenate([part[:-1] for part in parts]), np.concatenate([part[1:] for part in parts])


def windows_of(rows: Float[np.ndarray, "time numbers"], n_rows: int) -> Float[np.ndarray, "windows window"]:
    """All windows of consecutive rows, each as a vector, the newest row last."""
    n_windows = len(rows) - n_rows + 1
    return np.concatenate([rows[lag : lag + n_windows] for lag in range(n_rows)], axis=1)


def interleaved(pieces: Sequence[Float[np.ndarray, "_ window"]]) -> tuple[Float[np.ndarray, "rows window"], int]:
    """Pieces as one array and a lag at which every pair lies in one of them; the library takes one trajectory alone.

    Args:
        pieces: cut into parts as long as the shortest one, which share their ends.
    """
    length = min(map(len, pieces))
    parts = [
        piece[first : first + length] for piece in pieces for first in range(0, len(piece) - length + 1, length - 1)
    ]
    return np.stack(parts, axis=1).reshape(-1, pieces[0].shape[1]), len(parts)
