"""States of a noisy trajectory under equations that are known: the joint estimation without its coefficients."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float

from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.block_smoothing import block_smoothed
from sciml_bench.mechnn.discovery.integration import integration_record
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, improve

_FIRST_STIFFNESS = 100.0


def denoised(
    library: BasisLibrary,
    coefficients: Float[np.ndarray, "terms dim"],
    times: Float[np.ndarray, " time"],
    states: Float[np.ndarray, "time dim"],
    stiffness: float,
) -> Float[np.ndarray, "time dim"]:
    """The states between what was observed and what the equations allow; see `joint_estimation`.

    Args:
        library: θ.
        coefficients: ξ.
        times: of the rows.
        states: as observed.
        stiffness: μ at the end; it is raised step by step.

    Raises:
        SolverError: the equations leave every bound within one interval.
    """
    start = block_smoothed(states, np.diff(times))[0]
    record = integration_record(library, [(times, states)], start, coefficients)
    estimate = JointEstimate(start, coefficients, np.zeros_like(coefficients, dtype=bool))
    for value in sorted({min(_FIRST_STIFFNESS, stiffness), stiffness}):
        estimate = improve(record, replace(estimate, stiffness=value, mean_square=np.inf))
    return estimate.states
