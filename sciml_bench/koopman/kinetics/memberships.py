"""Metastable states from slow eigenfunctions: robust Perron cluster analysis (PCCA+).

Where m processes are slow, the values (1, ψ₂, …, ψ_m) lie close to a simplex with m corners, one for each metastable
state, and the barycentric coordinates χ = ψ A are degrees of membership that sum to 1. The corners are found by the
inner simplex algorithm: the point farthest out, then each time the one farthest from the plane of those before (Weber
and Galliat, ZIB report 02-12, 2002); what of χ then lies outside 0 … 1 is not optimised away but told, since it says
how far the data are from a simplex (Deuflhard and Weber, Linear Algebra and its Applications 398, 161, 2005).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sciml_bench.core.errors import ConfigurationError, DataError

_SAME_PLACE = 1e-8
"""Corners that are closer than this part of the extent are one."""


@dataclass(frozen=True, eq=False)
class Memberships:
    """A linear map from slow eigenfunctions to degrees of membership.

    Args:
        corners: rows of the given functions that are the purest representatives, one for each state.
        transform: A, from the m functions, the constant among them, to the memberships.
    """

    corners: Int[np.ndarray, " states"]
    transform: Float[np.ndarray, "states states"]

    def of(self, functions: Float[np.ndarray, "batch states"]) -> Float[np.ndarray, "batch states"]:
        """Degrees of membership, which sum to 1.

        Args:
            functions: the same slow eigenfunctions, the constant among them, anywhere.
        """
        return functions @ self.transform


def metastable_memberships(functions: Float[np.ndarray, "batch states"]) -> Memberships:
    """The corners of the simplex that slow eigenfunctions span, and the memberships that they define.

    Args:
        functions: real eigenfunctions of the largest eigenvalues at some states, as many as there are metastable
            states, the constant among them.

    Raises:
        ConfigurationError: fewer than two functions.
        DataError: values that are not finite, or too few different ones.
    """
    n_states = functions.shape[1]
    if n_states < 2:
        raise ConfigurationError(f"{n_states} function(s): at least two metastable states need two slow functions")
    if not np.isfinite(functions).all():
        raise DataError("the eigenfunctions have values that are not finite; leave those states out")
    corners = np.empty(n_states, dtype=int)
    left = functions - functions.mean(axis=0)
    extent = float(np.linalg.norm(left, axis=1).max())
    corners[0] = np.linalg.norm(left, axis=1).argmax()
    left = functions - functions[corners[0]]
    for number in range(1, n_states):
        distances = np.linalg.norm(left, axis=1)
        corners[number] = distances.argmax()
        if distances[corners[number]] <= _SAME_PLACE * extent:
            raise DataError(
                f"{n_states} metastable states: the eigenfunctions have only {number} different corners; ask for fewer"
            )
        direction = left[corners[number]] / distances[corners[number]]
        left = left - np.outer(left @ direction, direction)
    return Memberships(corners, np.linalg.inv(functions[corners]))
