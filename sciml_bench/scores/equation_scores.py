"""How good discovered equations, and the inferred parameters of many trajectories, are beside the true ones."""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics


def equation_scores(
    found: Float[np.ndarray, "terms dim"], truth: Float[np.ndarray, "terms dim"] | None = None
) -> Metrics:
    """`n_terms`; and where the true equations are known and in the library, `exact_support` (1 or 0), `support_f1`,
    `coefficient_error`, ‖ξ̂ − ξ‖/‖ξ‖ of each component and of these the mean, and `worst_coefficient_error`, relative,
    over the true terms; a missing one counts 1.

    Args:
        found: coefficients, zero for the terms that are not there.
        truth: the true ones.
    """
    metrics: Metrics = {"n_terms": float((found != 0).sum())}
    if truth is not None:
        there = truth != 0
        metrics["exact_support"] = float(np.array_equal(there, found != 0))
        metrics["support_f1"] = 2 * float((there & (found != 0)).sum() / (there.sum() + (found != 0).sum()))
        moving = there.any(axis=0)
        sizes = np.linalg.norm(truth[:, moving], axis=0)
        metrics["coefficient_error"] = float((np.linalg.norm((found - truth)[:, moving], axis=0) / sizes).mean())
        metrics["worst_coefficient_error"] = float((np.abs(found - truth)[there] / np.abs(truth[there])).max())
    return metrics


def coefficient_of_determination(
    truth: Float[np.ndarray, "time dim"], predicted: Float[np.ndarray, "time dim"]
) -> float:
    """R² = 1 − ‖û − u‖²/‖u − ū‖² over all components; nan where the prediction is not finite.

    Args:
        truth: u, with its mean over time ū.
        predicted: û.
    """
    if not np.isfinite(predicted).all():
        return float("nan")
    return 1 - float(np.sum((predicted - truth) ** 2) / np.sum((truth - truth.mean(axis=0)) ** 2))


def parameter_scores(
    name: str, inferred: Float[np.ndarray, " batch"], true: Float[np.ndarray, " batch"], part: str
) -> Metrics:
    """`<name>_median_error_<part>` and `<name>_quantile_90_error_<part>` of |p̂/p − 1|, and
    `<name>_unknown_fraction_<part>`, the trajectories without a finite estimate, which count as infinitely wrong; left
    out where there are none, as errors are that are infinite.

    Args:
        name: of the parameter.
        inferred: may be infinite.
        true: not zero.
        part: of the record.
    """
    errors, unknown = np.abs(inferred / true - 1), float(np.mean(~np.isfinite(inferred)))
    with np.errstate(invalid="ignore"):  # a quantile between two infinite errors
        scores = {"median_error": np.median(errors), "quantile_90_error": np.quantile(errors, 0.9)}
    metrics: Metrics = {f"{name}_{score}_{part}": float(value) for score, value in scores.items() if np.isfinite(value)}
    return {**metrics, f"{name}_unknown_fraction_{part}": unknown} if unknown else metrics
