"""Motion capture of a real double pendulum in the file format of Schmidt and Lipson.

Schmidt, Lipson, Distilling free-form natural laws from experimental data, Science 324 (2009), supplementary data
`real_double_pend_h_1.txt`. A line holds trial, time [s], two angles [rad] and two angular velocities [rad/s]; further
columns (the velocities again, the accelerations) are not used. The time between two rows is not constant.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.trajectory_arrays import NamedTrajectory
from sciml_bench.data.sources.trajectory_files import TrajectoryFiles
from sciml_bench.data.trajectories import Trajectories

COLUMNS = ("trial", "time", "θ1", "θ2", "ω1", "ω2")
SOURCE = (
    "the recordings are supplementary data of Schmidt and Lipson, Science 324:81 (2009), doi:10.1126/science.1165893, "
    "file real_double_pend_h_1.txt; download them, or use the simulated data=double_pendulum"
)
DEFAULT_ROWS = {"train": 100, "test": 100}


class DoublePendulumRecording(TrajectoryFiles):
    """Consecutive rows of one trial.

    Args:
        path: the file.
        trial: number of the trial, the file's first column.
        first_row: row of the trial with which the record begins, from 0.
        n_rows: of the record; by default as many as `split` asks for in whole numbers, otherwise to the trial's end.
        split: as in `Record`; by default 100 rows to learn from, as in Ko et al. (NeurIPS 2023), and 100 to forecast.
        **options: transforms as in `Record`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    state_shape = (4,)
    source = SOURCE

    def __init__(
        self,
        path: PathType | None,
        trial: ConfiguredInteger = 0,
        first_row: ConfiguredInteger = 0,
        n_rows: ConfiguredInteger | None = None,
        split: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        if path is None:
            raise ConfigurationError(f"data.path=null: give the file; {SOURCE}.")
        split = DEFAULT_ROWS if split is None else split
        names = {"time_unit": "s", "component_names": COLUMNS[2:]}
        super().__init__(path, first_row=first_row, n_rows=n_rows, split=split, **names, **options)
        self.trial = require_integer("data.trial", trial, 0, "trials are numbered from 0")
        sizes = list(self.split.values())
        if n_rows is None and all(isinstance(size, int) for size in sizes):
            self.n_rows = int(sum(sizes))

    def load(self) -> Trajectories:
        """Read the rows.

        Raises:
            FileNotFoundError: there is no such file.
            ConfigurationError: there is no such trial, or it has too few rows.
            DataError: a line lacks a column or holds something else than numbers, or time does not increase.
        """
        if not Path(str(self.path)).expanduser().is_file():
            raise FileNotFoundError(f"data.path={self.path}: there is no such file; {SOURCE}.")
        return super().load()

    def trajectories_of(self, path: Path) -> list[NamedTrajectory]:
        """The trial with its own clock."""
        lines = read_lines(path)
        rows = lines[lines[:, 0] == self.trial]
        if not len(rows):
            trials = ", ".join(f"{trial:g}" for trial in np.unique(lines[:, 0]))
            raise ConfigurationError(f"data.trial={self.trial}: {path} holds the trials {trials}.")
        late = np.nonzero(np.diff(rows[:, 1]) <= 0)[0]
        if len(late):
            line, time = rows[late[0] + 1, -1], rows[late[0] + 1, 1]
            raise DataError(
                f"data.path={path}, line {line:.0f}, column 2 (time): {time:g} is not later than the time before "
                "it in the trial; sort the rows and remove repeated times."
            )
        return [NamedTrajectory(f"{path}, trial {self.trial}", rows[:, 2:-1], rows[:, 1])]


def read_lines(path: Path) -> Float[np.ndarray, "lines columns"]:
    """The columns `COLUMNS` of all lines, with the number of the line in the file as the last column.

    Raises:
        DataError: a line lacks a column, or holds something else than finite numbers in them.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"data.path={path} is not a text file ({error}); {SOURCE}.") from error
    lines = [
        [*_numbers(line.split(), f"data.path={path}, line {number}"), number]
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("%")
    ]
    if not lines:
        raise DataError(f"data.path={path} holds no numbers; {SOURCE}.")
    return np.array(lines)


def _numbers(cells: list[str], place: str) -> list[float]:
    if len(cells) < len(COLUMNS):
        raise DataError(
            f"{place}: {len(cells)} columns, of which {COLUMNS[len(cells)]} is missing; a line holds "
            f"{', '.join(COLUMNS)}, separated by blanks."
        )
    values = []
    for number, (name, cell) in enumerate(zip(COLUMNS, cells, strict=False), start=1):
        try:
            values.append(float(cell))
        except ValueError:
            values.append(math.nan)
        if not math.isfinite(values[-1]):
            raise DataError(f"{place}, column {number} ({name}): {cell!r} is not a finite number; remove the line.")
    return values
