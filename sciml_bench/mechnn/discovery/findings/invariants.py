"""What a record conserves: combinations of terms that are constant along it, without which a basis is redundant.

Where S + I + R = N holds on the data, no regression can tell R from N − S − I: the terms with R are no candidates, and
the relation itself is a finding. A relation that is an earlier one times a monomial tells nothing new.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.mechnn.discovery.basis_library import BasisLibrary, determined_terms, indistinct_terms, without
from sciml_bench.mechnn.discovery.selection.sparse_regression import sparse_regression

_NEGLIGIBLE = 1e-6
"""Part of a relation's size that a term of it may have and be left out; files hold six digits and more."""

_KEPT = 1e-3
"""How much what a record keeps may vary on it, as a part of how much it varies between the record's bounds."""
_MOST = 20
"""Relations that are looked for: nobody reads more, and each is a search among hundreds of terms."""
_N_PLACES = 500
"""Places between the bounds of a record."""


def told_apart(
    library: BasisLibrary, variables: Float[torch.Tensor, "rows variables"]
) -> tuple[BasisLibrary, list[int]]:
    """The library without the terms that others determine on the data, and the places of these, for `invariants`.

    Args:
        library: all terms.
        variables: the states on the data, and what acts on them; fewer rows than terms tell nothing.
    """
    if len(variables) < library.n_terms:
        return library, []
    values = library(variables).numpy()
    determined = determined_terms(library, values)
    return without(library, determined + indistinct_terms(library, values, determined)), determined


def invariants(
    library: BasisLibrary, variables: Float[torch.Tensor, "rows variables"], determined: Sequence[int]
) -> tuple[str, ...]:
    """The relations between terms that hold on the data, such as `prey + predator = 12`.

    Args:
        library: all terms.
        variables: the states on the data, and what acts on them.
        determined: places of the monomials that those before them determine; of many, as of a component and its own
            past, the first are looked at.
    """
    if not determined:
        return ()
    values = library(variables).numpy()
    anywhere = library(_between_bounds(variables)).numpy()
    found: list[str] = []
    known: list[Counter[int]] = []
    sizes = np.sqrt(np.mean(values**2, axis=0))
    for place in determined:
        factors = Counter(library.exponents[place])
        if any(earlier <= factors for earlier in known):
            continue
        known.append(factors)
        if len(known) > _MOST:
            break
        before = np.array([other for other in range(place) if other not in determined], dtype=int)
        relation = np.zeros(place + 1)
        relation[place] = 1.0
        if sizes[place] > 0:
            columns = values[:, before] / sizes[before]
            fit = sparse_regression(columns, values[:, [place]] / sizes[place], _NEGLIGIBLE, 0.0)
            present = fit.coefficients[:, 0] if len(before) else np.zeros(0)
            relation[before] = -present * sizes[place] / sizes[before]
        # far from the origin some polynomials are flat wherever a record may be, and then nothing is kept
        on_record, free = (np.ptp(terms[:, : place + 1] @ relation) for terms in (values, anywhere))
        if free > 0 and on_record > _KEPT * free:
            continue
        found.append(_written(library.names, relation))
    return tuple(found)


def _between_bounds(variables: Float[torch.Tensor, "rows variables"]) -> Float[torch.Tensor, "places variables"]:
    """Places where every variable takes any value that it has on a record, whatever the others do."""
    low, high = variables.amin(dim=0), variables.amax(dim=0)
    generator = torch.Generator().manual_seed(0)
    return low + (high - low) * torch.rand(_N_PLACES, len(low), dtype=variables.dtype, generator=generator)


def _written(names: Sequence[str], relation: Float[np.ndarray, " terms"]) -> str:
    """The terms on the left, the first of them with the coefficient 1, and the constant on the right."""
    constant = -relation[0] if names[0] == "1" else 0.0
    terms = [index for index in np.flatnonzero(relation).tolist() if names[index] != "1"]
    lead = relation[terms[0]]
    text = ""
    for index in terms:
        factor = relation[index] / lead
        sign = (" - " if factor < 0 else " + ") if text else ""
        size = f"{abs(factor):.6g}"
        text += sign + (names[index] if size == "1" else f"{size} {names[index]}")
    return f"{text} = {constant / lead + 0.0:.6g}"
