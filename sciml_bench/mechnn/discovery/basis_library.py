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
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.spec import RecordSpec
from sciml_bench.mechnn.discovery.flows.term_table import TermTable

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
        variables = states.unbind(-1)
        values: dict[tuple[int, ...], Tensor] = {}
        for product in self._products:  # what a monomial is made of comes before it
            if len(product) < 2:
                values[product] = variables[product[0]] if product else torch.ones_like(states[..., 0])
                continue
            last = product[-1]
            others = tuple(variable for variable in product if variable != last)
            factors = (others, product[len(others) :]) if others else (product[:-1], (last,))
            values[product] = values[factors[0]] * values[factors[1]]
        monomials = torch.stack([values[product] for product in self.exponents]).movedim(0, -1)
        if not self.frequencies:
            return monomials
        angles = states[..., None, :] * self._multiples(states)
        waves = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-3)
        return torch.cat([monomials, waves], dim=-1)

    def jacobian(
        self, states: Float[Tensor, "*batch variables"], coefficients: Float[np.ndarray, "terms dim"]
    ) -> Float[Tensor, "*batch dim variables"]:
        """The derivatives of Σ_j ξ_j θ_j by the components of the state, and by the inputs after them.

        Args:
            states: where.
            coefficients: ξ.
        """
        complete, slopes = self._complete, np.zeros((self._complete.n_terms, coefficients.shape[1], self.n_variables))
        for place, variable, other, factor in self._slopes:
            slopes[other, :, variable] += factor * coefficients[place]
        together = torch.from_numpy(slopes).to(states).flatten(1)
        return (complete(states) @ together).unflatten(-1, slopes.shape[1:])

    @cached_property
    def _complete(self) -> "BasisLibrary":
        """With what was left out, so that the derivative of every term is a combination of terms."""
        return replace(self, left_out=()) if self.left_out else self

    @cached_property
    def _products(self) -> tuple[tuple[int, ...], ...]:
        return self._complete.exponents

    @cached_property
    def _slopes(self) -> list[tuple[int, int, int, float]]:
        """∂θ/∂x: a term, a variable, and the term and the factor that the derivative of the one by the other holds."""
        places = {product: place for place, product in enumerate(self._products)}
        found: list[tuple[int, int, int, float]] = []
        for place, product in enumerate(self.exponents):
            for variable, count in Counter(product).items():
                at = product.index(variable)
                found.append((place, variable, places[product[:at] + product[at + 1 :]], float(count)))
        for wave in range(self.frequencies * self.n_variables):
            multiple, variable = divmod(wave, self.n_variables)
            sine, other = len(self.exponents) + 2 * wave, len(self._products) + 2 * wave
            found += [(sine, variable, other + 1, multiple + 1.0), (sine + 1, variable, other, -multiple - 1.0)]
        return found

    @cached_property
    def table(self) -> TermTable:
        """For compiled loops."""
        return TermTable.of(self._products, self.exponents, self.frequencies, self.n_variables, self._slopes)

    def _multiples(self, states: Float[Tensor, "*batch variables"]) -> Float[Tensor, "frequencies 1"]:
        return torch.arange(1, self.frequencies + 1, dtype=states.dtype, device=states.device)[:, None]


_INDISTINCT = 1e-8
"""Part of a term that those before it do not determine, below which it is what a file of ten digits has rounded."""
_SINGULAR = 1e-9
"""Of the largest singular value: below it, terms of the same size cannot be told apart."""


def determined_terms(library: BasisLibrary, values: Float[np.ndarray, "rows terms"]) -> list[int]:
    """The places of the monomials that those before them determine, by values in as many rows as terms."""
    triangle = np.linalg.qr(values)[1][:, : len(library.exponents)]
    return np.flatnonzero(np.abs(np.diag(triangle)) <= _INDISTINCT * np.linalg.norm(triangle, axis=0)).tolist()


_PART = 0.1
"""Of the largest part of a direction that the data leave undetermined: terms with less have little to do with it."""


def indistinct_terms(
    library: BasisLibrary, values: Float[np.ndarray, "rows terms"], determined: Sequence[int]
) -> list[int]:
    """The places of more monomials without which the others can be told apart, the highest of those that cannot.

    Terms of a smooth motion that comes to rest may each differ from those before them and be redundant together.

    Args:
        library: all terms.
        values: of them on the data.
        determined: places that are left out already.
    """
    kept = [place for place in range(library.n_terms) if place not in determined]
    size, found = np.linalg.norm(values, axis=0), []
    while len(kept) > 1 and size[kept].all():
        _, singular_values, directions = np.linalg.svd(values[:, kept] / size[kept], full_matrices=False)
        if singular_values[-1] > _SINGULAR * singular_values[0]:
            break
        parts = np.abs(directions[-1])
        part = [p for p in np.flatnonzero(parts > _PART * parts.max()) if kept[p] < len(library.exponents)]
        if not part:
            break
        found.append(kept.pop(int(part[-1])))
    return found


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
    if len(values) < len(names) or singular_values[-1] < 0.1 * _SINGULAR * singular_values[0]:
        largest = np.argsort(-np.abs(directions[-1]))[:4]
        named = ", ".join(names[int(index)] for index in sorted(largest))
        raise ConfigurationError(
            f"model: the basis of {len(names)} terms is rank deficient on the data ({len(values)} rows): {named} "
            "cannot be told apart; take a smaller basis or data that visit more states"
        )
