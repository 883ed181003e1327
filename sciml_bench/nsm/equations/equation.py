"""What an equation says of itself, from which everything else follows: basis, conditions, residual, training and tests.

A solution is u = g + scale · Π factor · z with z from a network: the factor t makes the initial value exact, 4x(1 − x)
the zero at both ends of a bounded axis, and g is the initial field. A field without mean has its mean removed. So a
subclass states its axes, its residual, the distribution of its parameters and a reference solver; that is one file.

Source: Du, Chalapathi and Krishnapriyan, Neural Spectral Methods (ICLR 2024), sections 3 and 4.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.nsm.bases import Basis, Chebyshev, TensorProduct
from sciml_bench.nsm.bases.basis import apply
from sciml_bench.nsm.equations.parameter_checks import largest_drawn_loss, require_fields
from sciml_bench.nsm.grid import Axis, Grid
from sciml_bench.nsm.parametric_data import ParametricData
from sciml_bench.nsm.sampled_functions import SampledFunction, SpectralFunction

_LARGEST_FLOOR = 1e-2
"""Part of the random fields that may lie beyond `parameter_modes`; no training can make the error smaller than that."""
_FACTORS = {"time": (0.5, 0.5), "bounded": (0.5, 0.0, -0.5)}
"""Chebyshev coefficients of t and of 4x(1 − x)."""

Parameters = Float[np.ndarray, "batch *parameter_grid"]
Coefficients = Float[Tensor, "batch *modes"]


@dataclass(frozen=True)
class LinearPart:
    """The linear operator rate · ∂_t − diffusion · Δ + decay that the residual is about, or is closest to.

    Args:
        rate: of the time derivative; 0 where there is no time.
        diffusion: ν.
        decay: of the term without derivatives.
    """

    rate: float = 0.0
    diffusion: float = 1.0
    decay: float = 0.0


class Equation(ParametricData):
    """A partial differential equation with random parameters, and the data module of its training and tests.

    A subclass defines the class attributes below, `residual`, `draw_parameters` and `solve`.

    Args:
        **sampling: of training and test, see `ParametricData`.
    """

    name: ClassVar[str]
    quantity: ClassVar[str] = "u"
    """What the solution is, for figures."""

    axes: tuple[Axis, ...]
    """Of the solution; time first."""

    zero_mean: bool = False
    """Whether the mean over space is zero: the gauge of a periodic Poisson problem, a conserved circulation."""

    degree: ClassVar[int] = 1
    """Of the residual as a polynomial in the solution; 2 for products of two series."""

    depends_on_position: bool = False
    """Whether it names positions on a circle, as a force does: else a shifted question has the shifted answer."""

    linear_part: LinearPart
    parameter_modes: tuple[int, ...]
    """Modes per space axis that hold the random parameters; what a person's own have beyond is refused."""

    parameter_modes_setting: ClassVar[str] = "pde.parameter_modes"
    """The key that makes room for rougher fields."""

    # ---- what a subclass says ---------------------------------------------------------------------------------------

    @abstractmethod
    def residual(
        self, solution: SampledFunction, parameters: Float[Tensor, "batch *grid"]
    ) -> Float[Tensor, "batch *grid"]:
        """Zero where the equation holds.

        Args:
            solution: u.
            parameters: the source or the initial field on the same grid, constant along time.
        """

    # ---- axes -------------------------------------------------------------------------------------------------------

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
            if isinstance(n, bool) or not isinstance(n, int) or n < 3:
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
            wider = n + len(_FACTORS.get(axis.kind, (1.0,))) - 1
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

    def test_grid(self, resolution: int) -> Grid:
        """The equally spaced points on which solutions are compared.

        Args:
            resolution: points per space axis; time has `test_time_points`.
        """
        size = tuple(self.test_time_points if axis.kind == "time" else resolution for axis in self.axes)
        return Grid.equally_spaced(self.axes, size)

    # ---- parameters -------------------------------------------------------------------------------------------------

    def setup(self, stage: str | None = None) -> None:
        """As every parametric data module, once it is sure that the series hold the random fields.

        Args:
            stage: Lightning's name of what comes next.

        Raises:
            ConfigurationError: `parameter_modes` are too few for the random fields.
        """
        if self._held_out:
            return
        worst = largest_drawn_loss(self)
        if worst > _LARGEST_FLOOR:
            raise ConfigurationError(
                f"{self.parameter_modes_setting}={self.parameter_modes[0]}: {worst:.1%} of a random field is in waves "
                "beyond; give more, or a larger pde.length_scale"
            )
        super().setup(stage)

    @cached_property
    def parameter_basis(self) -> TensorProduct:
        """Of the space axes."""
        kinds = [self.axes[index].basis_kind for index in self.space_axes]
        return TensorProduct.of(kinds, self.parameter_modes)

    def parameter_coefficients(
        self, parameters: Float[Tensor, "batch *parameter_grid"]
    ) -> Float[Tensor, "batch *parameter_modes"]:
        """The series that a parameter field stands for.

        Args:
            parameters: at the points j/n of periodic axes (the end point is not repeated) or the Chebyshev nodes of
                bounded ones; any n of at least 3.

        Raises:
            DataError: not a batch of such fields.
        """
        given = self.given_basis(tuple(parameters.shape))
        coefficients = given.analyse(parameters)
        if given.n_modes == self.parameter_basis.n_modes:
            return coefficients
        return given.resize(coefficients, self.parameter_modes)

    def require_parameters(self, parameters: Parameters, key: str = "parameters") -> None:
        """Check a person's own parameters before anything is computed from them; see `parameter_checks`.

        Raises:
            DataError: they cannot be used.
        """
        require_fields(self, parameters, key)

    def given_basis(self, shape: tuple[int, ...], key: str = "parameters") -> TensorProduct:
        """The basis whose nodes are the points of given fields.

        Args:
            shape: of the fields, batch first.
            key: what they are called in a message.

        Raises:
            DataError: not a batch of fields with at least 3 points per axis.
        """
        names = ", ".join(self.axes[index].name for index in self.space_axes)
        if len(shape) != len(self.space_axes) + 1 or any(n < 3 for n in shape[1:]) or shape[0] < 1:
            raise DataError(
                f"{key} of shape {tuple(shape)}: {self.name} needs (batch, {names}) with at least 3 points each"
            )
        return self.parameter_basis.resized(shape[1:])

    def parameters_on(
        self, coefficients: Float[Tensor, "batch *parameter_modes"], grid: Grid
    ) -> Float[Tensor, "batch *grid"]:
        """The parameter fields on a grid, repeated along time (without a copy).

        Args:
            coefficients: from `parameter_coefficients`.
            grid: of the solution.
        """
        values = coefficients
        for position, index in enumerate(self.space_axes):
            matrix = _sampling_matrix(self.parameter_basis.bases[position], grid, index, values.dtype, values.device)
            values = apply(matrix, values, position - len(self.space_axes))
        if self.is_initial_value_problem:
            values = values.unsqueeze(1).expand(-1, grid.size[0], *values.shape[1:])
        return values

    # ---- solutions --------------------------------------------------------------------------------------------------

    def solution(
        self,
        network: Coefficients,
        basis: TensorProduct,
        parameters: Float[Tensor, "batch *parameter_modes"],
    ) -> tuple[TensorProduct, Float[Tensor, "batch *solution_modes"]]:
        """The series u that fulfils the conditions, from the series z of a network.

        Args:
            network: coefficients of z.
            basis: of z.
            parameters: coefficients, from `parameter_coefficients`.

        Returns:
            the basis of u and its coefficients.
        """
        wide = self.solution_basis(basis)
        coefficients = network
        for index, axis in enumerate(self.axes):
            if axis.kind in _FACTORS:
                matrix = _factor_matrix(basis.bases[index], axis.kind, network.dtype, network.device)
                coefficients = apply(matrix, coefficients, index - len(self.axes))
        partly = basis.resized(coefficients.shape[1:])
        coefficients = partly.resize(coefficients, wide.n_modes)
        if self.zero_mean:
            coefficients = self._without_mean(coefficients)
        if self.is_initial_value_problem:
            initial = self.parameter_basis.resize(parameters, wide.n_modes[1:]).unsqueeze(1)
            coefficients = torch.cat([coefficients[:, :1] + initial, coefficients[:, 1:]], dim=1)
        return wide, coefficients

    def solution_values(
        self, network: Float[Tensor, "batch *grid"], grid: Grid, parameters: Float[Tensor, "batch *grid"]
    ) -> Float[Tensor, "batch *grid"]:
        """The same for values of z on a grid.

        Args:
            network: z.
            grid: where.
            parameters: on the grid.
        """
        values = network
        for index, (axis, points) in enumerate(zip(self.axes, grid.points, strict=True)):
            if axis.kind in _FACTORS:
                factor = torch.from_numpy(points if axis.kind == "time" else 4 * points * (1 - points)).to(values)
                values = values * factor.reshape([-1 if k == index else 1 for k in range(len(self.axes))])
        if self.zero_mean:
            axes = [index - len(self.axes) for index in self.space_axes]
            values = values - values.mean(dim=axes, keepdim=True)
        return values + parameters if self.is_initial_value_problem else values

    def residual_series(
        self, coefficients: Coefficients, basis: TensorProduct, parameters: Float[Tensor, "batch *parameter_modes"]
    ) -> tuple[TensorProduct, Float[Tensor, "batch *residual_modes"]]:
        """The residual of a series u as a series, without aliasing.

        Args:
            coefficients: of u.
            basis: of u.
            parameters: coefficients, from `parameter_coefficients`.
        """
        wide = self.residual_basis(basis)
        on_nodes = self.parameters_on(parameters, Grid.of_nodes(self.axes, wide))
        return wide, wide.analyse(self.residual(SpectralFunction(coefficients, basis, wide), on_nodes))

    def _without_mean(self, coefficients: Tensor) -> Tensor:
        mask = torch.ones(coefficients.shape[1:], dtype=coefficients.dtype, device=coefficients.device)
        mask[tuple(0 if index in self.space_axes else slice(None) for index in range(len(self.axes)))] = 0
        return coefficients * mask


@lru_cache(maxsize=256)
def _factor_matrix(basis: Basis, kind: str, dtype: torch.dtype, device: torch.device) -> Tensor:
    if not isinstance(basis, Chebyshev):
        raise ConfigurationError(f"a condition on an axis of kind {kind} needs a Chebyshev basis there")
    matrix = basis.multiplication_matrix(np.array(_FACTORS[kind]))
    with torch.inference_mode(False):
        return torch.from_numpy(matrix).to(dtype=dtype, device=device)


@lru_cache(maxsize=256)
def _sampling_matrix(basis: Basis, grid: Grid, axis: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    with torch.inference_mode(False):
        return torch.from_numpy(basis.evaluation_matrix(grid.points[axis])).to(dtype=dtype, device=device)
