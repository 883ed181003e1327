"""A person's own observations: one or several trajectories in files of any known format, or in arrays."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.budget import require_memory, weigh_time
from sciml_bench.core.checks import (
    ConfiguredBoolean,
    ConfiguredInteger,
    ConfiguredNumber,
    ConfiguredWord,
    is_integer,
    require_boolean,
    require_choice,
    require_integer,
    require_number,
)
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.cell_areas import CellAreas
from sciml_bench.data.files.clocks_of_files import ALIKE, CLOCKS, require_alike
from sciml_bench.data.files.formats.signal_files import parts_of
from sciml_bench.data.files.missing.missing_values import (
    MASK,
    MISSING_CHOICES,
    REFUSE,
    MissingValuesError,
    cells_with_values,
    without_missing,
    zeros_elsewhere,
)
from sciml_bench.data.files.missing.missing_values_on_disk import counted_on_disk, without_missing_on_disk
from sciml_bench.data.files.trajectory_arrays import LAYOUTS, NamedTrajectory, find_files, in_memory, read_trajectories
from sciml_bench.data.lazy_states import (
    DamagedRowsError,
    LazyStates,
    StateArray,
    has_missing,
    is_on_disk,
    plain_numbers,
    rows_per_block,
    window,
)
from sciml_bench.data.reading import described
from sciml_bench.data.record import Record
from sciml_bench.data.regular_clock import median_step
from sciml_bench.data.trajectories import INTERPOLATIONS, LINEAR, MissingError, Trajectories
from sciml_bench.data.transforms import with_inputs, with_weights
from sciml_bench.data.transforms.components import component_numbers

_BYTES_PER_ROW = 16
"""Its number, and that number in a random order [measured: peak memory up to the first gradient, 19 beside the rows
themselves, with 5 and 10 million of one number]."""
_BYTES_PER_WEIGHT = 12
"""In double precision, and in single precision as pairs have it."""
_BYTES_PER_SECOND = 1e8
"""That are read, and searched for missing values [CPU, measured: 200 and 400 MB of float32]."""

_COUNT = re.compile(r"(\d+) (row|missing value)s?( \D*?)( \(at most (\d+) rows in a run\))?")
"""A note of how many rows or values, such as those of missing ones."""


class TrajectoryFiles(Record):
    """Trajectories read from files, of any length, each on its own clock.

    Args:
        path: a file, a folder or a pattern such as "runs/*.npy" (one trajectory or more per file, in natural order of
            the names), or several of these.
        key: name of the array of states, of a group of arrays (`run`, `run/x`, in MATLAB `run.x`), of a column of a
            table or of a recorded signal, or several of these; without it everything is used.
        layout: "single" takes an array as one trajectory with axes (time, *state), "many" as several with axes
            (batch, time, *state); "auto" takes up to two axes as one and three as several, goes by the length of the
            clock where there is one, and by the names of the axes where a file has them.
        times_key: name of the array of times: (time,) for all trajectories of a file, or (batch, time). By default an
            array with the name of a clock that rises, or the only one that rises evenly; "none" says that there is
            none.
        time_column: name or number of the column of a table that holds the time, found in the same way. A column such
            as `id` or `trajectory` tells the trajectories of a table apart, unless `key` asks for it.
        time_step: time between two rows, whatever the files say of it; without it and without times 1.
        time_unit: for the labels of axes; by default what the files say, else "time" where there are times or a time
            step, otherwise "step".
        clocks: "alike" refuses times whose step is more than twenty times that of the others, as milliseconds among
            seconds are; "own" takes them as they are.
        first_row: row of each trajectory with which the record begins, from 0.
        n_rows: rows of each trajectory to use, from there on; all by default.
        component_names: what the components of a state are called; by default what the files say, else x1, x2, ….
        inputs: names or numbers of the components that are no states but act on the system from outside.
        input_interpolation: between two rows inputs go on in a straight line ("linear"), or keep the value of the
            earlier row ("hold").
        weights: name or number of the component that is no state but tells how much every row counts.
        thermal_energy: k_B T in its unit where that component is the bias V of an enhanced simulation, such as
            `metad.bias` of PLUMED: a row then counts exp(V/k_B T).
        area_weights: whether the cells of a field over latitudes count by their areas, wherever states or errors are
            divided by a deviation: all cells of a variable then have one, over the root of the share of their area.
        missing: what to do where values are missing (not a number, or an empty cell): "refuse", "split" (rows that
            lack one are cut out, and nothing is learned across them), "interpolate" between the rows before and
            after, or "mask": rows stay, and a method leaves out what is not there. Chunks that a zarr store lacks read
            as its fill value with "refuse", which is told, and are missing with the others.
        drop_empty_cells: whether cells of a field, or columns, without a value in any row are left out, as those on
            land in a field of the sea; `missing` says what becomes of values that the others lack.
        topology: file with the names of the atoms (.pdb, …) for the trajectory of a molecule.
        in_memory_gigabytes: data up to this size are held in memory and shuffled freely; larger data stay on disk,
            where the format allows it, and are shuffled in blocks.
        **options: split, split_by, transforms as in `Record`.

    Raises:
        ConfigurationError: an option is out of range, or two that exclude each other are given.
    """

    def __init__(
        self,
        path: PathType | Sequence[PathType] | None,
        key: str | Sequence[str] | None = None,
        layout: ConfiguredWord = "auto",
        times_key: str | None = None,
        time_column: str | int | None = None,
        time_step: ConfiguredNumber | None = None,
        time_unit: str | None = None,
        clocks: ConfiguredWord = ALIKE,
        first_row: ConfiguredInteger = 0,
        n_rows: ConfiguredInteger | None = None,
        component_names: Sequence[str] | None = None,
        inputs: Sequence[str | int] | None = None,
        input_interpolation: ConfiguredWord = LINEAR,
        weights: str | int | None = None,
        thermal_energy: ConfiguredNumber | None = None,
        area_weights: ConfiguredBoolean = False,
        missing: ConfiguredWord = REFUSE,
        drop_empty_cells: ConfiguredBoolean = False,
        topology: PathType | None = None,
        in_memory_gigabytes: ConfiguredNumber = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if path is None or path in ("", []):
            given = "null" if path is None else path
            raise ConfigurationError(
                f"data.path={given}: give a file, folder or pattern such as data.path='runs/*.csv'."
            )
        self.path, self.topology = path, topology
        self.key = key if key is None or isinstance(key, str) else tuple(key)
        self.layout = require_choice("data.layout", layout, LAYOUTS)
        if times_key is not None and time_column is not None:
            raise ConfigurationError(
                f"data.times_key={times_key} and data.time_column={time_column}: give only one, they both say when a "
                "row was observed."
            )
        self.times_key, self.time_column = times_key, time_column
        self.time_step = time_step
        if time_step is not None:
            reason = "the time between two rows must be positive"
            self.time_step = require_number("data.time_step", time_step, reason)
        self.time_unit = time_unit
        self.clocks = require_choice("data.clocks", clocks, CLOCKS)
        self.inputs = inputs
        self.input_interpolation = require_choice("data.input_interpolation", input_interpolation, INTERPOLATIONS)
        self.weights, self.thermal_energy = weights, thermal_energy
        if thermal_energy is not None:
            require_number("data.thermal_energy", thermal_energy, "give k_B T in the unit of data.weights")
            if weights is None:
                raise ConfigurationError(f"data.thermal_energy={thermal_energy}: name the bias with data.weights")
        self.area_weights = require_boolean("data.area_weights", area_weights)
        self.missing = require_choice("data.missing", missing, MISSING_CHOICES)
        self.absent_is_missing = missing != REFUSE
        self.drop_empty_cells = require_boolean("data.drop_empty_cells", drop_empty_cells)
        self.used_cells: np.ndarray | None = None  # by number, of what is a past to a run that leaves out the others
        self.first_row = require_integer("data.first_row", first_row, 0, "rows are counted from 0")
        self.n_rows = n_rows
        if n_rows is not None:
            self.n_rows = require_integer("data.n_rows", n_rows, 2, "use at least 2 rows of each trajectory")
        if isinstance(component_names, str) or (component_names is not None and not component_names):
            raise ConfigurationError(f"data.component_names={component_names}: give a list of names.")
        self.component_names = None if component_names is None else tuple(component_names)
        self.in_memory_gigabytes = require_number(
            "data.in_memory_gigabytes", in_memory_gigabytes, "give 0 or more gigabytes", positive=False
        )
        self._given: list[NamedTrajectory] | None = None

    @classmethod
    def from_arrays(
        cls, times: np.ndarray | Sequence[np.ndarray] | None, states: np.ndarray | Sequence[np.ndarray], **options: Any
    ) -> "TrajectoryFiles":
        """The record of arrays in memory.

        Args:
            times: (time,) for all trajectories, (batch, time), or one array per trajectory; None for regular times with
                the option `time_step`.
            states: (time, dim), (batch, time, *state), or one array (time, *state) per trajectory.
            **options: as above, without those of files.

        Raises:
            ConfigurationError: an option is out of range.
            DataError: there are not as many time grids as trajectories.
        """
        several = not isinstance(states, np.ndarray) or states.ndim > 2
        parts = [np.asarray(part) for part in (states if several else [states])]
        grids: list[Any] = [None] * len(parts)
        if times is not None:
            shared = isinstance(times, np.ndarray) and times.ndim == 1
            grids = [np.asarray(times)] * len(parts) if shared else [np.asarray(grid) for grid in times]
            options.setdefault("time_unit", "time")
        if len(grids) != len(parts):
            raise DataError(f"times: {len(grids)} time grids for {len(parts)} trajectories; give one, or one for each.")
        record = cls(path=(), **options)
        names = [f"array {number}" for number in range(len(parts))]
        record._given = [NamedTrajectory(*each) for each in zip(names, parts, grids, strict=True)]
        return record

    def load(self) -> Trajectories:
        """All trajectories of all files.

        Raises:
            FileNotFoundError: there is no such file.
            ConfigurationError: an unknown suffix, key, layout or column, or rows that do not exist.
            DataError: a file or a trajectory cannot be used.
        """
        files = [] if self._given is not None else find_files(self.path)
        self._files_read = self.find_files()
        read = [self.trajectories_of(path) for path in files]
        # what was noted of a file all its trajectories tell, and it counts once
        of_files = [dict.fromkeys(note for part in parts for note in part.notes) for parts in read]
        found = self._given or [replace(part, notes=()) for parts in read for part in parts]
        found = [self._cut(part) for part in found]
        if self.time_step is not None:
            found = [replace(part, times=None, time_step=self.time_step, time_origin=None) for part in found]
        n_bytes = sum(math.prod(part.states.shape) * part.states.dtype.itemsize for part in found)
        self._require_size(found, n_bytes)
        try:
            found = self._complete(found, n_bytes)
        except DamagedRowsError as error:
            raise DataError(f"data.path={self.path}: {error}") from error
        found = [replace(part, states=plain_numbers(part.states)) for part in found]
        if self.clocks == ALIKE and self.time_step is None:
            require_alike(found)
        times = tuple(np.asarray(part.times, dtype=np.float64) for part in found if part.times is not None)
        given_step = _agreed(found, "time_step")
        unit = "step" if given_step is None and not times else "time"
        names, units = self.component_names or _agreed(found, "component_names"), _agreed(found, "component_units")
        alone = {part.names for part in found}
        names = names or (alone.pop() if len(alone) == 1 else None) or None
        facts: dict[str, Any] = {"component_units": units} if any(units or ()) else {}
        facts |= {fact: value for fact in ("grid", "body_names") if (value := _agreed(found, fact)) is not None}
        if "grid" in facts:
            facts["grid"] = np.array(facts["grid"])
        axes = {part.axes for part in found}
        facts |= {"axes": axes.pop()} if len(axes) == 1 and None not in axes else {}
        if self.area_weights:
            facts["cell_areas"] = self._areas(found)
        origins = tuple(part.time_origin for part in found if part.time_origin is not None)
        missing = tuple(np.asarray(part.missing_times, dtype=np.float64) for part in found)
        try:
            trajectories = Trajectories(
                tuple(part.states for part in found),
                time_step=self.time_step or (median_step(times) if times else given_step or 1.0),
                time_unit=self.time_unit or _agreed(found, "time_unit") or unit,
                times=times or None,
                time_origins=origins if len(origins) == len(found) else None,
                names=tuple(part.name for part in found),
                first_rows=None if times else (self.first_row,) * len(found),
                component_names=names,
                masked=self.missing == MASK and any(has_missing(part.states) for part in found),
                missing_times=missing if any(map(len, missing)) else None,
                facts=facts,
            )
        except MissingError as error:
            told = f"data.path={self.path}: {error.what}{counted_on_disk(found)}"
            raise MissingValuesError(told, on_disk=True) from error
        except DataError as error:
            raise DataError(f"data.path={self.path}: {error}" if self._files_read else str(error)) from error
        weights, whole = self.weights, trajectories.column_names
        self._require_read("weights", [weights], whole)
        self._require_read("inputs", self.inputs, whole)
        if is_integer(weights, 0):  # counted before others are taken out
            names = trajectories.column_names
            weights = names[component_numbers("data.weights", names, weights)[0]]
        if self.inputs:
            trajectories = with_inputs(trajectories, self.inputs, self.input_interpolation)
        if weights is not None:
            trajectories = with_weights(trajectories, weights, self.thermal_energy)
        if self.drop_empty_cells and self.used_cells is not None:
            left = {*trajectories.column_names}
            kept = [name for name, used in zip(whole, self.used_cells, strict=True) if used and name in left]
            self.asked = replace(self.asked, observe=kept)
        on_disk = any(is_on_disk(part.states) for part in found)
        stays = [f"{n_bytes / 2**30:.3g} GiB stay on disk and are read as they are needed"] if on_disk else []
        told = [described(trajectories), *_noted([*of_files, *(part.notes for part in found)]), *stays]
        self._reading = "; ".join(told)
        return trajectories

    def _complete(self, found: list[NamedTrajectory], n_bytes: int) -> list[NamedTrajectory]:
        """In memory or on disk, with done what was asked for where values are missing."""
        held = n_bytes <= self.in_memory_gigabytes * 2**30
        found = in_memory(found) if held else found
        if self.drop_empty_cells and self.used_cells is None:
            if self.asked.observe is not None:
                raise ConfigurationError(
                    f"data.drop_empty_cells=true and data.observe={self.asked.observe}: both choose cells; give one"
                )
            self.used_cells = cells_with_values(found)
        if self.used_cells is not None:
            found = zeros_elsewhere(found, self.used_cells)
        if held:
            return without_missing(found, self.missing)
        if self.missing == MASK:
            raise ConfigurationError(
                "data.missing=mask: rows are marked in memory alone; use data.missing=split, which learns from the "
                "same pairs, data.missing=interpolate, or raise data.in_memory_gigabytes above "
                f"{n_bytes / 2**30:.3g}"
            )
        found = [replace(part, notes=(*part.notes, *_told_of_chunks(part.states))) for part in found]
        return found if self.missing == REFUSE else without_missing_on_disk(found, self.missing)

    def _require_read(self, key: str, names: Any, there: Sequence[str]) -> None:
        """Stop where a column that has to be read beside the states was not among those that were asked for."""
        given = [names] if isinstance(names, str) else [] if names is None or is_integer(names, 0) else list(names)
        lacking = [name for name in given if isinstance(name, str) and name not in there]
        if self.key is not None and lacking:
            raise ConfigurationError(
                f"data.{key}={','.join(lacking)}: data.key={self.key} reads nothing else; name it there as well, or "
                "leave data.key out and choose states with data.observe"
            )

    def _areas(self, found: Sequence[NamedTrajectory]) -> CellAreas:
        """Of the cells, which are the same in all trajectories."""
        latitudes, asked = _agreed(found, "latitudes"), f"data.path={self.path}: data.area_weights=true"
        if latitudes is None:
            raise DataError(
                f"{asked}: no axis of a state has latitudes; call it latitude, or give it the unit degrees_north, or "
                "leave data.area_weights out"
            )
        try:
            return latitudes.areas(found[0].states.shape[1:])
        except ValueError as error:
            raise DataError(f"{asked}: of latitudes {error}; mend the file, or leave data.area_weights out") from None

    def _require_size(self, found: Sequence[NamedTrajectory], n_bytes: int) -> None:
        """Stop at a store whose rows an epoch cannot put in order, or that cannot be read through."""
        in_order = found if n_bytes <= self.in_memory_gigabytes * 2**30 else [p for p in found if p.times is not None]
        n_rows, ordered = (sum(part.states.shape[0] for part in parts) for parts in (found, in_order))
        n_weights = 0 if self.weights is None else _BYTES_PER_WEIGHT
        asked, remedy = f"data.path={self.path}: {n_rows:.3g} rows", "take fewer with data.n_rows"
        require_memory(f"{asked}, whose order and clock", ordered * _BYTES_PER_ROW + n_rows * n_weights, remedy)
        weigh_time(f"{asked}, to read them once,", n_bytes / _BYTES_PER_SECOND, remedy)

    def find_files(self) -> list[Path]:
        """The files that are there now; none where arrays were given.

        Raises:
            FileNotFoundError: there are none.
        """
        files = [] if self._given is not None else find_files(self.path)
        topology = [Path(self.topology)] if self.topology is not None else []
        return [part for path in files for part in parts_of(path)] + topology

    def trajectories_of(self, path: Path) -> list[NamedTrajectory]:
        """Those of one file, whole."""
        how = self.key, self.layout, self.time_column, self.times_key, self.topology
        return read_trajectories(path, *how, absent_is_missing=self.absent_is_missing)

    def _cut(self, part: NamedTrajectory) -> NamedTrajectory:
        """The rows to use; nothing is read."""
        length = part.states.shape[0]
        stop = length if self.n_rows is None else self.first_row + self.n_rows
        if part.times is not None and np.shape(part.times) != (length,):
            shape = np.shape(part.times)
            raise DataError(f"{part.name} has {length} rows, but times of the shape {shape}; set data.times_key.")
        if not length:
            raise DataError(f"{part.name} has no rows; give one per moment, or choose others with data.key")
        if self.first_row >= length or stop > length:
            limit = f"data.first_row={self.first_row}" + ("" if self.n_rows is None else f", data.n_rows={self.n_rows}")
            raise ConfigurationError(f"{limit}: {part.name} has only {length} rows; use fewer, also in data.split.")
        times = None if part.times is None else np.asarray(part.times)[self.first_row : stop]
        after = f" from row {self.first_row}" if self.first_row else ""
        return replace(part, name=part.name + after, states=window(part.states, self.first_row, stop), times=times)


def _told_of_chunks(states: StateArray) -> list[str]:
    """What is said of chunks that hold many blocks, of which each is read by reading the whole chunk."""
    chunk, rows = states.chunk_rows if isinstance(states, LazyStates) else 1, rows_per_block(states)
    if chunk <= rows:
        return []
    return [
        f"chunks of {chunk} rows are read anew for every {rows} rows: write the file in chunks that are shorter in time"
    ]


def _noted(notes: Iterable[Iterable[str]]) -> list[str]:
    """What was noted of files and trajectories, once: counts of rows or values are summed up, and of what differs in
    other numbers alone, as in `run7/t`, the first is told.
    """
    kinds: dict[str, list[str]] = {}
    for note in (note for part in notes for note in part):
        count = _COUNT.fullmatch(note)
        kinds.setdefault(re.sub(r"\d+", "0", note) if count is None else count.expand(r"\2\3"), []).append(note)
    return [_joined(alike) for alike in kinds.values()]


def _joined(alike: Sequence[str]) -> str:
    """One note of several that differ in their numbers."""
    counts, more = [count for note in alike if (count := _COUNT.fullmatch(note))], len(set(alike)) - 1
    if len(counts) < 2:
        return alike[0] + (f" (and {more} such)" if more else "")
    longest = max(int(count[5] or 0) for count in counts)
    run = f" (at most {longest} rows in a run)" if longest else ""
    return f"{sum(int(count[1]) for count in counts)} {counts[0][2]}s{counts[0][3]}{run}"


def _agreed(found: Sequence[NamedTrajectory], fact: str) -> Any:
    """What all trajectories say of themselves; None where none says it, or only some do.

    Raises:
        DataError: they say different things.
    """
    said = {getattr(part, fact): part.name for part in found}
    if len(said) > 1 and None not in said:
        (one, first), (other, second) = list(said.items())[:2]
        one, other = (text if len(text) < 200 else f"{text[:200]} …" for text in (str(one), str(other)))
        said_of = f"{first} has the {fact.replace('_', ' ')} {one}, but {second} has {other}"
        raise DataError(f"data.path: {said_of}; make them agree, choose columns with data.key, or leave a file out")
    return next(iter(said)) if len(said) == 1 else None
