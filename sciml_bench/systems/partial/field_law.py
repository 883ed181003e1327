"""The contract of laws of fields on a circle, u_t = Σ c_pd ∂ᵈ(uᵖ)/∂xᵈ, and one solver for all of them."""

from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.errors import SolverError
from sciml_bench.systems.numerics.periodic_flow import PeriodicFlow, at_points, kept_modes
from sciml_bench.systems.ordinary.ordinary_differential_equation import OrdinaryDifferentialEquation, Real


class FieldLaw(OrdinaryDifferentialEquation):
    """A field at equally spaced points, as a state.

    A subclass gives the attributes and `table`.

    Attributes:
        length: of the circle.
        n_points: at which fields are given and returned, at length · j / n_points.
        largest_step: of the solver, in time; errors fall with its fourth power.
    """

    length: Real
    n_points: int
    largest_step: Real
    is_stiff: ClassVar[bool] = True

    @property
    def table(self) -> Float[np.ndarray, "powers orders"]:
        """c, with a row per power 0, 1, … and a column per derivative 0, 1, …"""
        raise NotImplementedError(f"{type(self).__name__} has no table of coefficients")

    @property
    def n_modes(self) -> int:
        """Modes of the solver: those that the points hold."""
        return (self.n_points + 1) // 2

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Number of points of a field."""
        return self.n_points

    @property
    def grid(self) -> Float[np.ndarray, " points"]:
        """Where fields are given; the last point is followed by the first."""
        return np.arange(self.n_points) * (self.length / self.n_points)

    def vector_field(
        self, t: float | int | Float[torch.Tensor, "*times"], x: Float[torch.Tensor, "*batch variables"]
    ) -> Float[torch.Tensor, "*batch dim"]:
        """The rate of the trigonometric interpolant through the points, at these points."""
        waves = 2j * torch.pi / self.length * torch.arange(self.n_points // 2 + 1, dtype=x.dtype)
        odd = waves.clone()
        if self.n_points % 2 == 0:
            odd[-1] = 0  # the highest wave is a cosine, whose slope is zero at every point
        rate = torch.full_like(x, float(self.table[0, 0]))
        for power, row in enumerate(self.table[1:].tolist(), start=1):
            symbol = sum(c * (odd if order % 2 else waves) ** order for order, c in enumerate(row))
            rate = rate + torch.fft.irfft(symbol * torch.fft.rfft(x**power), n=self.n_points)
        return rate

    def long_motion(
        self, x0: Float[np.ndarray, " dim"], t: Float[np.ndarray, " time"]
    ) -> Float[np.ndarray, "time dim"]:
        """One motion by the same solver.

        Args:
            x0: field at time `t[0]`.
            t: increasing times.
        """
        return self._integrate(x0[None], t)[0]

    def _integrate(self, x0: np.ndarray, times: np.ndarray, inputs: object = None) -> np.ndarray:
        """Fourier–Galerkin and exponential Runge–Kutta (see `periodic_flow`), all fields together."""
        table, modes = self.table, kept_modes(x0, self.n_modes)
        fields = np.empty((len(x0), len(times), self.n_points))
        fields[:, 0] = x0
        for index, passed in enumerate(np.diff(times).tolist(), start=1):
            n_steps = int(np.ceil(passed / self.largest_step - 1e-9))
            step = round(passed / n_steps, 12)  # equal intervals share their coefficients
            flow = _flow(table.tobytes(), table.shape, float(self.length), self.n_modes, step)
            modes = flow.advance(modes, n_steps)
            if not np.isfinite(modes).all():
                raise SolverError(
                    f"{type(self).__name__} broke down before time {times[index]:g}; choose a largest_step below "
                    f"{self.largest_step:g}, or smaller initial fields"
                )
            fields[:, index] = at_points(modes, self.n_points)
        return fields


@lru_cache(maxsize=16)
def _flow(table: bytes, shape: tuple[int, int], length: float, n_modes: int, step: float) -> PeriodicFlow:
    return PeriodicFlow(np.frombuffer(table).reshape(shape), length, n_modes, step)
