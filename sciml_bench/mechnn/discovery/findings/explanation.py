"""How much of a record's motion equations explain, so that those which explain nothing are not taken for a law."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.data.views import InputSignals
from sciml_bench.mechnn.discovery.flows.flow_sensitivity import CandidateTerms
from sciml_bench.mechnn.discovery.integration import integrated_along, windows_of
from sciml_bench.mechnn.discovery.units import ScaledRows
from sciml_bench.mechnn.linear_ode.integral import integrated

LEAST_EXPLAINED = 0.5
"""Part of the variance of a component's change that a law explains."""

_TAYLOR_ORDER = 3
"""Of the integral; terms of noisy states are not smooth enough for more."""


def explained_variance(
    library: CandidateTerms,
    coefficients: Float[np.ndarray, "terms dim"],
    observed: Sequence[ScaledRows],
    states: Sequence[Float[np.ndarray, "_ dim"]],
    window: int,
    inputs: Sequence[InputSignals] | None = None,
) -> Float[np.ndarray, " dim"]:
    """1 − (sum of squares of what is left) / (sum of squares of the change), along windows.

    What is explained is the integral of the equations along the denoised states. A component that stands still leaves
    nothing to be explained: 1.

    Args:
        library: candidate terms, in the units of the rows.
        coefficients: of the equations.
        observed: times and states of every trajectory.
        states: the same, denoised.
        window: rows along which the change is looked at; fewer where a trajectory is shorter.
        inputs: what acts on every trajectory, where something does.
    """
    length = min(window, *(len(times) for times, _ in observed))
    denoised = [(times, rows) for (times, _), rows in zip(observed, states, strict=True)]
    targets = windows_of(observed, length, length)[1].numpy()
    change = targets - targets.mean(axis=1, keepdims=True)
    if inputs is None:
        steps, windows = windows_of(denoised, length, length)
        explained = integrated(library(windows) @ torch.from_numpy(coefficients), steps, _TAYLOR_ORDER).numpy()
    else:
        driven = zip(denoised, inputs, strict=True)
        along = [(times, integrated_along(library, times, rows, one) @ coefficients) for (times, rows), one in driven]
        explained = windows_of(along, length, length)[1].numpy()
        explained = explained - explained.mean(axis=1, keepdims=True)
    with np.errstate(over="ignore"):  # equations that leave every bound explain nothing
        total, left = (change**2).sum(axis=(0, 1)), ((change - explained) ** 2).sum(axis=(0, 1))
        return np.where(total > 0, 1 - left / np.where(total > 0, total, 1.0), 1.0)


def verdicts(names: Sequence[str], explained: Float[np.ndarray, " dim"]) -> tuple[str, ...]:
    """What is said of every component's equation; nothing of those that explain the motion.

    Args:
        names: of the components.
        explained: parts of the variance of their change.
    """
    said = zip(names, explained.tolist(), strict=True)
    return tuple(
        f"d{name}/dt: explains {100 * max(part, 0.0):.0f} % of the variance of the change of {name}; no law found"
        for name, part in said
        if not part >= LEAST_EXPLAINED
    )
