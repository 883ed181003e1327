"""Trajectories cut into what is regressed and integrated: rows, windows, and an integrator that is fine enough."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sciml_bench.data.views import PaddedTrajectories
from sciml_bench.mechnn.discovery.flow_sensitivity import CandidateTerms, flow
from sciml_bench.mechnn.discovery.joint_estimation import NoisyRecord

_INTEGRATION_TOLERANCE = 1e-6
_MOST_STEPS = 32


def rows_of(trajectories: PaddedTrajectories) -> list[tuple[np.ndarray, np.ndarray]]:
    """Times and states of every trajectory, without padding."""
    parts = zip(trajectories.times, trajectories.states, trajectories.rows, strict=True)
    return [(times[kept], states[kept]) for times, states, kept in parts]


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


def integration_record(
    library: CandidateTerms,
    pieces: Sequence[tuple[np.ndarray, np.ndarray]],
    states: Float[np.ndarray, "rows dim"],
    coefficients: Float[np.ndarray, "terms dim"],
) -> NoisyRecord:
    """All trajectories in a row, with an integrator that is fine enough for some equations.

    Args:
        library: candidate terms.
        pieces: times and observed states of every trajectory, scaled.
        states: where the integrator is tried.
        coefficients: with which it is tried.
    """
    observed = np.concatenate([rows for _, rows in pieces])
    intervals = np.concatenate([np.append(np.diff(times), 0.0) for times, _ in pieces])[:-1]
    nothing = np.zeros_like(coefficients, dtype=bool)
    tried = (library, coefficients, nothing, torch.from_numpy(states[:-1]), torch.from_numpy(intervals))
    # so many steps that twice as many make no difference
    n_steps, coarse = 1, flow(*tried, 1)[0]
    while n_steps < _MOST_STEPS:
        fine = flow(*tried, 2 * n_steps)[0]
        if float((fine - coarse).abs().max()) <= _INTEGRATION_TOLERANCE:
            break
        n_steps, coarse = 2 * n_steps, fine
    return NoisyRecord(observed, intervals, library, n_steps)


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
    nothing = np.zeros_like(coefficients, dtype=bool)
    arrived = flow(record.library, coefficients, nothing, x[:-1], torch.from_numpy(record.intervals), record.n_steps)[0]
    with np.errstate(over="ignore"):  # equations that leave every bound have an infinite residual
        return float(np.sqrt(np.mean((unit * (arrived - x[1:]).numpy()[inside]) ** 2)))
