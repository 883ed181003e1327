"""The Lorenz task of the Common Task Framework for Science: seven records to learn from, twelve scores.

Wyder et al., NeurIPS 2025 (datasets and benchmarks). Rows are 0.05 apart. The parameters and the deviations of the
noise of the look-alikes are those that least squares found in the public training files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import PathType
from sciml_bench.data.files.readers import read_arrays
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.systems import Lorenz63

TIME_STEP, N_AHEAD = 0.05, 1000
SHORT, LONG, RECONSTRUCTION = "short", "long", "reconstruction"
ALL, CONTINUED = "all", "continued"
NAMES = ("x", "y", "z")


@dataclass(frozen=True)
class File:
    """One training file, and how a look-alike of it is made.

    Args:
        number: n of X<n>train.mat.
        rayleigh_number: of the system.
        n_rows: how many.
        noise: its standard deviation, in the unit of the states.
        burn_in: time before the first row; 0 begins away from the attractor.
    """

    number: int
    rayleigh_number: float
    n_rows: int = 10_000
    noise: float = 0.0
    burn_in: float = 0.0


@dataclass(frozen=True)
class Part:
    """What one fit serves.

    Args:
        files: to learn from; the last one is continued.
        scores: kind by name, of E1 … E12.
        pairs: numbers of the predictions in the protocol, by kind of prediction.
    """

    files: tuple[File, ...]
    scores: Mapping[str, str]
    pairs: Mapping[str, int]


_FAMILY = (File(6, 33.7), File(7, 35.7), File(8, 37.9))
PARTS: Mapping[str, Part] = {
    "clean": Part((File(1, 28.7),), {"e1": SHORT, "e2": LONG}, {"forecast": 1}),
    "noisy": Part(
        (File(2, 28.7, noise=1.0),), {"e3": RECONSTRUCTION, "e4": LONG}, {"reconstruction": 2, "forecast": 3}
    ),
    "very_noisy": Part(
        (File(3, 28.7, noise=2.0),), {"e5": RECONSTRUCTION, "e6": LONG}, {"reconstruction": 4, "forecast": 5}
    ),
    "clean_short": Part((File(4, 33.7, 100, burn_in=20.0),), {"e7": SHORT, "e8": LONG}, {"forecast": 6}),
    "noisy_short": Part((File(5, 28.7, 100, 1.0, burn_in=20.0),), {"e9": SHORT, "e10": LONG}, {"forecast": 7}),
    "parameter_between": Part((*_FAMILY, File(9, 34.3, 100, burn_in=20.0)), {"e11": SHORT}, {"forecast": 8}),
    "parameter_beyond": Part((*_FAMILY, File(10, 37.6, 100, burn_in=20.0)), {"e12": SHORT}, {"forecast": 9}),
}


class CommonTaskLorenz(Record):
    """One part of the task; what is asked for lies after the last row, so nothing is held out.

    Args:
        part: a key of `PARTS`.
        path: folder with the files X1train.mat, …; without it they are simulated, and the truth is known.
        simulation: number of the simulation, its seed.
        learn_from: `all` files of the part, or the `continued` one alone.
        **options: transforms as in `Record`.

    Raises:
        ConfigurationError: an unknown part, or a value out of range.
    """

    state_shape = (3,)

    def __init__(
        self,
        part: str,
        path: PathType | None = None,
        simulation: ConfiguredInteger = 0,
        learn_from: str = ALL,
        **options: Any,
    ) -> None:
        super().__init__(split={"train": 1.0, "validation": 0, "test": 0}, **options)
        self.protocol = PARTS[require_choice("data.part", part, tuple(PARTS))]
        remedy = "a seed is a whole number and not negative"
        self.simulation = require_integer("data.simulation", simulation, 0, remedy)
        self.learn_from = require_choice("data.learn_from", learn_from, (ALL, CONTINUED))
        self.path = None if path is None else Path(path).expanduser()
        self._simulations: dict[int, np.ndarray] = {}

    def load(self) -> Trajectories:
        """The rows to learn from."""
        files = self.protocol.files if self.learn_from == ALL else self.protocol.files[-1:]
        return Trajectories(
            tuple(self._rows(file) for file in files),
            clean=None if self.path else tuple(self._simulated(file)[: file.n_rows] for file in files),
            time_step=TIME_STEP,
            time_unit="time",
            component_names=NAMES,
            names=tuple(f"X{file.number}train" for file in files),
        )

    @property
    def continued(self) -> Trajectories:
        """The trajectory that is to be continued."""
        train = self.splits["train"]
        return train.select(trajectories=[train.n_trajectories - 1])

    @property
    def truth(self) -> dict[str, Float[np.ndarray, "time dim"]]:
        """`forecast`, the rows that follow, and `reconstruction`, the rows without noise; none of the files."""
        if self.path is not None:
            return {}
        file = self.protocol.files[-1]
        rows = self._simulated(file)
        return {"forecast": rows[file.n_rows :], "reconstruction": rows[: file.n_rows]}

    def _simulated(self, file: File) -> Float[np.ndarray, "time dim"]:
        """The true rows, and those that follow."""
        if file.number not in self._simulations:
            system = Lorenz63(rayleigh_number=file.rayleigh_number)
            seed, n_rows = 100 * self.simulation + file.number, file.n_rows + N_AHEAD
            rows = system.sample(n_rows, seed=seed, time_step=TIME_STEP, burn_in=file.burn_in)
            self._simulations[file.number] = np.asarray(rows).reshape(n_rows, 3)
        return self._simulations[file.number]

    def _rows(self, file: File) -> Float[np.ndarray, "time dim"]:
        if self.path is None:
            rows, drawn = self._simulated(file)[: file.n_rows], np.random.default_rng([self.simulation, file.number])
            return rows + file.noise * drawn.standard_normal(rows.shape)
        return self._read(self.path / f"X{file.number}train.mat")

    def _read(self, path: Path) -> Float[np.ndarray, "time dim"]:
        if not path.is_file():
            raise ConfigurationError(f"data.path={self.path}: there is no {path.name}; give the folder of the files")
        self._files_read.append(path)
        arrays = [np.asarray(array) for array in read_arrays(path).values()]
        if len(arrays) != 1 or arrays[0].ndim != 2 or arrays[0].shape[1] != 3:
            raise DataError(f"{path}: give one array of the shape (time, 3)")
        return arrays[0].astype(np.float64)
