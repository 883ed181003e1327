"""Values that are missing from a person's files: refused with their number, cut out, interpolated or masked."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from jaxtyping import Bool

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.trajectory_arrays import NamedTrajectory
from sciml_bench.data.lazy_states import iterate_blocks, mapped, read_block, without_rows
from sciml_bench.data.trajectories.observations import column_names

REFUSE, SPLIT, INTERPOLATE, MASK = "refuse", "split", "interpolate", "mask"
MISSING_CHOICES = (REFUSE, SPLIT, INTERPOLATE, MASK)
FEWEST_VALUES = 2
"""Of a component whose missing values are interpolated."""
LONG = 10
"""Rows in a run, above which a straight line may pass for dynamics."""

FILLS = (99.9, 999.0, 999.9, 9999.0, 9999.9, 32767.0, 32768.0, 99999.0, 999999.0)
"""Sizes of the numbers that stand for missing values in files that do not say so."""
FAR = 3.0
"""From all other values, in parts of their range."""


class MissingValuesError(DataError):
    """Values are missing where nobody said what to do with them.

    Args:
        what: which values, without a remedy.
        on_disk: whether they stay there.
    """

    def __init__(self, what: str, on_disk: bool = False) -> None:
        choices = "data.missing=interpolate" + (
            " or data.missing=split" if on_disk else ", data.missing=split or data.missing=mask"
        )
        remedy = f"say what to do with {choices}, or fill them."
        super().__init__(f"{what}; {remedy}")
        self.what = what


def without_missing(found: Sequence[NamedTrajectory], choice: str) -> list[NamedTrajectory]:
    """Trajectories in memory without values that are not a number, or with them where they are to be masked.

    Args:
        found: as read.
        choice: one of MISSING_CHOICES.

    Raises:
        MissingValuesError: nobody said what to do.
        DataError: nothing is left.
    """
    kept: list[NamedTrajectory] = []
    masked = np.zeros(2, dtype=int)
    for part in found:
        states = read_block(part.states)
        absent = np.isnan(states) if states.dtype.kind == "f" else np.zeros(states.shape, dtype=bool)
        if not absent.any():
            kept.append(part)
        elif choice == REFUSE:
            raise MissingValuesError(_told(part, absent))
        elif choice == MASK:
            masked += int(absent.sum()), int(absent.reshape(len(states), -1).any(axis=1).sum())
            kept.append(part)
        elif choice == SPLIT:
            kept += cut_out(part, np.asarray(absent.reshape(len(states), -1).any(axis=1)))
        else:
            kept.append(_interpolated(part, absent))
    kept = [replace(part, notes=(*part.notes, *_suspected(part))) for part in kept]
    if any(len(part.missing_times) for part in kept):  # then all need the times that these have
        kept = [with_times(part) for part in kept]
    if found and not kept:
        raise DataError(f"data.missing={choice}: no two rows of {found[0].name} follow each other without a gap.")
    if masked.any():  # one line for all trajectories
        n_rows = sum(part.states.shape[0] for part in kept)
        note = f"{masked[0]} missing values are left out, in {masked[1]} of {n_rows} rows"
        kept[0] = replace(kept[0], notes=(*kept[0].notes, note))
    return kept


def cells_with_values(found: Sequence[NamedTrajectory]) -> Bool[np.ndarray, " cells"] | None:
    """Which numbers of a state have a value in some row of some trajectory; None where all have, or none."""
    if len({part.states.shape[1:] for part in found}) != 1:
        return None  # refused later
    known = np.zeros(math.prod(found[0].states.shape[1:]), dtype=bool)
    for _, block in (each for part in found for each in iterate_blocks(part.states)):
        known |= ~np.isnan(block.reshape(len(block), -1)).all(axis=0)
        if known.all():
            return None
    return known if known.any() else None


def zeros_elsewhere(found: Sequence[NamedTrajectory], used: Bool[np.ndarray, " cells"]) -> list[NamedTrajectory]:
    """The same trajectories without missing values in cells that are left out afterwards, and with a note of these."""
    if len({part.states.shape[1:] for part in found}) != 1 or len(used) != math.prod(found[0].states.shape[1:]):
        return [*found]  # of other cells, and refused later
    told = f"{np.sum(~used)} of {len(used)} cells, which have no value in any row, are left out"
    shaped = used.reshape(found[0].states.shape[1:])
    filled = [mapped(part.states, lambda rows: np.where(shaped, rows, 0).astype(rows.dtype)) for part in found]
    return [replace(part, states=rows, notes=(*part.notes, told)) for part, rows in zip(found, filled, strict=True)]


def _suspected(part: NamedTrajectory) -> list[str]:
    """What is said of numbers such as −9999 that lie far from all others of their component."""
    states = read_block(part.states)
    if not states.size or states.dtype.kind not in "iuf":  # what is no number is refused later
        return []
    rows, notes = states.reshape(len(states), -1), []
    # fmin and fmax pass over what is not a number
    extremes = np.array([np.fmin.reduce(rows, axis=0), np.fmax.reduce(rows, axis=0)])
    for edge, column in zip(*np.nonzero(np.isin(np.abs(extremes), FILLS)), strict=True):
        value = extremes[edge, column]
        others = rows[(rows[:, column] != value) & ~np.isnan(rows[:, column]), column].astype(np.float64)
        if len(others) > 2 and np.abs(others - value).min() > FAR * np.ptp(others):
            names = part.names
            name = names[column] if len(names) == rows.shape[1] else f"x{column + 1}"
            count = int((rows[:, column] == value).sum())
            notes.append(
                f"{name} is {value:g} in {count} rows, far from all its other values: if that means missing, leave "
                "these cells empty and set data.missing"
            )
    return notes


def _told(part: NamedTrajectory, absent: Bool[np.ndarray, "time *state"]) -> str:
    row = int(np.flatnonzero(absent.reshape(len(absent), -1).any(axis=1))[0])
    unit = f" {part.time_unit}" if part.time_unit else ""
    where = f"row {row}" if part.times is None else f"row {row}, time {part.times[row]:g}{unit}"
    names = part.names
    if absent.ndim > 2 and len(names) == 1:  # of a field over several axes
        absent = absent.reshape(len(absent), -1, 1)
    elif len(names) != absent.shape[-1]:  # of a field, whose components are its points
        names = tuple(f"x{number}" for number in range(1, absent.shape[-1] + 1))
    counts = absent.reshape(-1, absent.shape[-1]).sum(axis=0)
    each = ", ".join(f"{name}: {count}" for name, count in zip(names, counts, strict=True) if count)
    n_empty = int(absent.all(axis=0).sum())
    empty = f", all those of {n_empty} cells, which data.drop_empty_cells=true leaves out" if n_empty else ""
    return f"{part.name}: {int(absent.sum())} values are missing ({each}; the first at {where}){empty}"


def with_times(part: NamedTrajectory) -> NamedTrajectory:
    """The same with the clock that its rows have where the file gives none."""
    if part.times is not None:
        return part
    unit = part.time_unit or ("step" if part.time_step is None else None)
    return replace(part, times=np.arange(part.states.shape[0]) * (part.time_step or 1.0), time_unit=unit)


def cut_out(part: NamedTrajectory, absent: Bool[np.ndarray, " time"]) -> list[NamedTrajectory]:
    """One trajectory of the rows between missing ones, with their times; none where no two follow each other."""
    part = with_times(part)
    edges = [-1, *np.flatnonzero(absent).tolist(), len(absent)]
    lone = [a + 1 for a, b in pairwise(edges) if b - a - 1 == 1]
    notes = (*part.notes, f"{int(absent.sum())} rows with missing values are cut out")
    if lone:
        notes += (f"{len(lone)} rows that stand alone between them are left out",)
    gone, times = absent.copy(), np.asarray(part.times)
    gone[lone] = True
    kept = replace(
        part, states=without_rows(part.states, gone), times=times[~gone], missing_times=times[gone], notes=notes
    )
    return [kept] if not gone.all() else []


def longest_run(absent: Bool[np.ndarray, " time"]) -> int:
    """Of rows that follow each other."""
    edges = np.flatnonzero(np.diff([False, *absent.tolist(), False]))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def _interpolated(part: NamedTrajectory, absent: Bool[np.ndarray, "time *state"]) -> NamedTrajectory:
    """Straight lines in time where values are missing; rows before the first or after the last value are left out."""
    states = read_block(part.states).reshape(len(absent), -1).copy()
    gone = absent.reshape(states.shape)
    known = [np.flatnonzero(~column) for column in gone.T]
    for column, rows in enumerate(known):
        require_values(part, column, len(rows))
    times = np.arange(len(states), dtype=float) if part.times is None else np.asarray(part.times, dtype=np.float64)
    for column, rows in enumerate(known):
        missing = gone[:, column]
        states[missing, column] = np.interp(times[missing], times[rows], states[rows, column])
    inside = slice(max(int(rows[0]) for rows in known), min(int(rows[-1]) for rows in known) + 1)
    longest = max(longest_run(gone[inside, column]) for column in range(gone.shape[1]))
    notes = interpolation_notes(int(absent[inside].sum()), longest, len(states) - (inside.stop - inside.start))
    return replace(
        part,
        states=states.reshape(absent.shape)[inside],
        times=None if part.times is None else times[inside],
        notes=(*part.notes, *notes),
    )


def require_values(part: NamedTrajectory, column: int, count: int) -> None:
    """Stop at a component with too few values for a straight line.

    Args:
        part: the trajectory.
        column: of the component.
        count: of its values.

    Raises:
        DataError: it has.
    """
    if count < FEWEST_VALUES:
        names = column_names(part.states.shape[1:], part.names, part.body_names) if part.names else ()
        name, remedy = dict(enumerate(names)).get(column, column + 1), "choose other columns with data.key=[...]"
        if len(part.names) < math.prod(part.states.shape[1:]):
            remedy = "leave such cells out with data.drop_empty_cells=true, as those on land in a field of the sea, "
            remedy += "or choose others with data.missing=mask and data.observe=[...]"
        said = f"component {name} of {part.name} has fewer than {FEWEST_VALUES} values"
        raise DataError(f"data.missing=interpolate: {said}; {remedy}")


def interpolation_notes(n_inside: int, longest: int, n_out: int) -> tuple[str, ...]:
    """What is said of values that were interpolated.

    Args:
        n_inside: how many.
        longest: rows of the longest run of them.
        n_out: rows that are left out at the ends.
    """
    notes: tuple[str, ...] = ()
    if n_inside:
        of_rows = f" (at most {longest} rows in a run)" if longest > 1 else ""
        notes += (f"{n_inside} missing values are interpolated{of_rows}",)
        if longest > LONG:
            notes += (f"a straight line over {longest} rows is no observation: data.missing=split leaves them out",)
    return notes + ((f"{n_out} rows at the ends, where values are missing, are left out",) if n_out else ())
