"""A person's own trajectories, from files or from arrays in memory: a part to learn from, the rest to forecast."""

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np

from sciml_bench.core.checks import (
    ConfiguredInteger,
    ConfiguredNumber,
    require_choice,
    require_integer,
    require_number,
)
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.readers import read_arrays
from sciml_bench.data.files.trajectory_arrays import LAYOUTS, NamedTrajectory, find_files, read_trajectories
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.observations import Observations
from sciml_bench.data.observed_trajectories import ObservedTrajectories


class TrajectoryWindows(ObservedTrajectories):
    """One or several trajectories of any length, each on its own time grid; predictions start at the first row.

    Args:
        path: a file, a folder or a pattern such as "runs/*.csv" (one trajectory or more per file), or several of these.
        interpolation: how much of each trajectory is learned from: a fraction such as 0.5 (rounded down to whole rows;
            1.0 for all), or a whole number of rows.
        key: name of the array of states within .npz, .mat and zarr files; without it every array is used.
        layout: "single" takes an array as one trajectory with axes (time, dim), "many" as several with axes (batch,
            time, dim); "auto" takes up to two axes as one and three as several.
        times_key: name of the array of times within .npz, .mat and zarr files: (time,) for all trajectories of a file,
            or (batch, time).
        time_column: name or number of the column of a text file that holds the time.
        time_step: time between two rows where the files give no times; 1 by default.
        time_unit: unit of the times, for the labels of axes.
        first_row: row of each trajectory with which the interpolation window begins, from 0.
        n_rows: rows of each trajectory to use, from there on; all by default.
        component_names: as in `ObservedTrajectories`.

    Raises:
        ConfigurationError: a value is out of range, or two that exclude each other are given.
    """

    def __init__(
        self,
        path: PathType | Sequence[PathType] | None,
        interpolation: ConfiguredNumber = 0.5,
        key: str | None = None,
        layout: str = "auto",
        times_key: str | None = None,
        time_column: str | int | None = None,
        time_step: ConfiguredNumber | None = None,
        time_unit: str = "time",
        first_row: ConfiguredInteger = 0,
        n_rows: ConfiguredInteger | None = None,
        component_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(component_names, time_unit)
        if path is None:
            raise ConfigurationError(
                "data.path=null: give a file, a folder or a pattern such as data.path='runs/*.csv'."
            )
        self.path = path
        self.interpolation = _checked_interpolation(interpolation)
        self.layout = require_choice("data.layout", layout, LAYOUTS)
        sources = {"data.time_step": time_step, "data.time_column": time_column, "data.times_key": times_key}
        given = [f"{name}={value}" for name, value in sources.items() if value is not None]
        if len(given) > 1:
            raise ConfigurationError(f"{' and '.join(given)}: give only one, they all say when a row was observed.")
        if times_key is not None and key is None:
            raise ConfigurationError(f"data.times_key={times_key}: say with data.key which array holds the states.")
        self.key, self.times_key, self.time_column = key, times_key, time_column
        self.time_step = require_number(
            "data.time_step", 1.0 if time_step is None else time_step, "the time between two rows must be positive"
        )
        self.first_row = require_integer("data.first_row", first_row, 0, "rows are counted from 0")
        self.n_rows = n_rows
        if n_rows is not None:
            self.n_rows = require_integer("data.n_rows", n_rows, 2, "use at least 2 rows of each trajectory")
        self._in_memory: list[NamedTrajectory] | None = None

    @classmethod
    def from_arrays(
        cls,
        times: np.ndarray | Sequence[np.ndarray],
        states: np.ndarray | Sequence[np.ndarray],
        **options: Any,
    ) -> "TrajectoryWindows":
        """The data module for arrays in memory.

        Args:
            times: (time,) for all trajectories, (batch, time), or one array per trajectory.
            states: (time, dim), (batch, time, dim), or one array (time, dim) per trajectory.
            **options: `interpolation`, `time_unit`, `first_row`, `n_rows` and `component_names`, as above.

        Raises:
            ConfigurationError: an option is out of range.
            DataError: there are not as many time grids as trajectories.
        """
        several = not isinstance(states, np.ndarray) or states.ndim > 2
        parts = [np.asarray(part) for part in (states if several else [states])]
        shared = isinstance(times, np.ndarray) and times.ndim == 1
        grids = [np.asarray(times)] * len(parts) if shared else [np.asarray(grid) for grid in times]
        if len(grids) != len(parts):
            raise DataError(
                f"times: {len(grids)} time grids for {len(parts)} trajectories; give one for all, or one for each."
            )
        data = cls(path=(), **options)
        data._in_memory = [
            NamedTrajectory(f"array {number}", part, grid)
            for number, (part, grid) in enumerate(zip(parts, grids, strict=True))
        ]
        return data

    def load(self) -> Observations:
        """Read all trajectories and cut each into its two windows.

        Raises:
            FileNotFoundError: there is no such file.
            ConfigurationError: an unknown suffix, key, layout or column, or rows that do not exist.
            DataError: a file or a trajectory cannot be used.
        """
        files = [] if self._in_memory is not None else find_files(self.path)
        found = self._in_memory or [part for path in files for part in self._read(path)]
        rows = [self._rows(part) for part in found]
        times = [
            self.time_step * np.arange(first, stop) if part.times is None else np.asarray(part.times)[first:stop]
            for part, (first, stop) in zip(found, rows, strict=True)
        ]
        states = [read_block(part.states, *limits) for part, limits in zip(found, rows, strict=True)]
        n_learned = [self._n_interpolation(first, stop) for first, stop in rows]
        after = f" from row {self.first_row}" if self.first_row else ""
        try:
            return Observations.padded(times, states, n_learned, [part.name + after for part in found])
        except DataError as error:
            raise DataError(f"data.path={self.path}: {error}" if files else str(error)) from error

    def _read(self, path: Any) -> list[NamedTrajectory]:
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

    def _rows(self, part: NamedTrajectory) -> tuple[int, int]:
        """First row, and the one after the last, of the rows to use."""
        length = part.states.shape[0]
        stop = length if self.n_rows is None else self.first_row + self.n_rows
        if part.times is not None and np.shape(part.times) != (length,):
            raise DataError(f"{part.name} has {length} rows, but times of the shape {np.shape(part.times)}.")
        if self.first_row >= length or stop > length:
            limit = f"data.first_row={self.first_row}" + ("" if self.n_rows is None else f", data.n_rows={self.n_rows}")
            raise ConfigurationError(f"{limit}: {part.name} has only {length} rows.")
        return self.first_row, stop

    def _n_interpolation(self, first: int, stop: int) -> int:
        if isinstance(self.interpolation, int):
            return self.interpolation
        return int(self.interpolation * (stop - first) + 1e-9)


def _checked_interpolation(interpolation: object) -> float | int:
    """A fraction of the rows as a float, or a number of rows as an int."""
    remedy = "give a fraction of the rows between 0 and 1 (1.0 for all), or a whole number of at least 2 rows"
    if isinstance(interpolation, Integral):
        return require_integer("data.interpolation", interpolation, 2, remedy)
    fraction = require_number("data.interpolation", interpolation, remedy)
    if fraction > 1:
        raise ConfigurationError(f"data.interpolation={interpolation}: {remedy}.")
    return fraction
