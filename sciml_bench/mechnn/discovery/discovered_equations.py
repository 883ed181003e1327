"""Equations that were found, as a plain object: to read, to integrate, to forecast with, and to denoise by."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import SolverError
from sciml_bench.core.stored.exported_function import ExportedFunction
from sciml_bench.core.stored.learned_file import load_module
from sciml_bench.data.capabilities import (
    OK,
    Forecast,
    Horizon,
    horizon_times,
    inputs_ahead,
    require_ahead,
    require_past,
)
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views import InputSignals
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.block_smoothing import block_smoothed
from sciml_bench.mechnn.discovery.discovery_network import DiscoveryNetwork
from sciml_bench.mechnn.discovery.exported_equations import functions_of
from sciml_bench.mechnn.discovery.integration import integration_record
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, improve
from sciml_bench.mechnn.discovery.rational.rational_library import RationalEquations, RationalLibrary, system_of
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations
from sciml_bench.mechnn.discovery.units import ScaledLibrary

_FIRST_STIFFNESS = 100.0


@dataclass(frozen=True, eq=False)
class DiscoveredEquations:
    """dx/dt = Σ_j ξ_j θ_j(x, u), with what is needed to use it.

    Args:
        library: θ.
        coefficients: ξ, zero for the terms that are not there.
        standard_errors: of the coefficients, where they were estimated.
        invariants: what the record conserves, as a person reads it.
        stiffness: μ of the joint estimation that the states of a noisy past are denoised with; None where the record
            was so clean that states are taken as they are.
        network: that smooths windows of the past, where the equations were learned by one.
        past: the last rows of the record.
    """

    library: BasisLibrary | RationalLibrary
    coefficients: Float[np.ndarray, "terms dim"]
    standard_errors: Float[np.ndarray, "terms dim"] | None = None
    stiffness: float | None = None
    network: DiscoveryNetwork | None = None
    past: Trajectories | None = None
    invariants: Sequence[str] = ()

    past_length = 1
    """One row; what comes before it serves to denoise it."""

    longest_past: ClassVar[int] = 500
    """Rows that a forecast denoises: more tell nothing new of where a chaotic motion is now."""

    @property
    def spec(self) -> RecordSpec:
        """Of the record."""
        return self.library.spec.origin or self.library.spec

    def tensors(self) -> dict[str, Tensor]:
        """The weights of the network; everything else is a setting."""
        return {} if self.network is None else dict(self.network.state_dict())

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take what `tensors` gave."""
        if self.network is not None:
            load_module(self.network, tensors)

    @property
    def n_parameters(self) -> int:
        """Coefficients that are not zero, also those within denominators, whose constant is 1."""
        below = getattr(self.library, "denominators", None)
        within = 0 if below is None else int(np.count_nonzero(below)) - self.library.spec.dim
        return int(np.count_nonzero(self.coefficients)) + within

    # ---- equations --------------------------------------------------------------------------------------------------

    def system(self) -> SparseEquations | RationalEquations:
        """The equations as a system that can be integrated."""
        return system_of(self.library, np.asarray(self.coefficients))

    def equations(self) -> tuple[str, ...]:
        """One readable equation per component."""
        return self.system().text

    def coefficient_table(self) -> dict[str, Float[np.ndarray, " dim"]]:
        """The coefficients of every candidate term, per component."""
        return dict(zip(self.library.names, np.asarray(self.coefficients), strict=True))

    def exported(self) -> dict[str, Callable[[], ExportedFunction]]:
        """The functions that programs elsewhere can be given, by name."""
        return functions_of(self)

    # ---- states -----------------------------------------------------------------------------------------------------

    def denoised(
        self,
        times: Float[np.ndarray, " time"],
        states: Float[np.ndarray, "time dim"],
        inputs: InputSignals | None = None,
    ) -> Float[np.ndarray, "time dim"]:
        """The states of one trajectory that agree with the equations and with what was observed.

        Args:
            times: of the rows.
            states: noise included.
            inputs: what acted on this trajectory, where there are inputs.

        Returns:
            those of the block alone where the equations leave every bound within one interval.
        """
        if self.network is not None:
            return self.network.smoothed_rows(times, states)
        if self.stiffness is None or len(times) < 2:
            return states.copy()
        terms = ScaledLibrary.of(self.library)
        rows, coefficients = terms.units.scaled(times, states), terms.scaled_coefficients(np.asarray(self.coefficients))
        start = block_smoothed(rows[1], np.diff(rows[0]))[0]
        record = integration_record(terms, [rows], start, coefficients, None if inputs is None else [inputs])
        estimate = JointEstimate(start, coefficients, np.zeros_like(coefficients, dtype=bool))
        with contextlib.suppress(SolverError):
            for value in sorted({min(_FIRST_STIFFNESS, self.stiffness), self.stiffness}):
                estimate = improve(record, replace(estimate, stiffness=value, mean_square=np.inf))
                record = record.weighted_by_noise(estimate.states)
            estimate = improve(record, replace(estimate, mean_square=np.inf))
        return terms.units.deviation * estimate.states

    def reconstruct(self, observed: Trajectories) -> list[Float[np.ndarray, "_ *state"]]:
        """The states of every trajectory that agree with the equations and with what was observed.

        Args:
            observed: noise included.

        Raises:
            DataError: other states, or without the inputs.
        """
        require_past(observed, self.spec, 1, any_clock=True)
        told = []
        for number, part in enumerate(observed.states):
            rows = self._rows_from(observed, number, 0)
            told.append(self.denoised(*rows).reshape(part.shape))
        return told

    def motion(
        self,
        start: Float[np.ndarray, " dim"],
        times: Float[np.ndarray, " time"],
        inputs: Float[np.ndarray, "time dim_in"] | None = None,
    ) -> Float[np.ndarray, "time dim"]:
        """The states that follow from one.

        Args:
            start: at the first time.
            times: increasing.
            inputs: at these times, where there are inputs.

        Raises:
            SolverError: the equations leave every bound.
        """
        if inputs is None:
            return self.system().reference(start, times)
        signals = InputSignals(times[None], inputs[None], self.library.spec.input_interpolation)
        return self.system().driven(start[None], times, signals.within_intervals())[0]

    def forecast(self, past: Trajectories, horizon: Horizon, inputs: Any = None) -> Forecast:
        """Integrate from the last denoised state of every trajectory.

        Args:
            past: at least one row of each.
            horizon: a number of steps, or times.
            inputs: at the rows to come, where the equations have inputs; see `inputs_ahead`.

        Raises:
            DataError: the past has other states, or lacks the inputs; inputs that do not fit.
            ConfigurationError: steps back, times that do not increase, inputs missing or given without need.
        """
        require_ahead(horizon)
        require_past(past, self.spec, self.past_length, any_clock=True)
        started = time.perf_counter()
        grids = horizon_times(past, horizon)
        ahead = inputs_ahead(past, self.spec, [len(grid) for grid in grids], inputs)
        n_times = max(len(grid) for grid in grids)
        states, status = np.full((len(grids), n_times, self.library.spec.dim), np.nan), []
        for row, grid in enumerate(grids):
            acting = None if ahead is None else ahead[row]
            states[row, : len(grid)], word = self._continued(past, row, grid, acting)
            status.append(word)
        times = np.stack([np.pad(grid, (0, n_times - len(grid)), mode="edge") for grid in grids])
        states = states.reshape(*times.shape, *past.state_shape)
        return Forecast(states, times, "path", tuple(status), {"seconds": time.perf_counter() - started})

    def _continued(
        self, past: Trajectories, number: int, grid: np.ndarray, ahead: np.ndarray | None
    ) -> tuple[np.ndarray, str]:
        first = max(0, past.lengths[number] - self.longest_past)
        times, observed, acted = self._rows_from(past, number, first)
        try:
            start = self.denoised(times, observed, acted)[-1]
            return self.motion(start, np.concatenate([times[-1:], grid]), ahead)[1:], OK
        except SolverError as error:
            return np.full((len(grid), observed.shape[1]), np.nan), str(error)

    def _rows_from(
        self, past: Trajectories, number: int, first: int
    ) -> tuple[np.ndarray, np.ndarray, InputSignals | None]:
        """Times, states and what acts on them from a row on."""
        whole, times = past.states[number], past.times_of(number)[first:]
        observed = read_block(whole, first).astype(np.float64).reshape(len(times), -1)
        if past.inputs is None or not self.spec.dim_in:
            return times, observed, None
        rows = read_block(past.inputs[number], first).astype(np.float64)
        return times, observed, InputSignals(times[None], rows[None], self.spec.input_interpolation)
