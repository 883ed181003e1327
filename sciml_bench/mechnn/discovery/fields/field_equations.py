"""The law of a field that was found, as a plain object: to read, to forecast with, and to denoise by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sciml_bench.data.capabilities import require_past
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.step_forecaster import StepForecaster
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.mechnn.discovery.fields.field_library import FieldLibrary
from sciml_bench.mechnn.discovery.fields.flow_fit import FlowFit
from sciml_bench.mechnn.discovery.fields.found_law import FoundFieldLaw
from sciml_bench.mechnn.discovery.fields.smoothing import smoothed
from sciml_bench.systems.numerics.periodic_flow import at_points, kept_modes


@dataclass(frozen=True, eq=False)
class FieldEquations(StepForecaster):
    """u_t = Σ_j ξ_j θ_j(u), with what is needed to use it.

    Args:
        library: θ.
        coefficients: ξ, zero for the terms that are not there.
        standard_errors: of the coefficients.
        rows_of_change: in which a field becomes another.
        noise: mean square of the modulus of the noise in a mode.
        power: of every observed mode, noise included.
        is_clean: whether fields are taken as they are.
        explained: part of the variance of the change of fields that the law explains.
        past: the last rows of the record.
    """

    library: FieldLibrary
    coefficients: Float[np.ndarray, "terms 1"]
    standard_errors: Float[np.ndarray, "terms 1"]
    rows_of_change: int
    noise: float
    power: Float[np.ndarray, " modes"]
    is_clean: bool
    explained: float = 1.0
    past: Trajectories | None = None

    longest_past: ClassVar[int] = 7
    """Rows of which the present is told, in those in which a field changes."""

    @property
    def spec(self) -> RecordSpec:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Of the record."""
        return self.library.spec

    def tensors(self) -> dict[str, Tensor]:
        """None beside the fields."""
        return {}

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """There are none."""

    # ---- equations --------------------------------------------------------------------------------------------------

    def system(self) -> FoundFieldLaw:
        """The law as a system that can be integrated."""
        return FoundFieldLaw(self.library, np.asarray(self.coefficients), self._fit.solver_step)

    def equations(self) -> tuple[str, ...]:
        """The equation, as a person reads it."""
        return self.system().text

    def coefficient_table(self) -> dict[str, Float[np.ndarray, " components"]]:
        """The coefficient of every candidate term."""
        return dict(zip(self.library.names, np.asarray(self.coefficients), strict=True))

    # ---- fields -----------------------------------------------------------------------------------------------------

    @property
    def _fit(self) -> FlowFit:
        clock = (self.spec.time_step, self.rows_of_change, self.noise)
        return FlowFit(self.library, *clock, np.asarray(self.power), self.spec.dim)

    @property
    def _column(self) -> Float[np.ndarray, " terms"]:
        return np.asarray(self.coefficients)[:, 0]

    def rows_used(self, past: Trajectories) -> int:
        """The last rows without a gap, as many as tell something of the present."""
        if self.is_clean:
            return 1
        lengths = [length - past.edges(number)[-2] for number, length in enumerate(past.lengths)]
        return min(self.longest_past * self.rows_of_change, *lengths)

    def continued(
        self, last: Float[np.ndarray, "batch rows points"], n_steps: int
    ) -> Float[np.ndarray, "batch time points"]:
        """The motion from the last row on, which is denoised first."""
        starts = self._modes_of(last)[:, -1]
        return at_points(self._fit.motions(starts, self._column, n_steps + 1)[:, 1:], self.spec.dim)

    def reconstruct(self, observed: Trajectories) -> list[Float[np.ndarray, "_ *state"]]:
        """The fields of every trajectory without their noise.

        Args:
            observed: without missing values.

        Raises:
            DataError: other fields, or another clock.
        """
        require_past(observed, self.spec, 1)
        parts = [read_block(part).astype(np.float64) for part in observed.states]
        return [part if self.is_clean else at_points(self._modes_of(part[None])[0], self.spec.dim) for part in parts]

    def _modes_of(self, rows: Float[np.ndarray, "batch time points"]) -> np.ndarray:
        """The modes of consecutive rows, denoised."""
        if self.is_clean:
            return kept_modes(rows, self._fit.n_model)
        return smoothed(self._fit, np.fft.rfft(rows, norm="forward")[..., : self._fit.n_modes], self._column)
