"""Implied timescales against the lag with their bootstrap bands; flat curves mean Markovian features.

Arrays: `timescale_lag_times` (lags,); `timescales`, `timescales_lower` and `timescales_upper` (lags, scales);
`time_unit` of them all; `exact_timescales` of the system, where they are known.
"""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sciml_bench.drawing.picture import Arrays, picture

_BANDS = ("timescales", "timescales_lower", "timescales_upper")


@picture("timescale_lag_times", *_BANDS, "time_unit", optional=("exact_timescales",))
def draw(arrays: Arrays) -> Figure:
    """One curve per timescale; below the lag nothing can be told."""
    lag_times, unit = arrays["timescale_lag_times"], arrays["time_unit"]
    figure = Figure(figsize=(5, 3.8))
    axis = figure.subplots()
    for estimate, lower, upper in zip(*(arrays[name].T for name in _BANDS), strict=True):
        (line,) = axis.plot(lag_times, estimate, "o-", markersize=4)
        axis.fill_between(lag_times, lower, upper, color=line.get_color(), alpha=0.2)
    for number, value in enumerate(arrays.get("exact_timescales", ())):
        axis.axhline(value, color="black", linestyle="--", linewidth=1, label="exact" if number == 0 else None)
    axis.fill_between(lag_times, 0, lag_times, color="0.9", label="below the lag", zorder=0)
    axis.set(xlabel=f"lag [{unit}]", ylabel=f"implied timescale [{unit}]", yscale="log")
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.legend(fontsize=8)
    return figure
