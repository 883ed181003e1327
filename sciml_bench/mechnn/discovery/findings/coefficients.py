"""Coefficients beside their standard errors, as a person reads them."""

import numpy as np
from jaxtyping import Float

from sciml_bench.mechnn.discovery.fields.found_law import FoundFieldLaw
from sciml_bench.mechnn.discovery.rational.rational_library import RationalEquations
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations


def with_errors(
    equations: SparseEquations | RationalEquations | FoundFieldLaw, errors: Float[np.ndarray, "terms dim"]
) -> dict[str, dict[str, str]]:
    """The terms of every component's equation, such as {"dx/dt": {"y": "10.01 ± 0.02"}}.

    Args:
        equations: of motion.
        errors: standard errors of their coefficients.
    """
    names, coefficients = equations.library.names, equations.coefficients
    return {
        f"d{component}/dt": {
            names[term]: f"{coefficients[term, place]:.6g} ± {errors[term, place]:.2g}"
            for term in np.flatnonzero(coefficients[:, place])
        }
        for place, component in enumerate(equations.library.spec.component_names)
    }
