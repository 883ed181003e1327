"""Where an equation holds: its axes, and the bases in which series along them are exact.

Source: Du, Chalapathi and Krishnapriyan, Neural Spectral Methods (ICLR 2024), section 3.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import ClassVar

from sciml_bench.core.checks import is_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.nsm.bases import TensorProduct
from sciml_bench.nsm.grid import Axis

FACTORS = {"time": (0.5, 0.5), "bounded": (0.5, 0.0, -0.5)}
"""Chebyshev coefficients of t and of 4x(1 − x), by which conditions are made exact."""


class Domain:
    """What follows from the axes, from the degree of the residual and from the modes that hold the parameters."""

    name: ClassVar[str]

    axes: tuple[Axis, ...]
    """Of the solution; time first."""

    zero_mean: bool = False
    """Whether the mean over space is zero: the gauge of a periodic Poisson problem, a conserved circulation."""

    degree: ClassVar[int] = 1
    """Of the residual as a polynomial in the solution; 2 for products of two series."""

    parameter_modes: tuple[int, ...]
    """Modes per space axis that hold the random parameters; what a person's own have beyond is refused."""

    @cached_property
    def space_axes(self) -> tuple[int, ...]:
        """Positions of the axes that are not time."""
        return tuple(index for index, axis in enumerate(self.axes) if axis.kind != "time")

    @property
    def is_initial_value_problem(self) -> bool:
        """Whether the parameters are the field at time 0, which the solution then takes exactly."""
        return len(self.space_axes) < len(self.axes)

    def basis(self, n_modes: Sequence[int]) -> TensorProduct:
        """The equation's own basis: Fourier on periodic axes, Chebyshev elsewhere.

        Raises:
            ConfigurationError: not one number per axis, or fewer modes than make sense.
        """
        names = ", ".join(axis.name for axis in self.axes)
        if isinstance(n_modes, str) or not isinstance(n_modes, Sequence) or len(n_modes) != len(self.axes):
            raise ConfigurationError(
                f"model.modes={n_modes}: {self.name} has the axes ({names}); give a number for each"
            )
        for n, axis in zip(n_modes, self.axes, strict=True):
            if not is_integer(n, 3):
                raise ConfigurationError(
                    f"model.modes={list(n_modes)}: {n} modes along {axis.name}; give a whole number of at least 3"
                )
            if axis.kind == "periodic" and n % 2 == 0 and self.zero_mean:
                # division by |2πk|² would keep a Nyquist mode that no derivative sees
                raise ConfigurationError(
                    f"model.modes={list(n_modes)}: an even number of modes along {axis.name} has a wave whose "
                    f"derivative is unknown, which leaves {self.name} without a unique solution; use {n - 1} or {n + 1}"
                )
        return TensorProduct.of([axis.basis_kind for axis in self.axes], n_modes)

    def solution_basis(self, basis: TensorProduct) -> TensorProduct:
        """The basis that holds u exactly for z in `basis`: its factors add modes, the initial field may need more.

        An even number of waves gets one more, in which the last cosine has a derivative as every other.
        """
        sizes = []
        for index, (axis, n) in enumerate(zip(self.axes, basis.n_modes, strict=True)):
            wider = n + len(FACTORS.get(axis.kind, (1.0,))) - 1
            held = self.parameter_modes[self.space_axes.index(index)] if axis.kind != "time" else 0
            size = max(wider, held) if self.is_initial_value_problem else wider
            sizes.append(size + 1 - size % 2 if axis.kind == "periodic" else size)
        return basis.resized(sizes)

    def residual_basis(self, basis: TensorProduct) -> TensorProduct:
        """The basis that holds the residual without aliasing, for u in `basis`."""
        own = basis.product_basis(self.degree) if self.degree > 1 else basis
        if self.is_initial_value_problem:
            return own
        return own.resized([max(n, held) for n, held in zip(own.n_modes, self.parameter_modes, strict=True)])
