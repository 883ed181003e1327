"""Candidate terms of an unknown vector field: polynomials and trigonometric functions of the state, with their names.

Brunton, Proctor, Kutz, Discovering governing equations from data by sparse identification of nonlinear dynamical
systems (PNAS 2016); the library of Pervez et al. (ICML 2024) holds polynomials to order 5 and sin, cos of 1 to 10 x.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, combinations_with_replacement

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.spec import RecordSpec

log = logging.getLogger(__name__)

HIGHEST_DEGREE = 5
HIGHEST_FREQUENCY = 10


@dataclass(frozen=True, eq=False)
class BasisLibrary:
    """All monomials up to a degree, and the sine and cosine of multiples of every component.

    Args:
        spec: of the data; their components are the variables, and after them the inputs.
        degree: of the monomials, 0 to 5; the constant is one of them.
        frequencies: sin(m x) and cos(m x) for m = 1 … frequencies, 0 to 10, in radians per unit of the component.
        left_out: places of the monomials that are no candidates, as `determined_terms` finds them.

    Raises:
        ConfigurationError: a number is out of range, or there is no term at all.
    """

    spec: RecordSpec
    degree: int = 2
    frequencies: int = 0
    left_out: Sequence[int] = ()

    def __post_init__(self) -> None:
        """Check the choices."""
        limits = {"degree": (self.degree, HIGHEST_DEGREE), "frequencies": (self.frequencies, HIGHEST_FREQUENCY)}
        for name, (value, highest) in limits.items():
            remedy = f"give a whole number from 0 to {highest}"
            if require_integer(f"model.{name}", value, 0, remedy) > highest:
                raise ConfigurationError(f"model.{name}={value}: {remedy}.")

    @cached_property
    def exponents(self) -> tuple[tuple[int, ...], ...]:
        """Which components are multiplied in every monomial; () is the constant."""
        variables = range(self.n_variables)
        products = (combinations_with_replacement(variables, degree) for degree in range(self.degree + 1))
        return tuple(each for place, each in enumerate(chain(*products)) if place not in self.left_out)

    @property
    def n_terms(self) -> int:
        """Number of candidate terms."""
        return len(self.exponents) + 2 * self.frequencies * self.n_variables

    @property
    def n_variables(self) -> int:
        """Components of the state, and inputs."""
        return self.spec.dim + self.spec.dim_in

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the terms, in their order, as a person writes them."""
        names = (*self.spec.component_names, *self.spec.input_names)
        powers = ([(names[index], each.count(index)) for index in sorted(set(each))] for each in self.exponents)
        monomials = [" ".join(n if power == 1 else f"{n}^{power}" for n, power in each) or "1" for each in powers]
        angles = [name if m == 1 else f"{m} {name}" for m in range(1, self.frequencies + 1) for name in names]
        return (*monomials, *(f"{wave}({angle})" for angle in angles for wave in ("sin", "cos")))

    @cached_property
    def simpler(self) -> tuple[tuple[int, ...], ...]:
        """Places of the terms that are simpler than each one: the divisors of a monomial, the component of a wave."""
        counts = [Counter(each) for each in self.exponents]
        of_monomials = [tuple(j for j, other in enumerate(counts) if other < each) for each in counts]
        alone = [tuple(j for j, each in enumerate(self.exponents) if each == (v,)) for v in range(self.n_variables)]
        return (*of_monomials, *(places for _ in range(self.frequencies) for places in alone for _ in range(2)))

    def __call__(self, states: Float[Tensor, "*batch variables"]) -> Float[Tensor, "*batch terms"]:
        """The terms at some states, with the inputs after their components."""
        monomials = self._powers(states)[..., self._variables, self._degrees.to(states.device)].prod(dim=-1)
        if not self.frequencies:
            return monomials
        angles = states[..., None, :] * self._multiples(states)
        waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-3)
        return torch.cat([monomials, waves], dim=-1)

    def gradient(self, states: Float[Tensor, "*batch variables"]) -> Float[Tensor, "*batch terms variables"]:
        """The derivatives of the terms by the components of the state, and by the inputs after them."""
        degrees = self._degrees.to(states.device)
        lowered = (degrees[:, None] - torch.eye(self.n_variables, dtype=torch.long, device=states.device)).clamp_min(0)
        slopes = degrees * self._powers(states)[..., self._variables, lowered].prod(dim=-1)
        if not self.frequencies:
            return slopes
        multiples = self._multiples(states)
        angles = states[..., None, :] * multiples
        waves = torch.stack([multiples * angles.cos(), -multiples * angles.sin()], dim=-1)
        diagonal = torch.diag_embed(waves.transpose(-1, -2)).transpose(-3, -2)
        return torch.cat([slopes, diagonal.flatten(-4, -2)], dim=-2)

    @cached_property
    def _degrees(self) -> Int[Tensor, "monomials variables"]:
        """How often each variable is a factor of each monomial."""
        counts = [[product.count(variable) for variable in range(self.n_variables)] for product in self.exponents]
        return torch.tensor(counts)

    @cached_property
    def _variables(self) -> Int[Tensor, " variables"]:
        return torch.arange(self.n_variables)

    def _powers(self, states: Float[Tensor, "*batch variables"]) -> Float[Tensor, "*batch variables powers"]:
        powers = [torch.ones_like(states)]
        for _ in range(self.degree):
            powers.append(powers[-1] * states)
        return torch.stack(powers, dim=-1)

    def _multiples(self, states: Float[Tensor, "*batch variables"]) -> Float[Tensor, "frequencies 1"]:
        return torch.arange(1, self.frequencies + 1, dtype=states.dtype, device=states.device)[:, None]


_INDISTINCT = 1e-8
"""Part of a term that those before it do not determine, below which it is what a file of ten digits has rounded."""


def determined_terms(library: BasisLibrary, values: Float[np.ndarray, "rows terms"]) -> list[int]:
    """The places of the monomials that those before them determine, by values in as many rows as terms."""
    triangle = np.linalg.qr(values)[1][:, : len(library.exponents)]
    return np.flatnonzero(np.abs(np.diag(triangle)) <= _INDISTINCT * np.linalg.norm(triangle, axis=0)).tolist()


def without(library: BasisLibrary, left_out: Sequence[int]) -> BasisLibrary:
    """The library without some monomials, which are named."""
    if left_out:
        names = ", ".join(library.names[place] for place in left_out)
        log.warning("left out, for the data cannot tell these terms from those before them: %s", names)
    return replace(library, left_out=left_out)


def require_full_rank(names: Sequence[str], values: Float[np.ndarray, "rows terms"]) -> None:
    """Stop where the data cannot tell the terms apart.

    Args:
        names: of the terms.
        values: of the terms on the data.

    Raises:
        ConfigurationError: a combination of terms is (nearly) constant zero on the data; it is named.
    """
    size = np.linalg.norm(values, axis=0)
    zero = np.flatnonzero(size == 0)
    if len(zero):
        raise ConfigurationError(f"model: the term {names[zero[0]]} is zero on all the data; take a smaller basis")
    _, singular_values, directions = np.linalg.svd(values / size, full_matrices=False)
    if len(values) < len(names) or singular_values[-1] < 1e-10 * singular_values[0]:
        largest = np.argsort(-np.abs(directions[-1]))[:4]
        named = ", ".join(names[int(index)] for index in sorted(largest))
        raise ConfigurationError(
            f"model: the basis of {len(names)} terms is rank deficient on the data ({len(values)} rows): {named} "
            "cannot be told apart; take a smaller basis or data that visit more states"
        )
