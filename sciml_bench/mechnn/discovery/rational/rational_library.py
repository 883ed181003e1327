"""Candidate terms of laws with a denominator, and such laws as a system.

dx_d/dt = Σ_j a_jd θ_j(x) / D_d(x) with D_d = Σ_j b_jd θ_j(x): once its denominators are known, a rational law is a
linear combination of the terms θ_j/D_d, and all that is done with linear laws can be done with it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sciml_bench.data.spec import RecordSpec
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations, right_hand_side
from sciml_bench.systems import OrdinaryDifferentialEquation


@dataclass(frozen=True, eq=False)
class RationalLibrary:
    """Monomials up to a degree over a denominator of such monomials, one for each component's equation.

    Args:
        spec: of the data; their components are the variables.
        degree: of numerators and denominators, 1 to 5.
        denominators: the coefficients b, one column per component; None before they are found.

    Raises:
        ConfigurationError: the degree is out of range.
    """

    spec: RecordSpec
    degree: int = 2
    denominators: Float[np.ndarray, "monomials dim"] | None = None

    def __post_init__(self) -> None:
        """Check the choices."""
        _ = self.monomials

    @cached_property
    def monomials(self) -> BasisLibrary:
        """θ."""
        return BasisLibrary(self.spec, self.degree)

    @property
    def n_terms(self) -> int:
        """Number of candidate terms: θ/D for every denominator."""
        return self.monomials.n_terms * self.spec.dim

    @cached_property
    def simpler(self) -> tuple[tuple[int, ...], ...]:
        """Places of the terms that are simpler than each one: none is looked for."""
        return ((),) * self.n_terms

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the terms, as a person writes them."""
        found: list[str] = []
        for component in range(self.spec.dim):
            below = right_hand_side(self.monomials.names, self.below[:, component])
            found += [name if below == "1" else f"{name}/({below})" for name in self.monomials.names]
        return tuple(found)

    @cached_property
    def below(self) -> Float[np.ndarray, "monomials dim"]:
        """The coefficients of all denominators; 1 before they are found."""
        if self.denominators is not None:
            return np.asarray(self.denominators)
        nothing = np.zeros((self.monomials.n_terms, self.spec.dim))
        nothing[0] = 1.0
        return nothing

    def __call__(self, states: Float[Tensor, "*batch dim"]) -> Float[Tensor, "*batch terms"]:
        """The terms at some states."""
        values = self.monomials(states)
        below = values @ torch.from_numpy(self.below)
        return (values[..., None, :] / below[..., None]).flatten(-2)

    def jacobian(
        self, states: Float[Tensor, "*batch dim"], coefficients: Float[np.ndarray, "terms laws"]
    ) -> Float[Tensor, "*batch laws dim"]:
        """The derivatives of Σ_j ξ_j θ_j by the components of the state."""
        dim, values = self.spec.dim, self.monomials(states)
        above = coefficients.reshape(dim, -1, coefficients.shape[1]).transpose(1, 0, 2)  # monomials, denominators, dim
        below, slope_below = values @ torch.from_numpy(self.below), self.monomials.jacobian(states, self.below)
        first = self.monomials.jacobian(states, above.reshape(len(above), -1)).unflatten(-2, above.shape[1:])
        second = torch.einsum("...m,mkd->...kd", values, torch.from_numpy(above))[..., None] / below[..., None, None]
        slopes = (first - second * slope_below[..., None, :]) / below[..., None, None]
        return slopes.sum(dim=-3)

    def in_terms(self, above: Float[np.ndarray, "monomials dim"]) -> Float[np.ndarray, "terms dim"]:
        """Numerators as coefficients of the terms: every component's stand over its own denominator."""
        found = np.zeros((self.spec.dim, self.monomials.n_terms, self.spec.dim))
        for component in range(self.spec.dim):
            found[component, :, component] = above[:, component]
        return found.reshape(-1, self.spec.dim)


@dataclass(frozen=True, eq=False)
class RationalEquations(OrdinaryDifferentialEquation):
    """dx_d/dt = N_d(x)/D_d(x).

    Args:
        library: the terms θ/D.
        above: the numerators N, as if they were equations.
        below: the denominators D.
    """

    library: RationalLibrary
    above: SparseEquations
    below: SparseEquations

    known_facts: ClassVar[frozenset[str]] = frozenset()
    most_evaluations: ClassVar[float] = SparseEquations.most_evaluations

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Number of components."""
        return self.library.spec.dim

    @property
    def state_scale(self) -> Float[np.ndarray, " dim"]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Deviations of the components."""
        return self.above.state_scale

    @property
    def time_scale(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Some steps of the record."""
        return self.above.time_scale

    @property
    def coefficients(self) -> Float[np.ndarray, "terms dim"]:
        """Of the terms θ/D."""
        return self.library.in_terms(self.above.coefficients)

    @property
    def support(self) -> Bool[np.ndarray, "terms dim"]:
        """Which terms are there."""
        return self.coefficients != 0

    @property
    def text(self) -> tuple[str, ...]:
        """One readable equation per component."""
        found: list[str] = []
        for component, name in enumerate(self.library.spec.component_names):
            parts = (
                right_hand_side(self.library.monomials.names, side.coefficients[:, component])
                for side in (self.above, self.below)
            )
            above, below = parts
            found.append(f"d{name}/dt = {above if below == '1' else f'({above})/({below})'}")
        return tuple(found)

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        above, below = (side._derivatives(t, components) for side in (self.above, self.below))
        return tuple(one / other for one, other in zip(above, below, strict=True))


def system_of(
    library: BasisLibrary | RationalLibrary, coefficients: Float[np.ndarray, "terms dim"]
) -> SparseEquations | RationalEquations:
    """The law that the terms of a library and their coefficients make."""
    if isinstance(library, BasisLibrary):
        return SparseEquations(library, coefficients)
    blocks = coefficients.reshape(library.spec.dim, library.monomials.n_terms, library.spec.dim)
    above = np.stack([blocks[component, :, component] for component in range(library.spec.dim)], axis=1)
    sides = (SparseEquations(library.monomials, side) for side in (above, library.below))
    return RationalEquations(library, *sides)
