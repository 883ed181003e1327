"""The later half of a forecast, which lies beyond what can be predicted, drawn from the invariant measure."""

import numpy as np
from jaxtyping import Float

PATH, INVARIANT_MEASURE = TAILS = ("path", "invariant_measure")


def with_invariant_tail(rows: Float[np.ndarray, "rows dim"], n_ahead: int) -> Float[np.ndarray, "time dim"]:
    """The first half of a forecast, and in place of the second quantiles of all rows that follow the first, in order.

    Args:
        rows: of a path many times as long as the forecast.
        n_ahead: rows of the forecast.
    """
    kept = n_ahead // 2
    ranks = (np.arange(n_ahead - kept) + 0.5) / (n_ahead - kept)
    if not np.isfinite(rows).all():
        return rows[:n_ahead]
    return np.concatenate([rows[:kept], np.quantile(rows[kept:], ranks, axis=0)])
