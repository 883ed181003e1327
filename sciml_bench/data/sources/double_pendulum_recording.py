"""Motion capture of a real double pendulum in the file format of Schmidt and Lipson.

Schmidt, Lipson, Distilling free-form natural laws from experimental data, Science 324 (2009), supplementary data
`real_double_pend_h_1.txt`. A line holds trial, time [s], two angles [rad] and two angular velocities [rad/s]; further
columns (the velocities again, the accelerations) are not used. The time between two rows is not constant.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.double_pendulum_lines import COLUMNS, SOURCE, read_lines
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories

DEFAULT_ROWS = {"train": 100, "test": 100}


class DoublePendulumRecording(Record):
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

    def __init__(
        self,
        path: PathType | None,
        trial: ConfiguredInteger = 0,
        first_row: ConfiguredInteger = 0,
        n_rows: ConfiguredInteger | None = None,
        split: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(split=DEFAULT_ROWS if split is None else split, **options)
        self.state_shape = (4,)
        if path is None:
            raise ConfigurationError(f"data.path=null: give the file; {SOURCE}.")
        self.path = Path(path).expanduser()
        self.trial = require_integer("data.trial", trial, 0, "trials are numbered from 0")
        self.first_row = require_integer("data.first_row", first_row, 0, "rows are counted from 0")
        sizes = list(self.split.values())
        if n_rows is None and all(isinstance(size, int) for size in sizes):
            n_rows = int(sum(sizes))
        self.n_rows = None if n_rows is None else require_integer("data.n_rows", n_rows, 2, "use at least 2 rows")

    def load(self) -> Trajectories:
        """Read the rows.

        Raises:
            FileNotFoundError: there is no such file.
            ConfigurationError: there is no such trial, or it has too few rows.
            DataError: a line lacks a column or holds something else than numbers, or time does not increase.
        """
        lines = read_lines(self.path)
        self._files_read = [self.path]
        chosen = lines[lines[:, 0] == self.trial]
        if not len(chosen):
            trials = ", ".join(f"{trial:g}" for trial in np.unique(lines[:, 0]))
            raise ConfigurationError(f"data.trial={self.trial}: {self.path} holds the trials {trials}.")
        stop = len(chosen) if self.n_rows is None else self.first_row + self.n_rows
        if stop > len(chosen) or stop - self.first_row < 2:
            raise ConfigurationError(
                f"data.first_row={self.first_row}, data.n_rows={self.n_rows}: up to row {stop} is asked for, but trial "
                f"{self.trial} has {len(chosen)}; use fewer, also in data.split."
            )
        rows = chosen[self.first_row : stop]
        late = np.nonzero(np.diff(rows[:, 1]) <= 0)[0]
        if len(late):
            line, time = rows[late[0] + 1, -1], rows[late[0] + 1, 1]
            raise DataError(
                f"data.path={self.path}, line {line:.0f}, column 2 (time): {time:g} is not later than the time before "
                "it in the trial; sort the rows and remove repeated times."
            )
        return Trajectories(
            (rows[:, 2:-1],),
            time_step=float(np.median(np.diff(rows[:, 1]))),
            time_unit="s",
            times=(rows[:, 1],),
            names=(str(self.path),),
            component_names=COLUMNS[2:],
        )
