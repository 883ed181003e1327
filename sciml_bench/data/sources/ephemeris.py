"""Sun-centred positions of planets and Moon over years: Astropy's built-in ephemeris, offline, or a file."""

import functools
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.cache import default_cache, kept_array
from sciml_bench.core.types import PathType
from sciml_bench.data.record import Record, Transform
from sciml_bench.data.sources.ephemeris_positions import AXES, Positions, builtin_positions, recorded_positions
from sciml_bench.data.trajectories import Trajectories

BODIES = ("sun", "mercury", "venus", "earth", "moon", "mars", "jupiter", "saturn", "uranus", "neptune")
_MINUTES_PER_DAY = 1440
_UNEVEN = 1e-6
"""Of the time step, by which times may deviate from equal spacing."""


class Ephemeris(Record):
    """Positions (bodies, 3) relative to the Sun, which is body 0, in astronomical units; times in days.

    The years before `validation_start` are for training, those from `test_start` on for the test.

    Args:
        bodies: that are observed beside the Sun.
        start: first day, such as 1980-01-01 (barycentric dynamical time).
        validation_start: first day of validation.
        test_start: first day of the test.
        end: the day after the last.
        minutes_between: observations.
        n_test: rollouts of the test, which start at days spread over the time from `test_start` on.
        n_test_states: states of each; null: all there are, from `test_start` on.
        path: positions in place of the built-in ephemeris. An .npz file with `times (time,)` in days, `positions (time,
            bodies, 3)` in astronomical units and the text `bodies`; or a .csv file with the columns time, earth_x,
            earth_y, earth_z and so on. With a body sun, positions become relative to it; without, they are. Velocities
            (`velocities`, earth_vx …, per day) are compared with the positions' differences, which finds wrong units.
            The first of the times is at `start`.
        cache: folder where the evaluated ephemeris is kept, `~/.cache/sciml_bench` by default.
        transforms: as in `Record`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        *,
        bodies: list[str] | tuple[str, ...] = BODIES[1:],
        start: str = "1980-01-01",
        validation_start: str = "2003-01-01",
        test_start: str = "2005-01-01",
        end: str = "2015-01-01",
        minutes_between: ConfiguredInteger = 720,
        n_test: ConfiguredInteger = 4,
        n_test_states: ConfiguredInteger | None = 2550,
        path: PathType | None = None,
        cache: PathType | None = None,
        transforms: Sequence[Transform] = (),
    ) -> None:
        minutes = require_integer("data.minutes_between", minutes_between, 1, "give whole minutes, at least 1")
        super().__init__(split_by="trajectory", transforms=transforms)
        self.time_step = minutes / _MINUTES_PER_DAY
        unknown = [name for name in bodies if name not in BODIES[1:]] if path is None else []
        if unknown or not bodies or len(set(bodies)) < len(bodies):
            raise ConfigurationError(f"data.bodies={list(bodies)}: choose some of {', '.join(BODIES[1:])}, each once")
        self.bodies = tuple(str(name) for name in bodies)
        self.state_shape = (1 + len(self.bodies), 3) if path is None else None
        days = {"start": start, "validation_start": validation_start, "test_start": test_start, "end": end}
        self.days = {key: _day(key, value) for key, value in days.items()}
        if sorted(set(self.days.values())) != list(self.days.values()):
            said = ", ".join(f"data.{key}={value}" for key, value in self.days.items())
            raise ConfigurationError(f"{said}: give days that increase")
        self.n_test = require_integer("data.n_test", n_test, 1, "use at least 1 rollout")
        if n_test_states is not None:
            require_integer("data.n_test_states", n_test_states, 2, "a trajectory needs at least 2 states")
        self.n_test_states = n_test_states
        self.path = None if path is None else Path(path)
        self.cache = default_cache() if cache is None else Path(cache)

    def load_splits(self) -> dict[str, Trajectories]:
        """Read the file or the kept positions, or evaluate the ephemeris and keep it; split by time.

        Raises:
            FileNotFoundError: there is no such file.
            ConfigurationError: Astropy is missing.
            DataError: a file cannot be used, or the years are too short.
        """
        positions = self._evaluated() if self.path is None else self._read_positions(self.path)
        positions = np.concatenate([np.zeros_like(positions[:, :1]), positions], axis=1)
        first, second = (self._steps(self.days["start"], self.days[f"{name}_start"]) for name in ("validation", "test"))
        test = positions[second:]
        size = len(test) if self.n_test_states is None else self.n_test_states
        if not 0 < size <= len(test):
            raise DataError(
                f"data.n_test_states={self.n_test_states}: there are {len(test)} states from data.test_start="
                f"{self.days['test_start']} on; take an earlier day, fewer states or a longer file"
            )
        starts = np.linspace(0, len(test) - size, self.n_test).round().astype(int).tolist()
        rollouts = [test[start : start + size] for start in starts]
        return {
            "train": self._trajectories([positions[:first]], [0]),
            "validation": self._trajectories([positions[first:second]], [first]),
            "test": self._trajectories(rollouts, [second + start for start in starts]),
        }

    def _trajectories(self, positions: list[Positions], first_rows: list[int]) -> Trajectories:
        return Trajectories(
            tuple(positions),
            time_step=self.time_step,
            time_unit="day",
            first_rows=tuple(first_rows),
            component_names=tuple(f"{axis} [au]" for axis in AXES),
            facts={"body_names": ("sun", *self.bodies)},
        )

    def _steps(self, begin: date, end: date) -> int:
        return math.ceil((end - begin).days / self.time_step - _UNEVEN)

    def _evaluated(self) -> Positions:
        n_times = self._steps(self.days["start"], self.days["end"])
        asked = f"{self.bodies} {self.days['start']} {n_times} {self.time_step!r}"
        days, what = self.time_step * np.arange(n_times), f"evaluating the ephemeris at {n_times} times"
        evaluate = functools.partial(builtin_positions, self.bodies, self.days["start"], days)
        return kept_array(self.cache / "ephemeris", asked, "positions", evaluate, what)

    def _read_positions(self, file: Path) -> Positions:
        self._files_read = [file]
        times, positions, _, names = recorded_positions(file)
        missing = [name for name in self.bodies if name not in names]
        if missing:
            raise DataError(f"{file} has no {missing[0]}, only {', '.join(names)}; set data.bodies")
        intervals = np.diff(times)
        if len(times) < 2 or np.abs(intervals - self.time_step).max() > _UNEVEN * self.time_step:
            found = f"{intervals.min():g} to {intervals.max():g}" if len(times) > 1 else "no"
            raise DataError(
                f"{file} has {found} days between its times; expected data.minutes_between="
                f"{self.time_step * _MINUTES_PER_DAY:g}, that is {self.time_step:g} days, throughout"
            )
        centre = positions[:, [names.index("sun")]] if "sun" in names else 0.0
        relative = positions - centre
        return relative[:, [names.index(name) for name in self.bodies]]


def _day(key: str, value: str) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ConfigurationError(f"data.{key}={value}: give a day such as 1980-01-01") from None
