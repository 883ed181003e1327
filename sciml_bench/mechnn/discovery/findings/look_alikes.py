"""Candidate terms that a record can hardly tell from those which were chosen, or these from one another."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

LOOK_ALIKE = 0.98
"""Correlation above which a person is told."""


def look_alikes(
    names: Sequence[str], values: Float[np.ndarray, "rows terms"], chosen: Bool[np.ndarray, " terms"]
) -> tuple[str, ...]:
    """One sentence for every chosen term that others look like, such as sin(θ) and θ at small angles.

    Args:
        names: of the terms.
        values: of the terms on the data.
        chosen: which of them are in some equation.
    """
    centred = values - values.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    alike = np.abs(centred.T @ centred) > LOOK_ALIKE * np.outer(size, size)
    found: list[str] = []
    for term in np.flatnonzero(chosen & (size > 0)).tolist():
        later = np.arange(len(names)) > term  # two that were chosen are told once
        others = [names[other] for other in np.flatnonzero(alike[term] & (later | ~chosen) & (size > 0)).tolist()]
        if others:
            found.append(f"the data hardly tell {names[term]} from {', '.join(others)}")
    return tuple(found)
