"""How well parameters of many trajectories are recovered: relative errors beside the true ones."""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics


def parameter_scores(
    name: str, inferred: Float[np.ndarray, " batch"], true: Float[np.ndarray, " batch"], part: str
) -> Metrics:
    """`<name>_median_error_<part>` and `<name>_quantile_90_error_<part>` of |p̂/p − 1|, and
    `<name>_unknown_fraction_<part>`, the trajectories without a finite estimate, which count as infinitely wrong; left
    out where there are none.

    Args:
        name: of the parameter.
        inferred: may be infinite.
        true: not zero.
        part: of the record.
    """
    errors = np.abs(inferred / true - 1)
    metrics: Metrics = {
        f"{name}_median_error_{part}": float(np.median(errors)),
        f"{name}_quantile_90_error_{part}": float(np.quantile(errors, 0.9)),
    }
    unknown = float(np.mean(~np.isfinite(inferred)))
    return {**metrics, f"{name}_unknown_fraction_{part}": unknown} if unknown else metrics
