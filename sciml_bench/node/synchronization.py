"""Known dynamics tied to a trajectory by a coupling: synchronisation, and what it does to a loss.

du/dt = f(t, u) − k (u − û(t)) follows û once k outweighs the growth of errors under f (Pecora and Carroll,
Synchronization in chaotic systems, PRL 64, 1990; Abarbanel, Creveling, Farsian and Kostuk, SIAM J. Applied Dynamical
Systems 8, 2009). As a function of a parameter of f, the mean squared distance from the data then loses its ruggedness:
the reason for homotopy training (Ko et al., arXiv 2210.01407, section 3).
"""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

import numpy as np
import torch
from jaxtyping import Float
from scipy.integrate import solve_ivp
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, DataError, SolverError
from sciml_bench.systems import OrdinaryDifferentialEquation

Guide: TypeAlias = Callable[[np.ndarray], Any]
"""The smoothed trajectory û: states (query, dim) at times (query,)."""

Strengths: TypeAlias = (
    Sequence[float | int] | Float[np.ndarray, " strengths"] | Float[np.ndarray, "strengths components"]
)
"""Coupling strengths in 1/time: one number for all components of the state, or one row of numbers."""

_STABILITY_LIMIT = 2.7
"""Runge and Kutta's method of order 4 damps du/dt = −k u only while k · step is below 2.79."""


@dataclass(frozen=True)
class SynchronizationResult:
    """A driver and its responses.

    Args:
        times: in the system's time.
        coupling_strengths: k, one row per response.
        driver: states that are followed.
        responses: states that follow.
        errors: Euclidean distances between them.
    """

    times: Float[np.ndarray, " time"]
    coupling_strengths: Float[np.ndarray, "strengths dim"]
    driver: Float[np.ndarray, "time dim"]
    responses: Float[np.ndarray, "strengths time dim"]
    errors: Float[np.ndarray, "strengths time"]


@dataclass(frozen=True)
class ParameterScan:
    """The loss of known dynamics against one of their parameters.

    Args:
        parameter: its name.
        values: of the parameter.
        coupling_strengths: k, one row per curve.
        losses: mean squared distance from the data; NaN or infinite where the motion escapes.
    """

    parameter: str
    values: Float[np.ndarray, " values"]
    coupling_strengths: Float[np.ndarray, "strengths dim"]
    losses: Float[np.ndarray, "strengths values"]


def synchronization(
    system: OrdinaryDifferentialEquation,
    x0_driver: Float[np.ndarray, " dim"],
    x0_response: Float[np.ndarray, " dim"],
    coupling_strengths: Strengths,
    times: Float[np.ndarray, " time"],
) -> SynchronizationResult:
    """Let copies of a system, one per coupling strength, follow a copy that runs freely; all are solved as one.

    Integrated by DOP853 with relative tolerance 1e-10: errors below 1e-10 of the states are beneath its resolution.

    Args:
        system: what drives and what responds; not stiff.
        x0_driver: state of the driver at `times[0]`.
        x0_response: state of every response at `times[0]`.
        coupling_strengths: k, at least 0, in 1/time.
        times: increasing.

    Raises:
        ConfigurationError: a coupling strength is negative or of the wrong size.
        DataError: states or times cannot be used.
        SolverError: the integration broke down.
    """
    strengths = _strengths_per_component(coupling_strengths, system.dim)
    start = np.concatenate([x0_driver[None], np.repeat(x0_response[None], len(strengths), axis=0)]).astype(np.float64)
    _require_usable(times, start, system.dim)

    def right_hand_side(t: float, flat: np.ndarray) -> np.ndarray:
        states = flat.reshape(start.shape)
        derivatives = system.vector_field(t, torch.from_numpy(states)).numpy()
        derivatives[1:] -= strengths * (states[1:] - states[0])
        return derivatives.ravel()

    with np.errstate(over="ignore", invalid="ignore"):
        solution = solve_ivp(right_hand_side, times[[0, -1]], start.ravel(), "DOP853", times, rtol=1e-10, atol=1e-12)
    if solution.status != 0 or not np.isfinite(solution.y).all():
        reached = solution.t[-1] if len(solution.t) else times[0]
        raise SolverError(
            f"synchronization of {type(system).__name__}: the integration broke down after time {reached:g} of "
            f"{times[-1]:g} ({solution.message}); shorten the time, or check the initial states"
        )
    states = solution.y.reshape(*start.shape, len(times)).transpose(0, 2, 1)
    driver, responses = states[0], states[1:]
    return SynchronizationResult(times, strengths, driver, responses, np.linalg.norm(responses - driver, axis=-1))


def parameter_scan(
    system: OrdinaryDifferentialEquation,
    parameter: str,
    values: Float[np.ndarray, " values"],
    times: Float[np.ndarray, " time"],
    states: Float[np.ndarray, "rows dim"],
    guide: Guide,
    coupling_strengths: Strengths = (0,),
    *,
    steps_per_interval: int = 20,
) -> ParameterScan:
    """Mean squared distance between data and the coupled motion, for each value of one parameter.

    All values and strengths are one batch, integrated from the first observed state by Runge and Kutta's method of
    order 4 with fixed steps; a member that escapes to infinity leaves the others alone.

    Args:
        system: the known dynamics, with all other parameters in place.
        parameter: its name in the system.
        values: what it takes.
        times: of the data, increasing.
        states: the data.
        guide: the smoothed data û, a callable of times (array or tensor out).
        coupling_strengths: k, at least 0, in 1/time; 0 is the usual loss.
        steps_per_interval: integration steps between two times of the data; chaotic motion needs more than most.

    Raises:
        ConfigurationError: no such parameter, a value the system refuses, a coupling strength that is negative or of
            the wrong size, or steps too few for a stable integration.
        DataError: states or times cannot be used.
    """
    strengths = _strengths_per_component(coupling_strengths, system.dim)
    _require_usable(times, states, system.dim)
    if len(states) != len(times):
        raise DataError(f"states: {len(states)} states at {len(times)} times; give one state for each time")
    stable = 1 + int(strengths.max() * np.diff(times).max() / _STABILITY_LIMIT)
    if steps_per_interval < stable:
        raise ConfigurationError(
            f"steps_per_interval={steps_per_interval}: with a coupling strength of {strengths.max():g} the integration "
            f"is unstable; take at least {stable}, better several times as many"
        )
    observed = torch.from_numpy(states.astype(np.float64))
    start = observed[0]
    batch_of_systems = _with_all_values(system, parameter, values, start)
    coupling = torch.from_numpy(strengths)[:, None]

    def field(t: float, u: Tensor, followed: Tensor) -> Tensor:
        return batch_of_systems.vector_field(t, u) - coupling * (u - followed)

    # û is needed at both ends and in the middle of every step: once for the whole grid, not once per stage.
    shares = np.arange(2 * steps_per_interval) / (2 * steps_per_interval)
    half_steps = np.append((times[:-1, None] + np.diff(times)[:, None] * shares).ravel(), times[-1])
    followed = torch.as_tensor(guide(half_steps)).detach().to("cpu", torch.float64)
    if followed.shape != (len(half_steps), system.dim):
        raise DataError(
            f"guide: it returned the shape {tuple(followed.shape)} for {len(half_steps)} times of {system.dim} "
            "components; it must return states (times, components)"
        )
    u = start.expand(len(strengths), len(values), system.dim)
    squares = torch.zeros(u.shape[:2], dtype=torch.float64)
    for step in range(0, len(half_steps) - 1, 2):
        t, middle, end = half_steps[step : step + 3]
        h = end - t
        now, between, later = followed[step : step + 3]
        k1 = field(t, u, now)
        k2 = field(middle, u + h / 2 * k1, between)
        k3 = field(middle, u + h / 2 * k2, between)
        k4 = field(end, u + h * k3, later)
        u = u + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        interval, within = divmod(step + 2, 2 * steps_per_interval)
        if within == 0:
            squares += (u - observed[interval]).square().mean(dim=-1)
    # The first state is the given one: it counts in the mean, with distance zero.
    return ParameterScan(parameter, values, strengths, (squares / len(times)).numpy())


def _with_all_values(
    system: OrdinaryDifferentialEquation, parameter: str, values: np.ndarray, state: Tensor
) -> OrdinaryDifferentialEquation:
    """The system with an array in the place of one parameter, after each value has been accepted on its own."""
    names = [field.name for field in fields(system)]  # pyright: ignore[reportArgumentType]
    if parameter not in names:
        raise ConfigurationError(
            f"parameter={parameter}: {type(system).__name__} has no such parameter; choose one of {', '.join(names)}"
        )
    alone = [replace(system, **{parameter: float(value)}) for value in values]  # pyright: ignore[reportArgumentType]
    together = copy(system)
    object.__setattr__(together, parameter, torch.from_numpy(values.astype(np.float64)))
    expected = torch.stack([one.vector_field(0.0, state) for one in alone])
    if not torch.allclose(together.vector_field(0.0, state.expand(len(values), -1)), expected, equal_nan=True):
        raise ConfigurationError(
            f"parameter={parameter}: the equations of {type(system).__name__} do not take it as an array; choose "
            "another"
        )
    return together


def _strengths_per_component(strengths: Strengths, dim: int) -> Float[np.ndarray, "strengths dim"]:
    rows = np.asarray(strengths, dtype=np.float64)
    if rows.ndim == 1:
        rows = np.repeat(rows[:, None], dim, axis=1)
    if rows.shape[1] != dim or len(rows) == 0 or not np.isfinite(rows).all() or (rows < 0).any():
        raise ConfigurationError(
            f"coupling_strengths={np.asarray(strengths).tolist()}: give one or more numbers of at least 0, or rows of "
            f"{dim}, one number for each component of the state"
        )
    return rows


def _require_usable(times: np.ndarray, states: np.ndarray, dim: int) -> None:
    if len(times) < 2 or not np.isfinite(times).all() or (np.diff(times) <= 0).any():
        raise DataError("times: give at least two, finite and increasing")
    if states.shape[-1] != dim or not np.isfinite(states).all():
        raise DataError(f"states: they must be finite, with the {dim} components of the system")
