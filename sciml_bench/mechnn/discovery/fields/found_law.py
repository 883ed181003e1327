"""A law of fields that was found, to read and to integrate."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float

from sciml_bench.mechnn.discovery.fields.field_library import FieldLibrary
from sciml_bench.mechnn.discovery.sparse_equations import right_hand_side
from sciml_bench.systems import FieldLaw


@dataclass(frozen=True, eq=False)
class FoundFieldLaw(FieldLaw):
    """u_t = Σ_j coefficients[j, 0] θ_j(u).

    Args:
        library: θ.
        coefficients: zero for the terms that are not there.
        largest_step: of the solver, in time.
    """

    library: FieldLibrary
    coefficients: Float[np.ndarray, "terms 1"]
    largest_step: float

    known_facts: ClassVar[frozenset[str]] = frozenset()

    @property
    def length(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Of the circle."""
        return self.library.length

    @property
    def n_points(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Of a field of the record."""
        return self.library.spec.dim

    @property
    def table(self) -> Float[np.ndarray, "powers orders"]:
        """The coefficients by power and derivative."""
        return self.library.table(np.asarray(self.coefficients)[:, 0])

    @property
    def support(self) -> Bool[np.ndarray, "terms 1"]:
        """Which terms are there."""
        return np.asarray(self.coefficients) != 0

    @property
    def text(self) -> tuple[str, ...]:
        """The equation, as a person reads it."""
        names, values = self.library.names, np.asarray(self.coefficients)[:, 0]
        return (f"d{self.library.spec.component_names[0]}/dt = {right_hand_side(names, values)}",)
