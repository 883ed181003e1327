"""What a learned object can do, as protocols: to forecast, to have a spectrum, to tell equations, to solve.

Scores, verbs and comparisons know learned objects by these alone. States are in the user's units everywhere, and no
method sees the clean truth.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Complex, Float

from sciml_bench.core.errors import ConfigurationError, DataError, LacksAbilityError
from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.regular_clock import RATE, keeps_step
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import LARGEST_VALUE, Trajectories

Horizon = int | Sequence[np.ndarray] | np.ndarray
"""A number of steps of the record's clock, or times, one array for all trajectories or one for each."""

OK = "ok"
KINDS = ("expectation", "path", "samples")


@dataclass(frozen=True, eq=False)
class Forecast:
    """States to come, of one or several trajectories.

    Args:
        states: in the user's units; nan after a trajectory has left every bound.
        times: of each state.
        kind: `expectation`, which decays to the mean; `path`, one possible future; `samples`, of its law (`members`).
        status: `ok`, or what went wrong, for each trajectory.
        cost: what it took, such as `function_evaluations` and `seconds`.
        members: the forecasts of every member of an ensemble, of which `states` is the mean.

    Raises:
        DataError: shapes that do not fit, or an unknown kind.
    """

    states: Float[np.ndarray, "batch time *state"]
    times: Float[np.ndarray, "batch time"]
    kind: str = "path"
    status: tuple[str, ...] = ()
    cost: Mapping[str, float] = field(default_factory=dict)
    members: Float[np.ndarray, "members batch time *state"] | None = None

    def __post_init__(self) -> None:
        if self.states.shape[:2] != self.times.shape or self.kind not in KINDS:
            raise DataError(
                f"a forecast of states {self.states.shape} at times {self.times.shape} of the kind {self.kind!r}: give "
                f"one time for each state, and one of the kinds {', '.join(KINDS)}"
            )
        if not self.status:
            object.__setattr__(self, "status", (OK,) * len(self.states))

    @property
    def deviation(self) -> Float[np.ndarray, "batch time *state"] | None:
        """Standard deviation over the members, of which there are several; None where there are none."""
        return None if self.members is None or len(self.members) < 2 else self.members.std(axis=0, ddof=1)

    @property
    def path(self) -> Float[np.ndarray, "batch time *state"] | None:
        """One possible future: of an ensemble that of the first member, whose mean is none; None of an expectation."""
        if self.kind == "expectation":
            return None
        return self.states if self.members is None else self.members[0]


@runtime_checkable
class Forecaster(Protocol):
    """Continues trajectories."""

    @property
    def past_length(self) -> int:
        """Rows of the past that it needs; it may use more, to denoise."""
        ...

    def forecast(self, past: Trajectories, horizon: Horizon, inputs: Any = None) -> Forecast:
        """The states after the last row of every given trajectory.

        Args:
            past: at least `past_length` rows of each.
            horizon: how far; negative steps go back, where a method offers that.
            inputs: u at the times to come, where the system has inputs; see `inputs_ahead`.

        Raises:
            DataError: too short a past, of another state or without its inputs; inputs that do not fit.
            ConfigurationError: times off the clock of a method that steps; inputs missing, or given without need.
        """
        ...


@runtime_checkable
class Reconstructor(Protocol):
    """Tells the states behind noisy observations of them."""

    def reconstruct(self, observed: Trajectories) -> list[Float[np.ndarray, "_ *state"]]:
        """The states of every trajectory at its rows, in the user's units.

        Args:
            observed: noise included, without missing values.

        Raises:
            DataError: they are of another state or clock than what was learned.
        """
        ...


@runtime_checkable
class SpectrumEstimator(Protocol):
    """Knows eigenvalues and functions of an evolution operator."""

    def eigenvalues(self) -> Complex[np.ndarray, " modes"]:
        """By decreasing modulus."""
        ...

    def singular_values(self) -> Float[np.ndarray, " modes"]:
        """The largest first."""
        ...

    def eigenfunctions(self, states: np.ndarray) -> Complex[np.ndarray, "batch modes"]:
        """Right eigenfunctions at states in the user's units."""
        ...

    def implied_timescales(self) -> Float[np.ndarray, " modes"]:
        """Decay times of the eigenvalues, in the record's unit of time."""
        ...


@runtime_checkable
class EquationDiscoverer(Protocol):
    """Has found equations of motion."""

    def equations(self) -> tuple[str, ...]:
        """One per component, as a person reads them."""
        ...

    def coefficient_table(self) -> Mapping[str, Float[np.ndarray, " components"]]:
        """The coefficients of every candidate term, per component."""
        ...

    def system(self) -> Any:
        """The equations as a system that can be integrated."""
        ...


@runtime_checkable
class SolutionOperator(Protocol):
    """Solves a parametric equation."""

    def solve(
        self, parameters: Float[np.ndarray, "batch *parameter_grid"], resolution: int = 64
    ) -> tuple[Float[np.ndarray, "batch *grid"], dict[str, Float[np.ndarray, " _"]]]:
        """Solutions on equally spaced points, and the positions per axis."""
        ...


@runtime_checkable
class ParameterEstimator(Protocol):
    """Infers parameters of every trajectory."""

    def estimate(self, trajectories: Trajectories) -> Mapping[str, Float[np.ndarray, " batch"]]:
        """By name; `<name>_deviation` beside it where there are bands."""
        ...


@runtime_checkable
class Exportable(Protocol):
    """Can be given to programs elsewhere."""

    def exported(self) -> Mapping[str, Callable[[], ExportedFunction]]:
        """Functions of a batch of rows by name, the first by default; each is made when it is called for.

        Raises:
            DataError: this object cannot be exported.
        """
        ...


_ABILITIES = {
    Forecaster: ("forecast", "does not forecast", "equation_discovery"),
    Reconstructor: ("reconstruct", "does not reconstruct", "spline_smoothing"),
    SpectrumEstimator: ("eigenvalues", "has no eigenvalues", "koopman_linear_ridge"),
    EquationDiscoverer: ("coefficient_table", "finds no equations", "equation_discovery"),
}
"""By what a capability is known, also of a class; what is said without it; a method of the benchmark that has it."""


@runtime_checkable
class KnowsRecord(Protocol):
    """Knows what the record that it was learned from is like: states, units and clock."""

    @property
    def spec(self) -> RecordSpec:
        """Of that record."""
        ...


def require_ability(learned: Any, capability: type) -> None:
    """Stop at what a score cannot be told of.

    Args:
        learned: what was learned, or the class of what will be; Any where that is not known yet.
        capability: `Forecaster`, `Reconstructor`, `SpectrumEstimator` or `EquationDiscoverer`.

    Raises:
        LacksAbilityError: it lacks the capability.
    """
    method, *lacks = _ABILITIES[capability]
    if learned is Any or hasattr(learned, method):
        return
    name = learned.__name__ if isinstance(learned, type) else type(learned).__name__
    raise LacksAbilityError(name, *lacks)


def require_past(past: Trajectories, spec: RecordSpec, n_rows: int, any_clock: bool = False) -> None:
    """Check what a method is to go on from.

    Args:
        past: given to `forecast`.
        spec: of the record that was learned from.
        n_rows: that are needed of every trajectory.
        any_clock: to a method in continuous time.

    Raises:
        DataError: too few rows, other states, or another clock.
    """
    if past.state_shape != spec.state_shape or min(past.lengths) < n_rows:
        raise DataError(
            f"past: {min(past.lengths)} states of the shape {past.state_shape}; what was learned needs at least "
            f"{n_rows} of the shape {spec.state_shape}"
        )
    if any_clock:
        return
    if not past.select(time=[slice(length - n_rows, length) for length in past.lengths]).is_regular:
        raise DataError(f"past: the last {n_rows} rows are not one step of the clock apart; give a past without gaps")
    if not np.isclose(past.time_step, spec.time_step, rtol=RATE):
        between = f"{past.time_step:g} {past.time_unit}"
        raise DataError(
            f"past: states {between} apart; what was learned steps by {spec.time_step:g}: give rows that far apart"
        )


def require_ahead(horizon: Horizon) -> None:
    """Stop at steps back, before anything is computed.

    Args:
        horizon: given to the `forecast` of a method that goes ahead only.

    Raises:
        ConfigurationError: no step ahead.
    """
    if isinstance(horizon, int) and horizon < 1:
        raise ConfigurationError(f"horizon={horizon}: what this run has learned goes ahead only; give at least 1 step")


def inputs_ahead(
    past: Trajectories, spec: RecordSpec, n_rows: Sequence[int], inputs: Any
) -> list[Float[np.ndarray, "_ dim_in"]] | None:
    """What acts on every trajectory from the last row of its past on, beginning with that row; None without inputs.

    Args:
        past: given to `forecast`.
        spec: of the record that was learned from.
        n_rows: rows to come of every trajectory.
        inputs: u at these rows, in the user's units and in the order of `spec.input_names`: (time, dim_in) for all
            trajectories, (batch, time, dim_in), or one array for each; (time,) of a single input. More rows are
            left out.

    Raises:
        ConfigurationError: there are none although something was learned of them, or the other way round.
        DataError: too few rows, other columns, or numbers that are not finite; a past without inputs.
    """
    names = ", ".join(spec.input_names)
    if not spec.dim_in:
        if inputs is not None:
            raise ConfigurationError("inputs: what this run has learned takes no inputs; leave them out")
        return None
    if inputs is None:
        raise ConfigurationError(
            f"inputs: what this run has learned is driven by {names}; give its {max(n_rows)} values to come, in Python "
            "as inputs=..., on the command line as --inputs FILE"
        )
    if past.inputs is None or past.inputs[0].shape[1] != spec.dim_in:
        raise DataError(f"past: it lacks the input {names}; give a past with the states and what acted on them")
    alone = isinstance(inputs, np.ndarray) and inputs.ndim < 3
    parts = [np.asarray(part, dtype=np.float64) for part in ([inputs] * len(n_rows) if alone else inputs)]
    if len(parts) != len(n_rows):
        raise DataError(f"inputs: {len(parts)} arrays for {len(n_rows)} trajectories; give one or as many")
    ahead = []
    for number, (part, rows) in enumerate(zip(parts, n_rows, strict=True)):
        given = part[:, None] if part.ndim == 1 else part
        if given.ndim != 2 or given.shape[1] != spec.dim_in:
            raise DataError(f"inputs: an array of the shape {part.shape}; give (time, {spec.dim_in}), of {names}")
        if len(given) < rows:
            raise DataError(f"inputs: {len(given)} rows of {names} for {rows} states to come; give a row for each")
        wrong = np.argwhere(~(np.abs(given[:rows]) < LARGEST_VALUE))
        if len(wrong):
            row, column = wrong[0].tolist()
            raise DataError(
                f"inputs: {spec.input_names[column]} is {given[row, column]:g} in row {row}; give finite numbers"
            )
        last = read_block(past.inputs[number], past.lengths[number] - 1).astype(np.float64)
        ahead.append(np.concatenate([last, given[:rows]]))
    return ahead


def horizon_times(past: Trajectories, horizon: Horizon) -> list[Float[np.ndarray, " _"]]:
    """The times that a horizon means, for every trajectory.

    Args:
        past: whose last rows the horizon counts from.
        horizon: steps of the clock, or times.

    Raises:
        ConfigurationError: no step, or times that do not increase from the last row on.
        DataError: not as many arrays of times as trajectories.
    """
    last = [past.time_at(number, -1) for number in range(past.n_trajectories)]
    if isinstance(horizon, int):
        if horizon == 0:
            raise ConfigurationError("horizon=0: ask for at least one step")
        steps = np.arange(1, abs(horizon) + 1) * np.sign(horizon)
        if past.times is None:  # exactly the times that the record's own later rows would have
            rows = [past.first_row(number) + length - 1 for number, length in enumerate(past.lengths)]
            return [past.time_step * (row + steps).astype(np.float64) for row in rows]
        return [end + past.time_step * steps for end in last]
    shared = isinstance(horizon, np.ndarray) and horizon.ndim == 1
    grids = [np.asarray(horizon, dtype=np.float64)] * len(last) if shared else [np.asarray(g, float) for g in horizon]
    if len(grids) != len(last):
        raise DataError(f"horizon: {len(grids)} arrays of times for {len(last)} trajectories; give one or as many")
    for grid, end in zip(grids, last, strict=True):
        if grid.ndim != 1 or not len(grid) or not (np.diff(grid, prepend=end) > 0).all():
            raise ConfigurationError(f"horizon: times must increase from the last row of the past, at {end:g}, on")
    return grids


def horizon_steps(past: Trajectories, horizon: Horizon) -> int:
    """The number of steps that a horizon means to a method in discrete time; the longest, where trajectories differ.

    Args:
        past: whose clock counts.
        horizon: steps, or times on the clock.

    Raises:
        ConfigurationError: times off the clock.
    """
    if isinstance(horizon, int):
        return horizon
    counts = set()
    for number, grid in enumerate(horizon_times(past, horizon)):
        if not keeps_step(np.append(past.time_at(number, -1), grid), past.time_step):
            raise ConfigurationError(
                f"horizon: this method steps by {past.time_step:g} {past.time_unit}; give steps, or times on that clock"
            )
        counts.add(len(grid))
    return max(counts)
