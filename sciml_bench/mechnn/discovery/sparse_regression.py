"""Sequentially thresholded least squares: drop what is small, fit again (Brunton et al., PNAS 2016)."""

import numpy as np
from jaxtyping import Bool, Float

from sciml_bench.core.errors import TrainingError


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
                raise TrainingError(
                    f"no term of d{names[component]}/dt has a coefficient of at least training.threshold="
                    f"{threshold:g}: the support is empty; choose a smaller threshold"
                )
            values = np.linalg.lstsq(terms[:, kept], right[:, component], rcond=None)[0]
            small = np.abs(values) < threshold
            if not small.any():
                break
            kept[np.flatnonzero(kept)[small]] = False
        coefficients[kept, component] = values
    return coefficients, support
