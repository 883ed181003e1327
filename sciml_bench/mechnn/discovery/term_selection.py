"""Which terms a record asks for: by their size, or at a strong constraint by the change of the likelihood.

Sequentially thresholded least squares drops what is small and fits again (Brunton et al., PNAS 2016); it sees neither
the noise nor the correlations of the terms. Where there is noise, a term whose coefficient is small in standard errors
is dropped on trial; the drop stands if the deviance, rows · log(mean square), rises by less than the square of the
significance. An absent term enters if it would lower the deviance by more. A component keeps its last term as long as
there is no other; its standard error tells what it is worth.
"""

from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float

from sciml_bench.core.errors import SolverError, TrainingError
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate, NoisyRecord, gains, improve

STIFFNESSES = (1.0, 10.0, 100.0, 1e3, 1e4)
_SELECTED_AT = (100.0, STIFFNESSES[-1])
_MOST_ROUNDS = 40


def sequential_thresholding(
    design: Float[np.ndarray, "rows terms"],
    targets: Float[np.ndarray, "rows dim"],
    threshold: float,
    names: tuple[str, ...],
) -> tuple[Float[np.ndarray, "terms dim"], Bool[np.ndarray, "terms dim"]]:
    """Sparse coefficients with targets ≈ design · coefficients.

    Args:
        design: what every term contributes with the coefficient 1.
        targets: one column per component.
        threshold: a coefficient of smaller absolute value is dropped, in the coefficients' own units.
        names: of the components, for messages.

    Returns:
        the coefficients and which of them are kept.

    Raises:
        TrainingError: no term of a component is left.
    """
    # the orthogonal factor is shared by all supports: a few small systems remain
    _, triangle = np.linalg.qr(np.concatenate([design, targets], axis=1))
    n_terms = design.shape[1]
    terms, right = triangle[:, :n_terms], triangle[:, n_terms:]
    coefficients = np.zeros((n_terms, targets.shape[1]))
    support = np.ones(coefficients.shape, dtype=bool)
    for component in range(targets.shape[1]):
        kept = support[:, component]
        while True:
            if not kept.any():
                raise _empty_support(f"d{names[component]}/dt", threshold)
            values = np.linalg.lstsq(terms[:, kept], right[:, component], rcond=None)[0]
            small = np.abs(values) < threshold
            if not small.any():
                break
            kept[np.flatnonzero(kept)[small]] = False
        coefficients[kept, component] = values
    return coefficients, support


def refine(record: NoisyRecord, estimate: JointEstimate, threshold: float, significance: float = 4.0) -> JointEstimate:
    """Raise the constraint step by step, choosing the terms on the way.

    Args:
        record: what was observed.
        estimate: where to start: smoothed states and coefficients from regression.
        threshold: a coefficient of smaller absolute value is dropped.
        significance: in standard errors.

    Raises:
        SolverError: the first estimate leaves every bound.
        TrainingError: no term is left.
    """
    for stiffness in STIFFNESSES:
        estimate = improve(record, replace(estimate, stiffness=stiffness, mean_square=np.inf))
        if stiffness in _SELECTED_AT:
            estimate = select(record, estimate, threshold, significance)
    return estimate


def select(record: NoisyRecord, estimate: JointEstimate, threshold: float, significance: float) -> JointEstimate:
    """Drop and add terms until no change is called for."""
    kept_for_good = np.zeros_like(estimate.support)
    for _ in range(_MOST_ROUNDS):
        alone = estimate.support & (estimate.support.sum(axis=0) == 1)
        weak = estimate.support & ~(kept_for_good | alone) & (estimate.significance < significance)
        if weak.any():
            order = np.argsort(np.where(weak, estimate.significance, np.inf), axis=None)
            several = order[: max(1, int(weak.sum()) // 2)]
            shorter = _shortened(record, estimate, several, significance)
            if shorter is None and len(several) > 1:
                shorter = _shortened(record, estimate, order[:1], significance)
            if shorter is None:
                kept_for_good.flat[order[0]] = True
            else:
                estimate = shorter
            continue
        small = estimate.support & (np.abs(estimate.coefficients) < threshold)
        if small.any():
            estimate = estimate.without(small)
            empty = np.flatnonzero(~estimate.support.any(axis=0))
            if len(empty):
                raise _empty_support(f"component {empty[0]}", threshold)
            estimate = improve(record, estimate)
            continue
        gain = gains(record, estimate)
        best = int(np.argmax(gain))
        if gain.flat[best] <= significance**2 or kept_for_good.flat[best]:
            break
        support = estimate.support.copy()
        support.flat[best] = kept_for_good.flat[best] = True
        estimate = improve(record, replace(estimate, support=support, mean_square=np.inf))
    return estimate


def _shortened(
    record: NoisyRecord, estimate: JointEstimate, dropped: np.ndarray, significance: float
) -> JointEstimate | None:
    """The estimate without some terms; None where the data object."""
    out = np.zeros_like(estimate.support)
    out.flat[dropped] = True
    if not (estimate.support & ~out).any(axis=0).all():
        return None
    try:
        shorter = improve(record, estimate.without(out))
    except SolverError:
        return None
    rise = record.observed.size * np.log(shorter.mean_square / estimate.mean_square)
    return shorter if rise < len(dropped) * significance**2 else None


def _empty_support(what: str, threshold: float) -> TrainingError:
    return TrainingError(
        f"no term of {what} has a coefficient of at least training.threshold={threshold:g}: the support is empty; "
        "choose a smaller threshold"
    )
