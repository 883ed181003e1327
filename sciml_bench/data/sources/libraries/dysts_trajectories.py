"""Chaotic systems of the package dysts: 135 of them, each with its period and its largest Lyapunov exponent.

Gilpin, Chaos as an interpretable benchmark for forecasting and data-driven modelling (NeurIPS 2021 datasets and
benchmarks). Of the package come the equations, the parameters, a state on the attractor and these two numbers.
"""

import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_choice, require_integer, require_number
from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.core.stored.cache import default_cache, kept_array
from sciml_bench.core.types import PathType
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories

_TOLERANCE = 1e-10
_METHOD = "LSODA"
"""Stiff where it must be; the package's own default, Radau at 1e-12, takes a hundred times as long."""

_SPREAD = 1e-3


class DystsTrajectories(Record):
    """Trajectories on the attractor, of which each begins near the package's own initial state; simulated once.

    Args:
        name: of a continuous system, such as Lorenz, Rossler or MackeyGlass.
        n_steps: rows of a trajectory.
        points_per_period: rows in a period of the system.
        n_trajectories: how many.
        burn_in: periods before the first row, in which trajectories part.
        data_seed: of the initial states, which lie around the package's own by a thousandth of each component.
        cache: folder where trajectories are kept, `~/.cache/sciml_bench` by default.
        **options: split, split_by, transforms as in `Record`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        name: str,
        *,
        n_steps: ConfiguredInteger = 3000,
        points_per_period: ConfiguredInteger = 30,
        n_trajectories: ConfiguredInteger = 1,
        burn_in: ConfiguredNumber = 10.0,
        data_seed: ConfiguredInteger = 0,
        cache: PathType | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.n_steps = require_integer("data.n_steps", n_steps, 2, "a trajectory needs at least 2 rows")
        asked = "a period needs at least 2 rows"
        self.points_per_period = require_integer("data.points_per_period", points_per_period, 2, asked)
        self.n_trajectories = require_integer("data.n_trajectories", n_trajectories, 1, "simulate at least 1")
        self.burn_in = require_number("data.burn_in", burn_in, "give periods, not negative", positive=False)
        self.data_seed = require_integer("data.data_seed", data_seed, 0, "a seed is a whole number and not negative")
        self.cache, self.name = default_cache() if cache is None else Path(cache), name

    @cached_property
    def system(self) -> Any:
        """The package's own object.

        Raises:
            ConfigurationError: dysts is not installed, or it has no such system.
        """
        try:
            from dysts import flows  # pyright: ignore[reportMissingImports]
            from dysts.systems import get_attractor_list  # pyright: ignore[reportMissingImports]
        except ModuleNotFoundError as missing:
            raise ConfigurationError(
                f"data.name={self.name}: the package {missing.name} is missing; install it with `pip install "
                "'sciml-bench[chaos]'`, or choose another data"
            ) from None
        return getattr(flows, require_choice("data.name", self.name, get_attractor_list()))()

    @property
    def n_simulated(self) -> int:
        """Rows with those of the burn-in."""
        return self.n_steps + round(self.burn_in * self.points_per_period)

    @property
    def time_step(self) -> float:
        """Between two rows. The package spreads n rows over n/points periods, both ends included.

        Of its equations with delays it returns other times than those at which it samples the states.
        """
        return self.system.period / self.points_per_period * self.n_simulated / (self.n_simulated - 1)

    def load(self) -> Trajectories:
        """The kept trajectories, or simulate and keep them.

        Raises:
            ConfigurationError: dysts is not installed, or it has no such system.
            SolverError: an integration broke down.
        """
        facts = {"lyapunov_time": 1 / float(self.system.maximum_lyapunov_estimated)}  # tells what is missing at once
        asked = f"{self.name} {self.n_trajectories} {self.n_simulated} {self.points_per_period} {self.data_seed}"
        what = f"simulating {self.n_trajectories} trajectories of {self.name}"
        states = kept_array(self.cache / "dysts", asked, "states", self._simulated, what)
        return Trajectories(tuple(states[:, -self.n_steps :]), time_step=self.time_step, time_unit="time", facts=facts)

    def _simulated(self) -> Float[np.ndarray, "batch time dim"]:
        rng, found = np.random.default_rng(self.data_seed), []
        given = np.atleast_1d(np.asarray(self.system.ic, dtype=np.float64))
        for number in range(self.n_trajectories):
            start = given * (1 + _SPREAD * rng.standard_normal(given.shape))
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")  # solvers of the package are told what they do not use
                told = self.system.make_trajectory(
                    self.n_simulated,
                    init_cond=start,
                    pts_per_period=self.points_per_period,
                    method=_METHOD,
                    rtol=_TOLERANCE,
                    atol=_TOLERANCE,
                )
            if told is None or not np.isfinite(told).all():
                broken = f"data.name={self.name}: the integration of trajectory {number} broke down"
                raise SolverError(f"{broken}; choose another data.data_seed")
            found.append(told.reshape(self.n_simulated, -1))
        return np.stack(found)
