"""Whether a long forecast wanders as the truth does, long after every single state has become unpredictable."""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.types import Metrics
from sciml_bench.data.capabilities import Forecast
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.scores.forecasting.invariant_measure import histogram_distance, state_space_divergence
from sciml_bench.scores.forecasting.power_spectra import spectrum_hellinger_distance


def long_run_scores(forecast: Forecast, future: Trajectories, spec: RecordSpec) -> Metrics:
    """`histogram_distance`, `state_space_divergence` and `spectrum_hellinger_distance`; nothing of an expectation.

    A conditional expectation settles at the mean, as it should, and has no long-run statistics to compare. Of an
    ensemble the first member counts, since their mean settles as well.

    Args:
        forecast: of one start.
        future: what came at its times.
        spec: of the record.
    """
    states = forecast.path
    if states is None:
        return {}

    def standardised(rows: np.ndarray) -> Float[np.ndarray, "_ components"]:
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = (rows.astype(np.float64) - spec.mean) / spec.deviation
        return np.where(np.isfinite(scaled), scaled, np.nan).reshape(len(rows), -1)

    predicted, truth = standardised(states[0]), standardised(read_block(future.filled().states[0]))
    return {
        "histogram_distance": histogram_distance(predicted, truth),
        "state_space_divergence": state_space_divergence(predicted, truth),
        "spectrum_hellinger_distance": spectrum_hellinger_distance(predicted, truth),
    }
