"""How good discovered equations are beside the true ones, term by term."""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics


def equation_scores(
    found: Float[np.ndarray, "terms dim"], truth: Float[np.ndarray, "terms dim"] | None = None
) -> Metrics:
    """`n_terms`; and where the true equations are known and in the library, `exact_support` (1 or 0) and
    `worst_coefficient_error`, relative, over the true terms; a missing one counts 1.

    Args:
        found: coefficients, zero for the terms that are not there.
        truth: the true ones.
    """
    metrics: Metrics = {"n_terms": float((found != 0).sum())}
    if truth is not None:
        there = truth != 0
        metrics["exact_support"] = float(np.array_equal(there, found != 0))
        metrics["worst_coefficient_error"] = float((np.abs(found - truth)[there] / np.abs(truth[there])).max())
    return metrics
