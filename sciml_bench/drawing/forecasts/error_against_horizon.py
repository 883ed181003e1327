"""How the error of forecasts from many starts grows with the time ahead, beside persistence and the mean.

Arrays: `horizon_times` (rows,) since the last given row, in `time_unit`; `error_against_horizon`,
`persistence_error_against_horizon` and `mean_error_against_horizon` (rows,), root mean squares over the starts in
deviations of the training states; `lyapunov_time`, which the axis of time counts in where it is known.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.axes import LARGEST_DRAWN, time_label
from sciml_bench.drawing.picture import Arrays, picture

_REFERENCES = (
    ("persistence_error_against_horizon", "persistence", "#D55E00", "--"),
    ("mean_error_against_horizon", "mean", "#009E73", "-."),
)


@picture(
    *("horizon_times", "error_against_horizon", *(name for name, *_ in _REFERENCES), "time_unit"),
    optional=("lyapunov_time",),
)
def draw(arrays: Arrays) -> Figure:
    """One curve of the forecast, thin ones of what it has to beat."""
    times, label = arrays["horizon_times"], time_label(arrays["time_unit"], "time since the last given row")
    if "lyapunov_time" in arrays:
        times, label = times / float(arrays["lyapunov_time"]), "Lyapunov times since the last given row"
    figure = Figure(figsize=(6.4, 3.8))
    axis = figure.subplots()
    axis.plot(times, _drawable(arrays["error_against_horizon"]), color="#0072B2", linewidth=2, label="forecast")
    for name, what, color, style in _REFERENCES:
        axis.plot(times, _drawable(arrays[name]), style, color=color, linewidth=0.9, label=what)
    axis.set(yscale="log", xlabel=label, ylabel="root mean square error [deviations]")
    axis.legend(fontsize=8)
    return figure


def _drawable(errors: np.ndarray) -> np.ndarray:
    """What has a place on a logarithmic axis."""
    return np.where((errors > 0) & (errors < LARGEST_DRAWN), errors, np.nan)
