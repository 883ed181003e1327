"""What an equation says of itself, from which everything else follows: basis, conditions, residual, training and tests.

The system names the parameters and knows random inputs and reference solutions; a subclass names the system, the axes
and the residual. That is one file.

Source: Du, Chalapathi and Krishnapriyan, Neural Spectral Methods (ICLR 2024), sections 3 and 4.
"""

import copy
import dataclasses
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.budget import require_memory, weigh_time
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.data.views.fresh_parameters import FreshParameters, Parameters
from sciml_bench.nsm.bases import TensorProduct
from sciml_bench.nsm.equations.conditions import Conditions
from sciml_bench.nsm.equations.parameter_checks import require_drawn_fields_held
from sciml_bench.nsm.grid import Grid
from sciml_bench.nsm.sampled_functions import Coefficients, ParameterSeries, SampledFunction, SpectralFunction, Values
from sciml_bench.systems.base import ParameterError
from sciml_bench.systems.partial.partial_differential_equation import PartialDifferentialEquation

Solver = Callable[[Parameters, int], Float[np.ndarray, "batch *grid"]]
"""From parameters and points per space axis to solutions."""

LARGEST_UNRESOLVED_PART = 0.1
"""Of the variance of a random field along an axis: beyond, what is drawn is on the way to noise without any scale."""


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


_BYTES_PER_POINT = 12
"""Of a solution in double precision, and in single precision as it is kept [measured: peak memory of Poisson's equation
at 512² and 1024² points and of Burgers' at 8192 and 16384]."""


class Equation(Conditions):
    """A partial differential equation with random parameters.

    A subclass defines the class attributes below, `residual`, `axes` and `linear_part`. What it was made with
    describes it, so that a learned operator is restored without any configuration.

    Args:
        **settings: the parameters of `system_class`, as it documents them, and those of `FreshParameters`.

    Attributes:
        system: which names the parameters, draws random inputs and solves.
        sampling: the fresh and the held-out parameters of training and test.

    Raises:
        ConfigurationError: a value is out of range; the message names the key `pde.<setting>`.
    """

    system_class: ClassVar[type[PartialDifferentialEquation]]

    quantity: ClassVar[str] = "u"
    """What the solution is, for figures."""

    depends_on_position: bool = False
    """Whether it names positions on a circle, as a force does: else a shifted question has the shifted answer."""

    linear_part: LinearPart

    state_shape: ClassVar[None] = None
    """It has no states, as a record has."""

    def __init_subclass__(cls) -> None:
        """Every equation remembers its settings."""
        described(cls)

    def __init__(self, **settings: Any) -> None:
        names = {field.name for field in fields(self.system_class)}  # pyright: ignore[reportArgumentType]
        parameters = {name: settings.pop(name) for name in names & set(settings)}
        try:
            self.system = self.system_class(**parameters)
        except ParameterError as error:
            raise ConfigurationError(f"pde.{error.name}={error.value}: {error.remedy}") from error
        if self.system.unresolved_part > LARGEST_UNRESOLVED_PART:
            raise ConfigurationError(
                f"pde.length_scale={self.system.length_scale}: {self.system.unresolved_part:.0%} of a random field "
                f"would be in waves too short for the {self.system.n_points} points per axis on which it is drawn; "
                "give a larger one, or more points with pde.n_points"
            )
        self.sampling = FreshParameters(self, **settings)

    @abstractmethod
    def residual(self, solution: SampledFunction, parameters: Values) -> Values:
        """Zero where the equation holds.

        Args:
            solution: u.
            parameters: the source or the initial field on the same grid, constant along time.
        """

    @property
    def identity(self) -> str:
        """Everything that reference solutions depend on."""
        return repr(self.system)

    @cached_property
    def parameter_modes(self) -> tuple[int, ...]:
        """Modes per space axis that hold a random field on its `n_points`."""
        n = self.system.n_points
        kinds = (self.axes[index].kind for index in self.space_axes)
        # an even grid of a circle ends with a cosine, for which an odd basis needs one mode more
        return tuple(n + 1 - n % 2 if kind == "periodic" else n for kind in kinds)

    def solve(self, parameters: Parameters, resolution: int, n_times: int) -> Float[np.ndarray, "batch *grid"]:
        """Numerical solutions of which the error is far below that of any network.

        Args:
            parameters: as from `draw_parameters`.
            resolution: points per space axis, equally spaced.
            n_times: equally spaced points in time, both ends included, for equations with time.
        """
        return self.system.reference(np.asarray(parameters, dtype=np.float64), resolution)

    def changed(self, **parameters: Any) -> "Equation":
        """The equation with other numbers, to draw from and to solve; what a training needs of it stays as it was.

        Args:
            **parameters: of the system.
        """
        other = copy.copy(self)
        other.system = dataclasses.replace(self.system, **parameters)  # pyright: ignore[reportArgumentType]
        return other

    def solvers(self, n_times: int) -> list[Solver]:
        """Ways to solve, the cheapest first and the one behind `solve` last.

        Args:
            n_times: of the solutions, for equations with time.
        """
        return [lambda parameters, resolution: self.solve(parameters, resolution, n_times)]

    def setup(self) -> None:
        """Draw the held-out parameters and compute, or read, their solutions, once; further calls do nothing.

        Raises:
            ConfigurationError: `parameter_modes` are too few for the random fields.
            SolverError: the reference solver broke down.
        """
        if not self.sampling.is_ready:
            most = max(self.sampling.test_resolutions)
            self.require_size("pde.test_resolutions", most, self.sampling.n_held_out["test"])
            require_drawn_fields_held(self)
            self.sampling.setup()

    def require_size(self, key: str, resolution: int, count: int) -> None:
        """Stop at solutions that cannot fit into memory, or that no solver gives overnight.

        Args:
            key: of the configuration, for the message.
            resolution: points per space axis.
            count: how many solutions.

        Raises:
            ConfigurationError: they are too many or too large.
        """
        n_times = self.sampling.test_time_points if len(self.axes) > len(self.space_axes) else 1
        points = n_times * float(resolution) ** len(self.space_axes)
        asked = f"{key}={resolution}: {count} solutions of {points:.3g} points"
        require_memory(asked, count * points * _BYTES_PER_POINT, "give fewer points")
        weigh_time("pde.solver_step: to solve for the parameters", self.seconds_to_solve(count), "give longer steps")

    def seconds_to_solve(self, count: int) -> float:
        """About how long the reference solver takes where it takes steps.

        Args:
            count: how many solutions.
        """
        return 0.0

    def test_grid(self, resolution: int) -> Grid:
        """The equally spaced points on which solutions are compared.

        Args:
            resolution: points per space axis; time has as many as the tests.
        """
        size = tuple(self.sampling.test_time_points if axis.kind == "time" else resolution for axis in self.axes)
        return Grid.equally_spaced(self.axes, size)

    def residual_series(
        self, coefficients: Coefficients, basis: TensorProduct, parameters: ParameterSeries
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
