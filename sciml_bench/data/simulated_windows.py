"""Trajectories simulated from an equation and watched through noise: a part to learn, the rest to forecast."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.noise import checked_noise
from sciml_bench.data.observation_noise import drawn_noise, relative_deviation
from sciml_bench.data.observation_times import listed_times, regular_times
from sciml_bench.data.observations import EXTRAPOLATION, INTERPOLATION, Observations
from sciml_bench.data.observed_trajectories import ObservedTrajectories
from sciml_bench.systems import OrdinaryDifferentialEquation

_SEED_REMEDY = "a seed is a whole number and not negative"


class SimulatedWindows(ObservedTrajectories):
    """One or several trajectories of an equation, with the truth beside the noisy observations.

    The true states come from the system's reference integrator. Noise is drawn from its own seed and leaves the initial
    state alone unless asked.

    Args:
        system: the equation.
        initial_states: a state, or a list of states with one trajectory each; the system's default if not given.
        n_trajectories: trajectories from one given state: the first from the state itself, the others from around it,
            with the system's `initial_deviation`.
        data_seed: of the initial states around the given one.
        time_step: time between two observations; the system's default if not given.
        end_time: end of the interpolation window, which begins at time 0.
        extrapolation: length of the extrapolation window as a multiple of that of the interpolation window, with the
            same `time_step`: 1 for as much time again.
        times: strictly increasing times of the observations, in place of `time_step`, `end_time` and `extrapolation`;
            the initial state belongs to the first.
        n_interpolation: how many of `times` are in the interpolation window; all if not given.
        noise_std: standard deviation of the noise in the state's own units, one for all components or one for each.
        relative_noise: in place of `noise_std`, as a fraction of the absolute value of each component's mean over time;
            the mean is that of the true states in the interpolation window of each trajectory.
        noise_seed: of the noise alone; 10 is that of the public code of Ko et al. (see `observation_noise`).
        noise_on_first_row: whether the first observation is as noisy as the others, though the initial state is known
            exactly; so in the public code of Ko et al.
        noise_on_initial_state: whether predictions start at the first observation, noise included.
        component_names: as in `ObservedTrajectories`.

    Raises:
        ConfigurationError: a value is out of range, or two that exclude each other are given.
    """

    def __init__(
        self,
        system: OrdinaryDifferentialEquation,
        *,
        initial_states: Sequence[Any] | np.ndarray | None = None,
        n_trajectories: ConfiguredInteger = 1,
        data_seed: ConfiguredInteger = 0,
        time_step: ConfiguredNumber | None = None,
        end_time: ConfiguredNumber | None = None,
        extrapolation: ConfiguredNumber = 1.0,
        times: Sequence[Any] | np.ndarray | None = None,
        n_interpolation: ConfiguredInteger | None = None,
        noise_std: float | int | Sequence[float | int] | None = None,
        relative_noise: float | int | Sequence[float | int] | None = None,
        noise_seed: ConfiguredInteger = 10,
        noise_on_first_row: bool = False,
        noise_on_initial_state: bool = False,
        component_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(component_names, system.time_unit)
        self._system = system
        self.data_seed = require_integer("data.data_seed", data_seed, 0, _SEED_REMEDY)
        self.initial_states = self._checked_initial_states(initial_states, n_trajectories)
        if times is not None:
            _require_alone("data.times", ("data.time_step", time_step), ("data.end_time", end_time))
            self.times, self.n_interpolation = listed_times(times, n_interpolation)
        else:
            _require_alone("data.time_step and data.end_time", ("data.n_interpolation", n_interpolation))
            step = system.default_time_step if time_step is None else time_step
            self.times, self.n_interpolation = regular_times(step, end_time, extrapolation)
        if noise_std is not None:
            _require_alone("data.noise_std", ("data.relative_noise", relative_noise))
        self.noise_std = checked_noise(0.0 if noise_std is None else noise_std, system.dim)
        self.relative_noise = checked_noise(
            0.0 if relative_noise is None else relative_noise, system.dim, "data.relative_noise"
        )
        self.noise_seed = require_integer("data.noise_seed", noise_seed, 0, _SEED_REMEDY)
        self.noise_on_first_row, self.noise_on_initial_state = noise_on_first_row, noise_on_initial_state

    @property
    def system(self) -> OrdinaryDifferentialEquation:
        """The equation that was integrated."""
        return self._system

    def load(self) -> Observations:
        """Integrate all trajectories and add the noise.

        Raises:
            SolverError: the integration broke down.
        """
        clean = self._system.reference(self.initial_states, self.times)
        noisy = clean + self._noise(clean)
        n_trajectories, n_times, _ = clean.shape
        window = np.where(np.arange(n_times) < self.n_interpolation, INTERPOLATION, EXTRAPOLATION)
        return Observations(
            times=np.tile(self.times, (n_trajectories, 1)),
            states=noisy,
            clean=clean,
            window=np.tile(window, (n_trajectories, 1)),
            initial_states=noisy[:, 0].copy() if self.noise_on_initial_state else self.initial_states,
        )

    def _noise(self, clean: np.ndarray) -> np.ndarray:
        n_trajectories, n_times, dim = clean.shape
        relative = relative_deviation(self.relative_noise, clean[:, : self.n_interpolation])
        n_extrapolation = n_times - self.n_interpolation
        noise = drawn_noise(n_trajectories, self.n_interpolation, n_extrapolation, dim, self.noise_seed)
        noise *= self.noise_std + relative
        if not (self.noise_on_first_row or self.noise_on_initial_state):
            noise[:, 0] = 0
        return noise

    def _checked_initial_states(
        self, initial_states: Sequence[Any] | np.ndarray | None, n_trajectories: ConfiguredInteger
    ) -> Float[np.ndarray, "batch dim"]:
        dim = self._system.dim
        try:
            given = self._system.default_initial_state if initial_states is None else initial_states
            states = np.atleast_2d(np.asarray(given, dtype=np.float64))
        except (TypeError, ValueError) as error:
            raise ConfigurationError(
                f"data.initial_states={initial_states}: give a list of {dim} numbers, or a list of such lists."
            ) from error
        if states.ndim != 2 or states.shape[1] != dim or 0 in states.shape or not np.isfinite(states).all():
            raise ConfigurationError(
                f"data.initial_states={initial_states}: a state of {type(self._system).__name__} has {dim} finite "
                "components; give one state, or a list of states."
            )
        n_wanted = require_integer("data.n_trajectories", n_trajectories, 1, "simulate at least 1 trajectory")
        if len(states) > 1 and n_wanted > 1:
            raise ConfigurationError(
                f"data.n_trajectories={n_trajectories}: data.initial_states already lists {len(states)} states; "
                "set data.n_trajectories=1, or give one state."
            )
        rng = np.random.default_rng(self.data_seed)
        around = rng.standard_normal((n_wanted - 1, dim)) * np.array(self._system.initial_deviation)
        return np.concatenate([states, states[0] + around])


def _require_alone(key: str, *others: tuple[str, object]) -> None:
    """Stop where one of `others` (key, value) is given beside `key`."""
    for other, value in others:
        if value is not None:
            raise ConfigurationError(f"{other}={value} excludes {key}: set {other}=null or leave out {key}.")
