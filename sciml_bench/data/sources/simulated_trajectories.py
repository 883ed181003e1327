"""Trajectories of an ordinary differential equation, as a sensor with Gaussian noise would record them."""

import contextlib
import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.budget import extrapolated_seconds, require_memory, weigh_time
from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.record import Record
from sciml_bench.data.split import cut_points
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.transforms import checked_noise, noisy
from sciml_bench.systems import FieldLaw, OrdinaryDifferentialEquation

_BYTES_PER_ROW, _BYTES_PER_NUMBER = 250, 125
"""Of the integrator's list of states, and of a number: as it puts them together, as kept, and the truth beside it
[measured: peak memory of the integrator and of a Lorenz record, with 5 to 200 thousand rows]."""
_TIMED, _TAKES_ITS_TIME = 500, 10**6
"""Rows that are integrated to know how long it takes, and how many are worth it [measured: 0.1 to 0.5 ms a row]."""
_SEED_REMEDY = "a seed is a whole number and not negative"


class SimulatedTrajectories(Record):
    """One or several trajectories with the truth beside the noisy observations; it begins at the exact initial state.

    The true states come from the system's reference integrator. Noise has its own seed, so that the same paths can be
    seen through different noise, and is drawn for the rows to learn from first (see `transforms.noisy`).

    Args:
        system: the equation.
        initial_states: a state, or a list of states with one trajectory each; the system's default if not given.
        burn_in: in place of `initial_states`: all start at random around the system's default with its
            `initial_deviation`, this long before the first row, for the motion to reach its attractor.
        n_trajectories: without `burn_in`, the first starts at the one given state, the others around it.
        data_seed: of the random initial states.
        n_steps: rows of a trajectory; in place of `end_time`.
        time_step: time between two rows; the system's default if not given.
        end_time: of the last row, itself observed where it is a multiple of `time_step`; the first is at time 0.
        times: strictly increasing times of all rows, in place of `n_steps`, `time_step` and `end_time`; the initial
            state belongs to the first.
        noise_std: standard deviation of the noise in the state's own units, one for all components or one for each.
        relative_noise: in place of `noise_std`, as a fraction of the absolute value of each component's mean over the
            training rows of its trajectory.
        noise_seed: of the noise alone; 10 is that of the public code of Ko et al.
        noise_on_first_row: whether the first row is as noisy as the others.
        component_names: what the components of the state are called, a single one for a field; x1, x2, … by default.
        **options: split, split_by, transforms as in `Record`.

    Raises:
        ConfigurationError: a value is out of range, or two that exclude each other are given.
    """

    def __init__(
        self,
        system: OrdinaryDifferentialEquation,
        *,
        initial_states: Sequence[Any] | np.ndarray | None = None,
        burn_in: ConfiguredNumber | None = None,
        n_trajectories: ConfiguredInteger = 1,
        data_seed: ConfiguredInteger = 0,
        n_steps: ConfiguredInteger | None = None,
        time_step: ConfiguredNumber | None = None,
        end_time: ConfiguredNumber | None = None,
        times: Sequence[Any] | np.ndarray | None = None,
        noise_std: float | int | Sequence[float | int] | None = None,
        relative_noise: float | int | Sequence[float | int] | None = None,
        noise_seed: ConfiguredInteger = 10,
        noise_on_first_row: bool = True,
        component_names: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.system, self.state_shape = system, (system.dim,)
        self.data_seed = require_integer("data.data_seed", data_seed, 0, _SEED_REMEDY)
        self.n_trajectories = require_integer("data.n_trajectories", n_trajectories, 1, "simulate at least 1")
        self.burn_in = burn_in
        if burn_in is not None:
            _require_alone("data.burn_in", ("data.initial_states", initial_states), ("data.times", times))
            remedy = "the time before the first row must not be negative"
            self.burn_in = require_number("data.burn_in", burn_in, remedy, positive=False)
        self.initial_states = self._checked_initial_states(initial_states)
        self.regular, self.times = self._checked_times(n_steps, time_step, end_time, times)
        if noise_std is not None:
            _require_alone("data.noise_std", ("data.relative_noise", relative_noise))
        self.noise_std = checked_noise(noise_std, system.dim)
        self.relative_noise = checked_noise(relative_noise, system.dim, "data.relative_noise")
        self.noise_seed = require_integer("data.noise_seed", noise_seed, 0, _SEED_REMEDY)
        self.noise_on_first_row = noise_on_first_row
        n_names = 1 if isinstance(system, FieldLaw) else system.dim
        if component_names is not None and (isinstance(component_names, str) or len(component_names) != n_names):
            raise ConfigurationError(f"data.component_names={component_names}: give {n_names} names, one for each.")
        self.component_names = None if component_names is None else tuple(component_names)

    def load(self) -> Trajectories:
        """Integrate all trajectories and add the noise.

        Raises:
            ConfigurationError: it would take more than a night.
            SolverError: the integration broke down.
        """
        self._weigh_time()
        clean = self.simulated()
        n_trajectories, n_rows, _ = clean.shape
        states = tuple(clean)
        exact = Trajectories(
            states,
            time_step=float(np.median(np.diff(self.times))) if self.regular is None else self.regular,
            time_unit=self.system.time_unit,
            times=(self.times,) * n_trajectories if self.regular is None else None,
            component_names=self.component_names,
            clean=states,
            facts=self._facts(),
            system=self.system,
        )
        if not (self.noise_std.any() or self.relative_noise.any()):
            return exact
        borders = cut_points(n_rows, list(self.split.values())) if self.split_by == "time" else [0, n_rows]
        deviations, parts = (self.noise_std.tolist(), self.relative_noise.tolist()), np.diff(borders).tolist()
        return noisy(exact, *deviations, self.noise_seed, parts=parts, on_first_row=self.noise_on_first_row)

    def _facts(self) -> dict[str, Any]:
        """The Lyapunov time, kept beside the states since it is also that of some of their components, and a grid."""
        facts: dict[str, Any] = {"grid": self.system.grid} if isinstance(self.system, FieldLaw) else {}
        with contextlib.suppress(NotImplementedError):
            facts["lyapunov_time"] = self.system.lyapunov_time
        return facts

    def _weigh_time(self) -> None:
        """Say how long it takes, from the first rows without what passes before them."""
        n_trajectories = max(self.n_trajectories, len(self.initial_states))
        n_rows = len(self.times) * n_trajectories
        if n_rows <= _TAKES_ITS_TIME:
            return
        first = copy.copy(self)
        first.burn_in = None if self.burn_in is None else 0.0

        def simulated(n: int) -> None:
            first.times = self.times[:n]
            first.simulated()

        few = max(2, _TIMED // n_trajectories)
        seconds = extrapolated_seconds(simulated, few, len(self.times))
        weigh_time(f"data.n_steps, data.end_time: to simulate {n_rows:.3g} rows", seconds, "simulate fewer")

    def simulated(self) -> Float[np.ndarray, "batch time dim"]:
        """The true states."""
        if self.burn_in is None:
            return self.system.reference(self.initial_states, self.times)
        step = self.times[1] - self.times[0]
        return self.system.sample(len(self.times), self.data_seed, self.n_trajectories, step, self.burn_in)

    def _checked_times(
        self, n_steps: object, time_step: object, end_time: object, times: Sequence[Any] | np.ndarray | None
    ) -> tuple[float | None, Float[np.ndarray, " time"]]:
        """The interval of a regular clock (None of an irregular one), and all times."""

        def counted(key: str, n_rows: float | int) -> int:
            asked = f"{key}: {float(n_rows) * self.n_trajectories:.3g} simulated rows"
            n_bytes = float(n_rows) * self.n_trajectories * (_BYTES_PER_ROW + self.system.dim * _BYTES_PER_NUMBER)
            require_memory(asked, n_bytes, "simulate fewer")
            return int(n_rows)

        if times is not None:
            keys = (("data.n_steps", n_steps), ("data.time_step", time_step), ("data.end_time", end_time))
            _require_alone("data.times", *keys)
            return None, _listed_times(times)
        step = self.system.default_time_step if time_step is None else time_step
        step = require_number("data.time_step", step, "the time between two rows must be positive")
        if n_steps is not None:
            _require_alone("data.n_steps", ("data.end_time", end_time))
            n_rows = require_integer("data.n_steps", n_steps, 2, "a trajectory needs at least 2 rows")
            return step, step * np.arange(counted(f"data.n_steps={n_rows}", n_rows))
        end = require_number("data.end_time", end_time, "give data.n_steps, or the time of the last row")
        # The division may end just below a whole number: 0.3 / 0.1 is 2.9999999999999996, and still three steps.
        n_rows = counted(f"data.time_step={step}", end / step * (1 + 1e-9)) + 1
        if n_rows < 2:
            raise ConfigurationError(
                f"data.end_time={end_time}: only the time 0 is observed with data.time_step={time_step}; "
                "a trajectory needs at least 2 rows."
            )
        return step, step * np.arange(n_rows)

    def _checked_initial_states(
        self, initial_states: Sequence[Any] | np.ndarray | None
    ) -> Float[np.ndarray, "batch dim"]:
        dim = self.system.dim
        try:
            given = self.system.default_initial_state if initial_states is None else initial_states
            states = np.atleast_2d(np.asarray(given, dtype=np.float64))
        except (TypeError, ValueError) as error:
            raise ConfigurationError(
                f"data.initial_states={initial_states}: give a list of {dim} numbers, or a list of such lists."
            ) from error
        if states.ndim != 2 or states.shape[1] != dim or 0 in states.shape or not np.isfinite(states).all():
            raise ConfigurationError(
                f"data.initial_states={initial_states}: a state of this system has {dim} finite "
                "components; give one state, or a list of states."
            )
        if len(states) > 1 and self.n_trajectories > 1:
            raise ConfigurationError(
                f"data.n_trajectories={self.n_trajectories}: data.initial_states already lists {len(states)} states; "
                "set data.n_trajectories=1, or give one state."
            )
        if self.n_trajectories == 1:
            return states
        rng = np.random.default_rng(self.data_seed)
        around = rng.standard_normal((self.n_trajectories - 1, dim)) * np.array(self.system.initial_deviation)
        return np.concatenate([states, states[0] + around])


def _listed_times(times: Sequence[Any] | np.ndarray) -> Float[np.ndarray, " time"]:
    try:
        grid = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"data.times={times}: give a list of numbers.") from error
    if grid.ndim != 1 or len(grid) < 2 or not np.isfinite(grid).all() or (np.diff(grid) <= 0).any():
        raise ConfigurationError(f"data.times={times}: give at least 2 finite times, each later than the one before.")
    return grid


def _require_alone(key: str, *others: tuple[str, object]) -> None:
    """Stop where one of `others` (key, value) is given beside `key`."""
    for other, value in others:
        if value is not None:
            raise ConfigurationError(f"{other}={value} excludes {key}: set {other}=null or leave out {key}.")
