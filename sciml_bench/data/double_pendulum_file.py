"""Motion capture of a real double pendulum in the file format of Schmidt and Lipson.

Schmidt, Lipson, Distilling free-form natural laws from experimental data, Science 324 (2009), supplementary data
`real_double_pend_h_1.txt`. A line holds trial, time [s], two angles [rad] and two angular velocities [rad/s]; further
columns (the velocities again, the accelerations) are not used. The time between two rows is not constant.
"""

from pathlib import Path

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.files.double_pendulum_lines import COLUMNS, SOURCE, read_lines
from sciml_bench.data.observations import Observations
from sciml_bench.data.observed_trajectories import ObservedTrajectories


class DoublePendulumFile(ObservedTrajectories):
    """Consecutive rows of one trial; predictions start at the first.

    Args:
        path: the file.
        trial: number of the trial, the file's first column.
        first_row: row of the trial with which the interpolation window begins, from 0.
        n_interpolation: rows to learn from; 100 in Ko et al. (NeurIPS 2023).
        n_extrapolation: rows after them to forecast.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        path: PathType | None,
        trial: ConfiguredInteger = 0,
        first_row: ConfiguredInteger = 0,
        n_interpolation: ConfiguredInteger = 100,
        n_extrapolation: ConfiguredInteger = 100,
    ) -> None:
        super().__init__(component_names=COLUMNS[2:], time_unit="s")
        if path is None:
            raise ConfigurationError(f"data.path=null: give the file; {SOURCE}.")
        self.path = Path(path).expanduser()
        self.trial = require_integer("data.trial", trial, 0, "trials are numbered from 0")
        self.first_row = require_integer("data.first_row", first_row, 0, "rows are counted from 0")
        self.n_interpolation = require_integer("data.n_interpolation", n_interpolation, 2, "learn from at least 2 rows")
        self.n_extrapolation = require_integer(
            "data.n_extrapolation", n_extrapolation, 0, "give the number of rows to forecast, 0 for none"
        )

    def load(self) -> Observations:
        """Read the rows of the two windows.

        Raises:
            FileNotFoundError: there is no such file.
            ConfigurationError: there is no such trial, or it has too few rows.
            DataError: a line lacks a column or holds something else than numbers, or time does not increase.
        """
        numbers = self._trial_lines(read_lines(self.path))
        stop = self.first_row + self.n_interpolation + self.n_extrapolation
        if stop > len(numbers):
            raise ConfigurationError(
                f"data.first_row={self.first_row}, data.n_interpolation={self.n_interpolation} and "
                f"data.n_extrapolation={self.n_extrapolation} need {stop} rows, but trial {self.trial} has "
                f"{len(numbers)}; use fewer."
            )
        rows = numbers[self.first_row : stop]
        late = np.nonzero(np.diff(rows[:, 1]) <= 0)[0]
        if len(late):
            line, time = rows[late[0] + 1, -1], rows[late[0] + 1, 1]
            raise DataError(
                f"data.path={self.path}, line {line:.0f}, column 2 (time): {time:g} is not later than the time before "
                "it in the trial; sort the rows and remove repeated times."
            )
        return Observations.padded([rows[:, 1]], [rows[:, 2:-1]], [self.n_interpolation], [str(self.path)])

    def _trial_lines(self, lines: np.ndarray) -> np.ndarray:
        chosen = lines[lines[:, 0] == self.trial]
        if not len(chosen):
            trials = ", ".join(f"{trial:g}" for trial in np.unique(lines[:, 0]))
            raise ConfigurationError(f"data.trial={self.trial}: {self.path} holds the trials {trials}.")
        return chosen
