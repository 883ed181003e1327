"""Where a function on the unit domain is sampled: the nodes of bases, or equally spaced points."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import Basis, Chebyshev, Fourier, TensorProduct


@dataclass(frozen=True)
class Axis:
    """One axis of an equation's domain, [0, 1].

    Args:
        name: such as x or t, for figures.
        kind: `periodic`; `time`, whose solution is given at 0; `bounded`, whose solution vanishes at both ends.
    """

    name: str
    kind: Literal["periodic", "time", "bounded"]

    @property
    def basis_kind(self) -> type[Basis]:
        """Fourier on a circle, Chebyshev elsewhere."""
        return Fourier if self.kind == "periodic" else Chebyshev


@dataclass(frozen=True)
class Grid:
    """A product of points per axis.

    Args:
        axes: what the axes are.
        basis: whose nodes the points are; None where they are equally spaced.
        size: number of points per axis.
    """

    axes: tuple[Axis, ...]
    basis: TensorProduct | None
    size: tuple[int, ...]

    @classmethod
    def of_nodes(cls, axes: tuple[Axis, ...], basis: TensorProduct) -> "Grid":
        """The nodes of a basis."""
        return cls(axes, basis, basis.n_modes)

    @classmethod
    def equally_spaced(cls, axes: tuple[Axis, ...], size: tuple[int, ...]) -> "Grid":
        """j/n on periodic axes, whose end is their start again; j/(n−1) on the others.

        Raises:
            ConfigurationError: fewer than 3 points on an axis, with which no second difference can be formed.
        """
        if len(size) != len(axes) or any(n < 3 for n in size):
            raise ConfigurationError(f"a grid of {size} points: give at least 3 for each of the {len(axes)} axes")
        return cls(axes, None, tuple(size))

    @property
    def points(self) -> tuple[Float[np.ndarray, " _"], ...]:
        """Positions per axis."""
        if self.basis is not None:
            return self.basis.nodes
        return tuple(
            np.arange(n) / n if axis.kind == "periodic" else np.linspace(0.0, 1.0, n)
            for axis, n in zip(self.axes, self.size, strict=True)
        )
