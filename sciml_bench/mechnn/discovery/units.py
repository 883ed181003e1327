"""The units in which equations are looked for: those of the record, so that nothing depends on a person's.

With x = deviation · x̃ per component, t = time · t̃ and terms of the size one, θ = size · θ̃, the equation
dx/dt = Σ_j ξ_j θ_j reads dx̃/dt̃ = Σ_j ξ̃_j θ̃_j with ξ̃ = ξ · size · time / deviation. All three are statistics of the
record that follow a change of its units exactly, so that coefficients, their errors and the choice of terms follow too.
A sine keeps the person's unit of its angle: only what a multiple of the unit changes in a monomial is a factor.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.data.spec import RecordSpec
from sciml_bench.mechnn.discovery.flows.flow_sensitivity import CandidateTerms, table_of
from sciml_bench.mechnn.discovery.flows.term_table import TermTable

_STEPS = 100
"""Rows per unit of time: so short steps make the block solve its equation, at some cost to Taylor's formula."""


@dataclass(frozen=True, eq=False)
class Units:
    """What is one in the units of discovery, in those of a person.

    Args:
        deviation: of every component.
        time: a hundred steps of the record.
    """

    deviation: Float[np.ndarray, " dim"]
    time: float

    @classmethod
    def of(cls, spec: RecordSpec) -> "Units":
        """Of a record."""
        return cls(np.asarray(spec.deviation), _STEPS * spec.time_step)

    def scaled(self, times: Float[np.ndarray, " time"], states: Float[np.ndarray, "time dim"]) -> "ScaledRows":
        """A trajectory in the units of discovery."""
        return times / self.time, states / self.deviation


ScaledRows = tuple[Float[np.ndarray, " _"], Float[np.ndarray, "_ dim"]]
"""Times and states of a trajectory in the units of discovery."""


@dataclass(frozen=True, eq=False)
class ScaledLibrary:
    """Candidate terms as functions of scaled states.

    Args:
        library: of terms in a person's units.
        units: of discovery.
        sizes: of the terms, by which they are divided.
    """

    library: CandidateTerms
    units: Units
    sizes: Float[np.ndarray, " terms"]

    @classmethod
    def of(cls, library: CandidateTerms, states: Float[np.ndarray, "rows variables"] | None = None) -> "ScaledLibrary":
        """The terms of a library, divided by their root mean squares.

        Args:
            library: in a person's units.
            states: in the same, with the inputs after their components; None leaves the terms as large as they are.
        """
        sizes = np.ones(library.n_terms)
        if states is not None:
            sizes = np.sqrt(np.mean(library(torch.from_numpy(states)).numpy() ** 2, axis=0))
        return cls(library, Units.of(library.spec), np.where(sizes > 0, sizes, 1.0))

    @property
    def spec(self) -> RecordSpec:
        """Of the scaled record."""
        return self._spec

    @cached_property
    def _spec(self) -> RecordSpec:
        spec, deviation = self.library.spec, self.units.deviation
        scale = {"mean": spec.mean / deviation, "deviation": np.ones_like(deviation)}
        return replace(spec, **scale, time_step=spec.time_step / self.units.time)

    @property
    def n_terms(self) -> int:
        """Number of candidate terms."""
        return self.library.n_terms

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the terms."""
        return self.library.names

    @cached_property
    def simpler(self) -> tuple[tuple[int, ...], ...]:
        """Places of the terms that are simpler than each one."""
        return self.library.simpler

    @cached_property
    def _deviation(self) -> Float[Tensor, " variables"]:
        """Of the components; inputs stay as they are, since the sizes of terms take up their units."""
        return torch.from_numpy(np.concatenate([self.units.deviation, np.ones(self.library.spec.dim_in)]))

    @cached_property
    def _sizes(self) -> Float[Tensor, " terms"]:
        return torch.from_numpy(self.sizes)

    @cached_property
    def table(self) -> TermTable | None:
        """For compiled loops; None where the terms have none."""
        table = table_of(self.library)
        return None if table is None else table.scaled(self._deviation.numpy(), self.sizes)

    def __call__(self, states: Float[Tensor, "*batch variables"]) -> Float[Tensor, "*batch terms"]:
        """The scaled terms at some scaled states, and inputs."""
        return self.library(states * self._deviation) / self._sizes

    def jacobian(
        self, states: Float[Tensor, "*batch variables"], coefficients: Float[np.ndarray, "terms dim"]
    ) -> Float[Tensor, "*batch dim variables"]:
        """The derivatives of scaled equations by the scaled components, and by inputs."""
        return self.library.jacobian(states * self._deviation, coefficients / self.sizes[:, None]) * self._deviation

    @cached_property
    def _per_unit(self) -> Float[np.ndarray, "terms dim"]:
        return self.units.deviation / (self.sizes[:, None] * self.units.time)

    def in_units_of_the_record(self, coefficients: Float[np.ndarray, "terms dim"]) -> Float[np.ndarray, "terms dim"]:
        """ξ from ξ̃, and likewise their standard errors."""
        return coefficients * self._per_unit

    def scaled_coefficients(self, coefficients: Float[np.ndarray, "terms dim"]) -> Float[np.ndarray, "terms dim"]:
        """ξ̃ from ξ."""
        return coefficients / self._per_unit
