"""A person's own data: one or several trajectories in .npy, .npz, .csv, .mat or zarr files."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredNumber, require_choice, require_number
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.trajectory_arrays import (
    LAYOUTS,
    NamedTrajectory,
    find_files,
    in_memory,
    read_trajectories,
)
from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.trajectories import Trajectories


class TrajectoryFiles(TrajectoryData):
    """Trajectories read from files.

    Args:
        path: a file, a folder or a pattern such as "runs/*.npy" (one trajectory or more per file, in natural order of
            the names), or several of these.
        key: name of the array within .npz, .mat and zarr files; without it every array is used.
        layout: "single" takes an array as one trajectory with axes (time, *state), "many" as several with axes
            (batch, time, *state); "auto" takes up to two axes as one and three as several.
        time_step: time between two states in `time_unit`; from the time column where there is one, otherwise 1.
        time_unit: unit of `time_step`, for the labels of axes.
        time_column: name or number of the column of a text file that holds the time.
        in_memory_gigabytes: data up to this size are held in memory and shuffled freely; larger data stay on disk,
            where the format allows it, and are shuffled in blocks.
        **options: as in `TrajectoryData`.

    Raises:
        ConfigurationError: an option is out of range.
    """

    def __init__(
        self,
        path: PathType | Sequence[PathType],
        key: str | None = None,
        layout: str = "auto",
        time_step: ConfiguredNumber | None = None,
        time_unit: str = "step",
        time_column: str | int | None = None,
        in_memory_gigabytes: ConfiguredNumber = 1.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.path = path
        self.key = key
        self.layout = require_choice("data.layout", layout, LAYOUTS)
        self.time_step = time_step
        if time_step is not None:
            self.time_step = require_number("data.time_step", time_step, "the time between two states must be positive")
        if time_step is not None and time_column is not None:
            raise ConfigurationError(
                f"data.time_step={time_step} and data.time_column={time_column}: give only one, the column says it."
            )
        self.time_unit = time_unit
        self.time_column = time_column
        self.in_memory_gigabytes = require_number(
            "data.in_memory_gigabytes", in_memory_gigabytes, "give 0 or more gigabytes", positive=False
        )

    def load(self) -> Trajectories:
        """All trajectories of all files.

        Raises:
            FileNotFoundError: there is no such file.
            ConfigurationError: an unknown suffix, key, layout or column.
            DataError: a file cannot be used.
        """
        found = [
            part
            for path in find_files(self.path)
            for part in read_trajectories(path, self.key, self.layout, self.time_column)
        ]
        n_bytes = sum(int(np.prod(part.states.shape)) * part.states.dtype.itemsize for part in found)
        keep_on_disk = n_bytes > self.in_memory_gigabytes * 2**30
        try:
            return Trajectories(
                tuple(part.states if keep_on_disk else in_memory(part.states) for part in found),
                time_step=self._common_time_step(found),
                time_unit=self.time_unit,
                times=tuple(part.times for part in found if part.times is not None) or None,
                names=tuple(part.name for part in found),
            )
        except DataError as error:
            raise DataError(f"data.path={self.path}: {error}") from error

    def _common_time_step(self, found: list[NamedTrajectory]) -> float:
        steps = [
            float(np.median(np.diff(part.times))) for part in found if part.times is not None and len(part.times) > 1
        ]
        if not steps:
            return 1.0 if self.time_step is None else self.time_step
        if not np.allclose(steps, steps[0], rtol=1e-2, atol=0):
            raise DataError(
                f"data.path={self.path}: the files have different time steps ({min(steps):g} to {max(steps):g}); "
                "resample them to one."
            )
        return steps[0]
