"""Candidate terms of the law of a field on a circle: derivatives of its powers, with their names."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.data.spec import RecordSpec

_HIGHEST = {"degree": 4, "highest_derivative": 6}
_UNEVEN = 1e-3
"""Of the distance of two points, by which the distances may differ."""


@dataclass(frozen=True, eq=False)
class FieldLibrary:
    """∂ᵈ(uᵖ)/∂xᵈ, for d = 1 over p, so that it is uᵖ⁻¹ u_x, and the constant.

    Args:
        spec: of a record of fields on equally spaced points of a circle.
        degree: highest power p, 1 to 4.
        highest_derivative: d, 0 to 6.

    Raises:
        ConfigurationError: a number is out of range.
        NotApplicableError: the record is none of such fields.
    """

    spec: RecordSpec
    degree: int = 2
    highest_derivative: int = 4

    def __post_init__(self) -> None:
        """Check the choices."""
        for name, fewest in (("degree", 1), ("highest_derivative", 0)):
            remedy = f"give a whole number from {fewest} to {_HIGHEST[name]}"
            if require_integer(f"model.{name}", getattr(self, name), fewest, remedy) > _HIGHEST[name]:
                raise ConfigurationError(f"model.{name}={getattr(self, name)}: {remedy}.")
        grid = self.spec.grid
        if grid is None or self.spec.state_shape != grid.shape:
            raise NotApplicableError(
                f"laws of fields are found in fields on a circle; these are states of the shape {self.spec.state_shape}"
                " without a grid: model=polynomials finds laws of vectors"
            )
        steps = np.diff(grid)
        if not (steps > 0).all() or np.ptp(steps) > _UNEVEN * steps.mean():
            raise NotApplicableError("laws of fields are found on equally spaced points; those of this record are not")

    @property
    def length(self) -> float:
        """Of the circle; the last point is followed by the first."""
        grid = np.asarray(self.spec.grid)
        return float((grid[-1] - grid[0]) * len(grid) / (len(grid) - 1))

    @cached_property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Power and derivative of every term."""
        orders = range(self.highest_derivative + 1)
        return ((0, 0), *((power, order) for power in range(1, self.degree + 1) for order in orders))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the terms, as a person writes them."""
        return tuple(_name(self.spec.component_names[0], *place) for place in self.places)

    @property
    def n_terms(self) -> int:
        """Number of candidate terms."""
        return len(self.places)

    def table(self, coefficients: Float[np.ndarray, "*batch terms"]) -> Float[np.ndarray, "*batch powers orders"]:
        """Coefficients with a row per power and a column per derivative, as `PeriodicFlow` takes them."""
        found = np.zeros((*coefficients.shape[:-1], self.degree + 1, self.highest_derivative + 1))
        for term, (power, order) in enumerate(self.places):
            found[..., power, order] = coefficients[..., term] / (power if order == 1 else 1)
        return found

    def coefficients(self, table: Float[np.ndarray, "powers orders"]) -> Float[np.ndarray, " terms"] | None:
        """The inverse of `table`; None of a law that is no combination of the terms."""
        padded = np.zeros((max(len(table), self.degree + 1), max(table.shape[1], self.highest_derivative + 1)))
        padded[: len(table), : table.shape[1]] = table
        found = np.array([padded[place] * (place[0] if place[1] == 1 else 1) for place in self.places])
        told = self.table(found)
        padded[: told.shape[0], : told.shape[1]] -= told
        return None if padded.any() else found


def _name(component: str, power: int, order: int) -> str:
    if power == 0:
        return "1"
    whole = component if power == 1 else f"{component}^{power}"
    if order == 0:
        return whole
    if order == 1 and power > 1:
        return f"{_name(component, power - 1, 0)} {component}_x"
    return f"{component}_{'x' * order}" if power == 1 else f"({whole})_{'x' * order}"
