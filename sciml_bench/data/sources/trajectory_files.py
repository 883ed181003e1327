"""A person's own observations: one or several trajectories in files (.npy, .npz, .csv, .mat, .zarr), or in arrays."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_choice, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.readers import read_arrays
from sciml_bench.data.files.trajectory_arrays import LAYOUTS, NamedTrajectory, find_files, in_memory, read_trajectories
from sciml_bench.data.lazy_states import window
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories


class TrajectoryFiles(Record):
    """Trajectories read from files, of any length, each on its own clock.

    Args:
        path: a file, a folder or a pattern such as "runs/*.npy" (one trajectory or more per file, in natural order of
            the names), or several of these.
        key: name of the array of states within .npz, .mat and zarr files; without it every array is used.
        layout: "single" takes an array as one trajectory with axes (time, *state), "many" as several with axes
            (batch, time, *state); "auto" takes up to two axes as one and three as several.
        times_key: name of the array of times within .npz, .mat and zarr files: (time,) for all trajectories of a file,
            or (batch, time).
        time_column: name or number of the column of a text file that holds the time.
        time_step: time between two rows where the files give no times; 1 by default.
        time_unit: for the labels of axes; by default "time" where times or a time step are given, otherwise "step".
        first_row: row of each trajectory with which the record begins, from 0.
        n_rows: rows of each trajectory to use, from there on; all by default.
        component_names: what the components of a state are called; x1, x2, … by default.
        in_memory_gigabytes: data up to this size are held in memory and shuffled freely; larger data stay on disk,
            where the format allows it, and are shuffled in blocks.
        **options: split, split_by, transforms as in `Record`.

    Raises:
        ConfigurationError: an option is out of range, or two that exclude each other are given.
    """

    def __init__(
        self,
        path: PathType | Sequence[PathType] | None,
        key: str | None = None,
        layout: str = "auto",
        times_key: str | None = None,
        time_column: str | int | None = None,
        time_step: ConfiguredNumber | None = None,
        time_unit: str | None = None,
        first_row: ConfiguredInteger = 0,
        n_rows: ConfiguredInteger | None = None,
        component_names: Sequence[str] | None = None,
        in_memory_gigabytes: ConfiguredNumber = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if path is None:
            raise ConfigurationError("data.path=null: give a file, folder or pattern such as data.path='runs/*.csv'.")
        self.path, self.key = path, key
        self.layout = require_choice("data.layout", layout, LAYOUTS)
        clocks = {"data.time_step": time_step, "data.time_column": time_column, "data.times_key": times_key}
        given = [f"{name}={value}" for name, value in clocks.items() if value is not None]
        if len(given) > 1:
            raise ConfigurationError(f"{' and '.join(given)}: give only one, they all say when a row was observed.")
        if times_key is not None and key is None:
            raise ConfigurationError(f"data.times_key={times_key}: say with data.key which array holds the states.")
        self.times_key, self.time_column = times_key, time_column
        step = 1.0 if time_step is None else time_step
        self.time_step = require_number("data.time_step", step, "the time between two rows must be positive")
        self.time_unit = time_unit or ("time" if given else "step")
        self.first_row = require_integer("data.first_row", first_row, 0, "rows are counted from 0")
        self.n_rows = n_rows
        if n_rows is not None:
            self.n_rows = require_integer("data.n_rows", n_rows, 2, "use at least 2 rows of each trajectory")
        if isinstance(component_names, str):
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
        self._files_read = [] if self._given is not None else find_files(self.path)
        found = self._given or [part for path in self._files_read for part in self.trajectories_of(path)]
        found = [self._cut(part) for part in found]
        n_bytes = sum(int(np.prod(part.states.shape)) * part.states.dtype.itemsize for part in found)
        keep_on_disk = n_bytes > self.in_memory_gigabytes * 2**30
        times = tuple(np.asarray(part.times, dtype=np.float64) for part in found if part.times is not None)
        steps = np.concatenate([np.diff(grid) for grid in times]) if times else np.empty(0)
        try:
            return Trajectories(
                tuple(part.states if keep_on_disk else in_memory(part.states) for part in found),
                time_step=float(np.median(steps)) if len(steps) else self.time_step,
                time_unit=self.time_unit,
                times=times or None,
                names=tuple(part.name for part in found),
                first_rows=None if times else (self.first_row,) * len(found),
                component_names=self.component_names,
            )
        except DataError as error:
            raise DataError(f"data.path={self.path}: {error}" if self._files_read else str(error)) from error

    def trajectories_of(self, path: Path) -> list[NamedTrajectory]:
        """Those of one file, whole."""
        trajectories = read_trajectories(path, self.key, self.layout, self.time_column)
        if self.times_key is None:
            return trajectories
        times = np.asarray(read_arrays(path, self.times_key)[self.times_key])
        grids = [times] * len(trajectories) if times.ndim == 1 else list(times)
        if len(grids) != len(trajectories):
            raise DataError(
                f"data.times_key={self.times_key}: {path} holds {len(grids)} time grids for {len(trajectories)} "
                "trajectories; give one for all, or one for each."
            )
        return [replace(part, times=grid) for part, grid in zip(trajectories, grids, strict=True)]

    def _cut(self, part: NamedTrajectory) -> NamedTrajectory:
        """The rows to use; nothing is read."""
        length = part.states.shape[0]
        stop = length if self.n_rows is None else self.first_row + self.n_rows
        if part.times is not None and np.shape(part.times) != (length,):
            raise DataError(f"{part.name} has {length} rows, but times of the shape {np.shape(part.times)}.")
        if self.first_row >= length or stop > length:
            limit = f"data.first_row={self.first_row}" + ("" if self.n_rows is None else f", data.n_rows={self.n_rows}")
            raise ConfigurationError(f"{limit}: {part.name} has only {length} rows; use fewer, also in data.split.")
        times = None if part.times is None else np.asarray(part.times)[self.first_row : stop]
        after = f" from row {self.first_row}" if self.first_row else ""
        return NamedTrajectory(part.name + after, window(part.states, self.first_row, stop), times)
