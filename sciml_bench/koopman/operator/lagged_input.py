"""From what a person hands over (arrays, tensors, lists; pairs or one trajectory) to checked pairs of arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from torch import Tensor

from sciml_bench.core.errors import DataError
from sciml_bench.koopman.operator.estimator import Estimator

Pair = tuple[np.ndarray, np.ndarray]
GivenPair = tuple[ArrayLike | None, ArrayLike | None]

BLOCK_ROWS = 8192
"""Rows that are converted to float64 at once."""


@dataclass(frozen=True)
class LaggedInput:
    """Pairs of features, checked but not copied; a trajectory's pairs are two views of it.

    Args:
        f: features at present and in future.
        g: the same from the lagged encoder, or None.
        observable: what is to be predicted at both times, or None for the features f.
        weights: importance of the pairs, or None.
        inputs: what acts between present and future, or None.
    """

    f: Pair
    g: Pair | None
    observable: Pair | None
    weights: Float[np.ndarray, " batch"] | None
    inputs: np.ndarray | None = None

    def blocks(self) -> Iterator["LaggedInput"]:
        """The same pairs in float64, a few thousand at a time."""
        for start in range(0, len(self.f[0]), BLOCK_ROWS):
            rows = slice(start, start + BLOCK_ROWS)

            def of(pair: Pair | None, rows: slice = rows) -> Any:
                return None if pair is None else tuple(np.asarray(side[rows], dtype=np.float64) for side in pair)

            weights = None if self.weights is None else self.weights[rows]
            inputs = None if self.inputs is None else np.asarray(self.inputs[rows], dtype=np.float64)
            yield LaggedInput(of(self.f), of(self.g), of(self.observable), weights, inputs)


def checked_features(array: ArrayLike, name: str, estimator: Estimator | None = None, **options: Any) -> np.ndarray:
    """One checked matrix of finite real numbers, float64 or float32; the options are those of scikit-learn.

    With an estimator, the number of columns has to be that of its fit, or is recorded with `reset=True`.
    """
    from sklearn.utils.validation import check_array, validate_data  # imported late: it brings pandas

    if isinstance(array, Tensor):
        array = array.detach().cpu().numpy()
    options = {"dtype": [np.float64, np.float32], **options}
    try:
        if estimator is None:
            return check_array(array, input_name=name, **options)
        return validate_data(estimator, X=array, **options)  # pyright: ignore[reportReturnType, reportArgumentType]
    except ValueError as error:
        raise DataError(f"{name}: {error}") from None


def require_fitted(estimator: Estimator) -> None:
    """Stop at an estimator that has seen nothing.

    Raises:
        sklearn.exceptions.NotFittedError: it has no moments.
    """
    if not hasattr(estimator, "moments_"):
        from sklearn.utils.validation import check_is_fitted  # imported late: it brings pandas

        check_is_fitted(estimator, "moments_")  # pyright: ignore[reportArgumentType]


def lagged_input(
    estimator: Estimator,
    f: tuple[ArrayLike, ArrayLike | None],
    g: GivenPair,
    observable: GivenPair,
    sample_weight: ArrayLike | None,
    inputs: ArrayLike | None = None,
    *,
    reset: bool,
) -> LaggedInput:
    """Check everything a fit or a score is given: pairs of present and future, or trajectories beside None.

    The weights and inputs are those of the pairs, or of a trajectory's rows (a pair then has those of its first row).
    """
    f_now, f_next = f
    trajectory = f_next is None
    first = checked_features(f_now, "f_now", estimator, reset=reset, ensure_min_samples=2 if trajectory else 1)

    def pair(name: str, now: ArrayLike | None, later: ArrayLike | None) -> Pair | None:
        if now is None and later is None:
            return None
        if now is None or (later is None) != trajectory:
            shape = "trajectories, so give `{0}_now` alone" if trajectory else "pairs, so give `{0}_now` and `{0}_next`"
            raise DataError(f"{name}: the features f are {shape.format(name)}")
        sides = [checked_features(now, f"{name}_now")]
        sides += [] if later is None else [checked_features(later, f"{name}_next")]
        for side in sides:
            if side.shape != (len(first), sides[0].shape[1]):
                raise DataError(
                    f"{name}: shape {side.shape} where ({len(first)}, {sides[0].shape[1]}) is needed; give one row per "
                    "row of `f_now`, and as many columns at both times"
                )
        return (sides[0][:-1], sides[0][1:]) if trajectory else (sides[0], sides[1])

    if trajectory:
        pairs = (first[:-1], first[1:])
    else:
        second = checked_features(f_next, "f_next")
        if second.shape != first.shape:
            raise DataError(f"f_next: shape {second.shape}, but f_now has {first.shape}; row i follows row i")
        pairs = (first, second)
    weights = None
    if sample_weight is not None:
        weights = checked_features(sample_weight, "sample_weight", ensure_2d=False, dtype=np.float64)
        if weights.shape != (len(first),) or np.any(weights < 0) or not np.any(weights > 0):
            raise DataError(
                f"sample_weight: shape {weights.shape} where ({len(first)},) is needed, one number per row of `f_now`, "
                "none negative and not all zero"
            )
        weights = weights[: len(pairs[0])]
    acting = None if inputs is None else checked_features(inputs, "inputs")
    if acting is not None and len(acting) != len(first):
        raise DataError(f"inputs: {len(acting)} rows where {len(first)} are needed, one per row of `f_now`")
    acting = None if acting is None else acting[: len(pairs[0])]
    return LaggedInput(pairs, pair("g", *g), pair("observable", *observable), weights, acting)
