"""Equations found in data: a few terms of a basis library and their coefficients, to read, integrate and compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float

from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.units import Units
from sciml_bench.systems import OrdinaryDifferentialEquation

_LARGEST_RESIDUAL = 1e-9


@dataclass(frozen=True, eq=False)
class SparseEquations(OrdinaryDifferentialEquation):
    """dx_d/dt = Σ_j coefficients[j, d] θ_j(x, u).

    Args:
        library: θ.
        coefficients: zero for the terms that are not there.
    """

    library: BasisLibrary
    coefficients: Float[np.ndarray, "terms dim"]

    known_facts: ClassVar[frozenset[str]] = frozenset()

    most_evaluations: ClassVar[float] = 1000.0
    """Equations that are not the true ones may turn ever quicker, and would never arrive."""

    @property
    def dim(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Number of components."""
        return self.library.spec.dim

    @property
    def n_inputs(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Number of inputs."""
        return self.library.spec.dim_in

    @property
    def state_scale(self) -> Float[np.ndarray, " dim"]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Deviations of the components, so that the reference is as accurate in every unit."""
        return np.asarray(self.library.spec.deviation)

    @property
    def time_scale(self) -> float:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Some steps of the record."""
        return Units.of(self.library.spec).time

    @property
    def support(self) -> Bool[np.ndarray, "terms dim"]:
        """Which terms are there."""
        return self.coefficients != 0

    @property
    def text(self) -> tuple[str, ...]:
        """One readable equation per component."""
        names = self.library.spec.component_names
        columns = zip(names, self.coefficients.T, strict=True)
        return tuple(f"d{name}/dt = {right_hand_side(self.library.names, column)}" for name, column in columns)

    @cached_property
    def _present(self) -> tuple[list[Any], list[Any]]:
        """Component, coefficient and what is computed, of the monomials and of the waves that are there."""
        multiples, variables = range(1, self.library.frequencies + 1), range(self.library.n_variables)
        waves = list(product(multiples, variables, (np.sin, np.cos)))
        terms, found = [*self.library.exponents, *waves], ([], [])
        for j, d in np.argwhere(self.support).tolist():
            found[j >= len(self.library.exponents)].append((d, float(self.coefficients[j, d]), terms[j]))
        return found

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        monomials, waves = self._present
        rates: list[Any] = [0.0 * components[0]] * self.coefficients.shape[1]
        for component, rate, factors in monomials:
            for variable in factors:
                rate = rate * components[variable]
            rates[component] = rates[component] + rate
        for component, value, (multiple, variable, function) in waves:
            rates[component] = rates[component] + value * function(multiple * components[variable])
        return tuple(rates)


def right_hand_side(names: Sequence[str], coefficients: Float[np.ndarray, " terms"]) -> str:
    """Terms with their coefficients, as a person reads them; those with the coefficient 0 are left out."""
    text = ""
    for name, value in zip(names, coefficients.tolist(), strict=True):
        if value != 0:
            sign = ("-" if value < 0 else "") if not text else (" - " if value < 0 else " + ")
            text += f"{sign}{abs(value):.6g}" + ("" if name == "1" else f" {name}")
    return text or "0"


def exact_coefficients(
    library: BasisLibrary, system: OrdinaryDifferentialEquation
) -> Float[np.ndarray, "terms dim"] | None:
    """A known system's equations in the terms of a library; None where they are not combinations of them.

    The vector field is compared with the terms at random states; what is smaller than rounding is zero.

    Args:
        library: the terms.
        system: whose equations are known, and do not depend on time.
    """
    if system.n_inputs != library.spec.dim_in:  # what acts on the states was not observed
        return None
    rng = np.random.default_rng(0)
    states = torch.from_numpy(rng.uniform(-2.0, 2.0, (20 * library.n_terms, library.n_variables)))
    terms, rates = library(states).numpy(), system.vector_field(0.0, states).numpy()
    later = system.vector_field(1.234, states).numpy()
    coefficients, _, rank, _ = np.linalg.lstsq(terms, rates, rcond=None)
    size = np.abs(rates).max()
    misfit = np.abs(terms @ coefficients - rates).max()
    if rank < library.n_terms or misfit > _LARGEST_RESIDUAL * size or not np.array_equal(rates, later):
        return None
    return np.where(np.abs(coefficients) > _LARGEST_RESIDUAL * size, coefficients, 0.0)
