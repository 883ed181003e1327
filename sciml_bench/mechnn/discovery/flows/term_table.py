"""Candidate terms as tables of numbers, which compiled loops go through."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

CONSTANT, ALONE = -1, -1
"""What stands in place of the first factor of the constant, and of the second one of a variable."""


@dataclass(frozen=True, eq=False)
class TermTable:
    """Monomials, each the product of two before it, then sines and cosines; terms are some of these times factors.

    Args:
        factors: of every monomial: places of two others before it; a variable and `ALONE`; or `CONSTANT`.
        multiples: of the variable in the angle of every pair of sine and cosine.
        angles: that variable.
        places: of the candidate terms among the monomials, sines and cosines.
        sizes: by which the terms are divided.
        deviations: by which the variables are multiplied beforehand.
        slopes: rows of a term, a variable, and the place of the function that the derivative of the one by the other is
            a multiple of.
        slope_factors: these multiples.
    """

    factors: Int[np.ndarray, "monomials 2"]
    multiples: Float[np.ndarray, " waves"]
    angles: Int[np.ndarray, " waves"]
    places: Int[np.ndarray, " terms"]
    sizes: Float[np.ndarray, " terms"]
    deviations: Float[np.ndarray, " variables"]
    slopes: Int[np.ndarray, "slopes 3"]
    slope_factors: Float[np.ndarray, " slopes"]

    @classmethod
    def of(
        cls,
        products: Sequence[tuple[int, ...]],
        terms: Sequence[tuple[int, ...]],
        frequencies: int,
        n_variables: int,
        slopes: Sequence[tuple[int, int, int, float]],
    ) -> "TermTable":
        """Of terms in a person's units.

        Args:
            products: variables of every monomial, ascending, with whatever divides it before it.
            terms: those that are candidates.
            frequencies: of sines and cosines, 1 to which all are candidates.
            n_variables: components and inputs.
            slopes: term, variable, place and multiple.
        """
        place = {product: number for number, product in enumerate(products)}

        def of_product(product: tuple[int, ...]) -> tuple[int, int]:
            if len(product) < 2:
                return (product[0], ALONE) if product else (CONSTANT, ALONE)
            return place[product[:-1]], place[product[-1:]]

        waves = frequencies * n_variables
        multiples, angles = np.divmod(np.arange(waves), max(n_variables, 1))
        places = [place[term] for term in terms] + list(range(len(products), len(products) + 2 * waves))
        rows = np.array([row[:3] for row in slopes], dtype=np.int64).reshape(-1, 3)
        return cls(
            np.array([of_product(product) for product in products], dtype=np.int64).reshape(-1, 2),
            multiples + 1.0,
            angles,
            np.array(places, dtype=np.int64),
            np.ones(len(places)),
            np.ones(n_variables),
            rows,
            np.array([row[3] for row in slopes], dtype=np.float64),
        )

    def scaled(self, deviations: Float[np.ndarray, " variables"], sizes: Float[np.ndarray, " terms"]) -> "TermTable":
        """The same of scaled variables, and divided by sizes.

        Args:
            deviations: of the variables.
            sizes: of the terms.
        """
        return replace(self, deviations=self.deviations * deviations, sizes=self.sizes * sizes)

    @property
    def n_functions(self) -> int:
        """Monomials, sines and cosines."""
        return len(self.factors) + 2 * len(self.multiples)

    def rates(
        self, coefficients: Float[np.ndarray, "terms dim"]
    ) -> tuple[Int[np.ndarray, "entries 2"], Float[np.ndarray, " entries"]]:
        """The places and components with a weight in the field, and these weights.

        Args:
            coefficients: of the terms.
        """
        term, component = np.nonzero(coefficients)
        weights = coefficients[term, component] / self.sizes[term]
        return np.stack([self.places[term], component], axis=1), weights

    def jacobian(
        self, coefficients: Float[np.ndarray, "terms dim"]
    ) -> tuple[Int[np.ndarray, "entries 3"], Float[np.ndarray, " entries"]]:
        """The places, components and components differentiated by with a weight in the Jacobian, and these weights.

        Args:
            coefficients: of the terms.
        """
        dim = coefficients.shape[1]
        found = np.zeros((self.n_functions, dim, dim))
        for (term, variable, other), factor in zip(self.slopes.tolist(), self.slope_factors.tolist(), strict=True):
            if variable < dim:  # what changes with an input is not asked for
                found[other, :, variable] += factor * self.deviations[variable] / self.sizes[term] * coefficients[term]
        entries = np.argwhere(found)
        return entries, found[tuple(entries.T)]
