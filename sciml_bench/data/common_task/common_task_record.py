"""Records of the Common Task Framework for Science, from its files or simulated alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredWord, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import PathType
from sciml_bench.data.common_task.protocol import RECONSTRUCTION, File, Part
from sciml_bench.data.files.readers import read_arrays
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories

ALL, CONTINUED = "all", "continued"
HISTOGRAM, SPECTRUM = "histogram", "spectrum"
_LAST: dict[tuple[type, int, File], np.ndarray] = {}
"""Motions of the record that was simulated last: the methods of a sweep learn from the same ones, and this process
holds no others, so that a run needs no more memory after other runs than alone."""


@runtime_checkable
class Law(Protocol):
    """A system whose motion can be computed."""

    def long_motion(
        self, x0: Float[np.ndarray, " dim"], t: Float[np.ndarray, " time"]
    ) -> Float[np.ndarray, "time dim"]:
        """The states at some times.

        Args:
            x0: state at time `t[0]`.
            t: increasing times.
        """
        ...


class CommonTaskRecord(Record):
    """One part of the task; what is asked for lies after the last row, or beneath the noise: nothing is held out.

    A subclass says of which system: the class attributes, `law` and `first_state`.

    Args:
        part: a key of `parts`.
        path: folder with the files X1train.mat, …; without it they are simulated, and the truth is known.
        simulation: number of the simulation, its seed.
        learn_from: `all` files of the part, or the `continued` one alone.
        **options: transforms as in `Record`.

    Raises:
        ConfigurationError: an unknown part, or a value out of range.

    Attributes:
        parts: by name.
        clock: time between two rows.
        n_ahead: rows that are forecast.
        long_run: what is compared of the last rows, the `histogram` or the `spectrum`.
        names: of the components.
        facts: what does not change in time, as in `Trajectories`.
    """

    parts: ClassVar[Mapping[str, Part]]
    clock: ClassVar[float]
    n_ahead: ClassVar[int] = 1000
    long_run: ClassVar[str] = HISTOGRAM
    names: ClassVar[tuple[str, ...]]
    facts: ClassVar[Mapping[str, Any]] = {}

    def __init__(
        self,
        part: ConfiguredWord,
        path: PathType | None = None,
        simulation: ConfiguredInteger = 0,
        learn_from: ConfiguredWord = ALL,
        **options: Any,
    ) -> None:
        super().__init__(split={"train": 1.0, "validation": 0, "test": 0}, **options)
        self.protocol = self.parts[require_choice("data.part", part, tuple(self.parts))]
        remedy = "a seed is a whole number and not negative"
        self.simulation = require_integer("data.simulation", simulation, 0, remedy)
        self.learn_from = require_choice("data.learn_from", learn_from, (ALL, CONTINUED))
        self.path = None if path is None else Path(path).expanduser()
        self._simulations: dict[int, np.ndarray] = {}

    def law(self, parameter: float) -> Law:
        """The true law.

        Args:
            parameter: of the law.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement law()")

    def first_state(self, parameter: float, draws: np.random.Generator) -> Float[np.ndarray, " dim"]:
        """Where a simulation starts.

        Args:
            parameter: of the law.
            draws: random numbers.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement first_state()")

    def load(self) -> Trajectories:
        """The rows to learn from."""
        files = self.protocol.files if self.learn_from == ALL else self.protocol.files[-1:]
        return Trajectories(
            tuple(self._rows(file) for file in files),
            clean=None if self.path else tuple(self._simulated(file)[: file.n_rows] for file in files),
            time_step=self.clock,
            time_unit="time",
            component_names=self.names,
            facts=self.facts,
            names=tuple(f"X{file.number}train" for file in files),
        )

    @property
    def continued(self) -> Trajectories:
        """The trajectory that is to be continued, or to be told without its noise."""
        train = self.splits["train"]
        return train.select(trajectories=[train.n_trajectories - 1])

    @property
    def clean_rows(self) -> Float[np.ndarray, "time dim"] | None:
        """Those of `continued` without their noise; None of files."""
        file = self.protocol.files[-1]
        return None if self.path is not None else self._simulated(file)[: file.n_rows]

    @property
    def truth(self) -> Float[np.ndarray, "time dim"] | None:
        """What is asked for; None of files."""
        if self.path is not None or self.protocol.asked == RECONSTRUCTION:
            return self.clean_rows
        return self._simulated(self.protocol.files[-1])[self.protocol.files[-1].n_rows :]

    def _simulated(self, file: File) -> Float[np.ndarray, "time dim"]:
        """The true rows, and those that follow."""
        if file.number not in self._simulations:
            for other in _LAST.keys() - {(type(self), self.simulation, other) for other in self.protocol.files}:
                del _LAST[other]
            key = type(self), self.simulation, file
            if key not in _LAST:
                _LAST[key] = self._simulate(file)
            self._simulations[file.number] = _LAST[key]
        return self._simulations[file.number]

    def _simulate(self, file: File) -> Float[np.ndarray, "time dim"]:
        start = self.first_state(file.parameter, np.random.default_rng(100 * self.simulation + file.number))
        times = self.clock * np.arange(file.burn_in + file.n_rows + self.n_ahead)
        motion = self.law(file.parameter).long_motion(start, times)[file.burn_in :]
        motion.setflags(write=False)
        return motion

    def _rows(self, file: File) -> Float[np.ndarray, "time dim"]:
        if self.path is None:
            rows, drawn = self._simulated(file)[: file.n_rows], np.random.default_rng([self.simulation, file.number])
            return rows + file.noise * drawn.standard_normal(rows.shape)
        return self._read(self.path / f"X{file.number}train.mat")

    def _read(self, path: Path) -> Float[np.ndarray, "time dim"]:
        if not path.is_file():
            raise ConfigurationError(f"data.path={self.path}: there is no {path.name}; give the folder of the files")
        self._files_read.append(path)
        arrays, shape = [np.asarray(array) for array in read_arrays(path).values()], self.state_shape
        if len(arrays) != 1 or arrays[0].ndim != 2 or (shape is not None and arrays[0].shape[1:] != shape):
            raise DataError(f"{path}: give one array of the shape (time, {'dim' if shape is None else shape[0]})")
        return arrays[0].astype(np.float64)
