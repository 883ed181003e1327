"""Cells of a grid on a sphere: how much of it each covers, and states whose squares are means over the area."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Integer

_SLACK = 1e-3
"""Degrees by which a latitude in single precision may lie beyond a pole."""


@dataclass(frozen=True)
class Latitudes:
    """Where a file has them.

    Args:
        axis: of a state, from 0.
        degrees: along it.
        several: whether the last axis of a state counts variables, as temperature and pressure.
    """

    axis: int
    degrees: tuple[float, ...]
    several: bool = False

    def areas(self, state_shape: Sequence[int]) -> "CellAreas":
        """Of the cells of a state.

        Between two latitudes there is an edge, at the poles the grid ends; on a parallel all cells count alike.

        Raises:
            ValueError: no latitudes, or out of order.
        """
        degrees = np.array(self.degrees)
        steps = np.diff(degrees)
        if len(degrees) < 2 or not ((steps > 0).all() or (steps < 0).all()) or np.abs(degrees).max() > 90 + _SLACK:
            raise ValueError("two or more between -90 and 90 degrees, in their order, are needed")
        edges = (degrees[1:] + degrees[:-1]) / 2
        edges = np.concatenate([[degrees[0] - steps[0] / 2], edges, [degrees[-1] + steps[-1] / 2]])
        bands = np.abs(np.diff(np.sin(np.deg2rad(np.clip(edges, -90, 90)))))
        along = np.ones(len(state_shape), dtype=int)
        along[self.axis] = len(bands)
        whole = np.broadcast_to((bands / bands.mean()).reshape(along), state_shape)
        numbers = np.arange(state_shape[-1]) if self.several else np.zeros(1, dtype=int)
        return CellAreas(whole.ravel(), np.broadcast_to(numbers, state_shape).ravel())


@dataclass(frozen=True, eq=False)
class CellAreas:
    """How much of the sphere every number of a state stands for.

    Args:
        areas: relative to their mean, of the numbers in the order of a state that is read as a vector.
        variables: what each is a value of; variables have scales of their own.
    """

    areas: Float[np.ndarray, " dim"]
    variables: Integer[np.ndarray, " dim"]

    def picked(self, columns: Sequence[int]) -> "CellAreas":
        """Of some of the numbers, in another order."""
        return CellAreas(self.areas[list(columns)], self.variables[list(columns)])

    def with_past(self, count: int, n_acting: int = 0) -> "CellAreas":
        """Of states with earlier ones appended, each with the inputs that acted then, which have scales of their own.

        Args:
            count: earlier states.
            n_acting: inputs.
        """
        acting = self.variables.max() + 1 + np.arange(n_acting)
        areas = np.concatenate([self.areas, *[self.areas, np.ones(n_acting)] * count])
        return CellAreas(areas, np.concatenate([self.variables, *[self.variables, acting] * count]))

    @cached_property
    def _weights(self) -> Float[np.ndarray, " dim"]:
        """Of every number in the mean over the area that its variable has here."""
        return self.areas / np.bincount(self.variables, self.areas)[self.variables]

    def scales(self, squares: Float[np.ndarray, "*state"]) -> Float[np.ndarray, "*state"]:
        """What to divide states by, so that the mean of their squares is one over the area.

        All cells of a variable have one deviation, the root of its variance over time and area, and a cell is divided
        by this over the root of its relative area.

        Args:
            squares: mean square of every number of a state, about its mean.
        """
        flat = np.asarray(squares, dtype=np.float64).ravel()
        mean = np.bincount(self.variables, self._weights * flat)[self.variables]
        relative = self._weights * np.bincount(self.variables)[self.variables]
        return np.sqrt(np.where(mean > 0, mean, 1.0) / relative).reshape(np.shape(squares))
