"""Trajectories cut into what is regressed and integrated: rows, windows, and an integrator that is fine enough."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.interpolate import CubicSpline
from torch import Tensor

from sciml_bench.data.views import InputSignals, PaddedTrajectories
from sciml_bench.mechnn.discovery.flows.flow_sensitivity import CandidateTerms
from sciml_bench.mechnn.discovery.joint_estimation import NoisyRecord

_INTEGRATION_TOLERANCE = 1e-6
_MOST_STEPS = 32


def rows_of(trajectories: PaddedTrajectories) -> list[tuple[np.ndarray, np.ndarray]]:
    """Times and states of every trajectory, without padding."""
    parts = zip(trajectories.times, trajectories.states, trajectories.rows, strict=True)
    return [(times[kept], states[kept]) for times, states, kept in parts]


def inputs_of(trajectories: PaddedTrajectories) -> list[InputSignals] | None:
    """What acts on every trajectory, without padding; None where nothing does."""
    signals = trajectories.inputs
    if signals is None:
        return None
    parts = [(signals.times[n : n + 1], signals.values[n : n + 1], kept) for n, kept in enumerate(trajectories.rows)]
    return [InputSignals(times[:, kept], values[:, kept], signals.interpolation) for times, values, kept in parts]


def window_starts(n_rows: int, length: int, stride: int) -> Int[np.ndarray, " windows"]:
    """First rows of windows, the last one flush with the end.

    Args:
        n_rows: of the trajectory.
        length: of a window.
        stride: between two windows.
    """
    starts = np.arange(0, n_rows - length + 1, stride)
    return starts if starts[-1] == n_rows - length else np.append(starts, n_rows - length)


def windows_of(
    pieces: Sequence[tuple[np.ndarray, np.ndarray]], length: int, stride: int
) -> tuple[Float[Tensor, "_ intervals"], Float[Tensor, "windows time dim"]]:
    """Windows of trajectories at least as long, and the steps between their rows: one row of them where all agree."""
    rows = [window_starts(len(times), length, stride)[:, None] + np.arange(length) for times, _ in pieces]
    steps = np.concatenate([np.diff(times[index], axis=1) for (times, _), index in zip(pieces, rows, strict=True)])
    windows = np.concatenate([states[index] for (_, states), index in zip(pieces, rows, strict=True)])
    is_regular = np.ptp(steps) <= 1e-9 * steps.mean()
    return torch.from_numpy(steps[:1] if is_regular else steps), torch.from_numpy(windows)


def with_acting(
    states: Sequence[Float[np.ndarray, "_ dim"]], inputs: Sequence[InputSignals]
) -> Float[np.ndarray, "rows variables"]:
    """The rows of all trajectories, with what acted on them after their components."""
    both = [np.concatenate([rows, one.values[0]], axis=1) for rows, one in zip(states, inputs, strict=True)]
    return np.concatenate(both)


def integrated_along(
    library: CandidateTerms,
    times: Float[np.ndarray, " time"],
    states: Float[np.ndarray, "time dim"],
    inputs: InputSignals,
) -> Float[np.ndarray, "time terms"]:
    """The integrals of the terms from the first row on, where inputs bend or break them at the rows.

    Simpson's rule within every interval, with the states of a cubic spline; the block, which continues rates smoothly
    across rows, would ring at every jump.

    Args:
        library: the terms.
        times: of the rows.
        states: smoothed.
        inputs: of one trajectory, at the same rows.
    """
    within, steps = inputs.within_intervals()[0], np.diff(times)
    middle = CubicSpline(times, states)(times[:-1] + steps / 2)
    places = ((states[:-1], within[:, 0], 1), (middle, within.mean(axis=1), 4), (states[1:], within[:, 1], 1))
    parts = [weight * library(torch.from_numpy(np.concatenate([x, u], axis=1))).numpy() for x, u, weight in places]
    changes = steps[:, None] / 6 * sum(parts)
    return np.concatenate([np.zeros((1, library.n_terms)), np.cumsum(changes, axis=0)])


def integration_record(
    library: CandidateTerms,
    pieces: Sequence[tuple[np.ndarray, np.ndarray]],
    states: Float[np.ndarray, "rows dim"],
    coefficients: Float[np.ndarray, "terms dim"],
    inputs: Sequence[InputSignals] | None = None,
) -> NoisyRecord:
    """All trajectories in a row, with an integrator that is fine enough for some equations.

    Args:
        library: candidate terms.
        pieces: times and observed states of every trajectory, scaled.
        states: where the integrator is tried.
        coefficients: with which it is tried.
        inputs: what acts on every trajectory, where something does.
    """
    observed = np.concatenate([rows for _, rows in pieces])
    intervals = np.concatenate([np.append(np.diff(times), 0.0) for times, _ in pieces])[:-1]
    within = None
    if inputs is not None:  # in the empty intervals between trajectories the last inputs stay
        ends = [np.repeat(one.values[:, -1:], 2, axis=0).swapaxes(0, 1) for one in inputs]
        parts = [part for one, end in zip(inputs, ends, strict=True) for part in (one.within_intervals()[0], end)]
        within = np.concatenate(parts)[:-1]
    tried = torch.from_numpy(states), coefficients
    # so many steps that twice as many make no difference
    record = NoisyRecord(observed, intervals, library, 1, inputs=within)
    coarse = record.arrivals(*tried)
    while record.n_steps < _MOST_STEPS:
        finer = replace(record, n_steps=2 * record.n_steps)
        fine = finer.arrivals(*tried)
        if float((fine - coarse).abs().max()) <= _INTEGRATION_TOLERANCE:
            break
        record, coarse = finer, fine
    return record


def one_step_residual(
    record: NoisyRecord,
    states: Float[np.ndarray, "rows dim"],
    coefficients: Float[np.ndarray, "terms dim"],
    unit: Float[np.ndarray, " dim"] | float = 1.0,
) -> float:
    """Root mean square of x_{n+1} − F(x_n), over rows and components.

    Args:
        record: gives the intervals and the integrator.
        states: x.
        coefficients: of the vector field.
        unit: of each component, in that of the result.
    """
    x = torch.from_numpy(states)
    inside = record.intervals > 0
    arrived = record.arrivals(x, coefficients)
    with np.errstate(over="ignore"):  # equations that leave every bound have an infinite residual
        return float(np.sqrt(np.mean((unit * (arrived - x[1:]).numpy()[inside]) ** 2)))
