"""Implied time scales against the lag with their bootstrap bands; flat curves mean Markovian features.

Arrays: `time_scale_lag_times` (lags,); `time_scales`, `time_scales_lower` and `time_scales_upper` (lags, scales);
`time_unit` of them all; `exact_time_scales` of the system, where they are known.
"""

from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

_BANDS = ("time_scales", "time_scales_lower", "time_scales_upper")


@picture("time_scale_lag_times", *_BANDS, "time_unit", optional=("exact_time_scales",))
def draw(arrays: Arrays) -> Figure:
    """One curve per time scale; below the lag nothing can be told."""
    lag_times, unit = arrays["time_scale_lag_times"], arrays["time_unit"]
    figure = Figure(figsize=(5, 3.8))
    axis = figure.subplots()
    for estimate, lower, upper in zip(*(arrays[name].T for name in _BANDS), strict=True):
        (line,) = axis.plot(lag_times, estimate, "o-", markersize=4)
        axis.fill_between(lag_times, lower, upper, color=line.get_color(), alpha=0.2)
    for number, value in enumerate(arrays.get("exact_time_scales", ())):
        axis.axhline(value, color="black", linestyle="--", linewidth=1, label="exact" if number == 0 else None)
    axis.fill_between(lag_times, 0, lag_times, color="0.9", label="below the lag", zorder=0)
    axis.set(xlabel=f"lag [{unit}]", ylabel=f"implied time scale [{unit}]", yscale="log")
    axis.legend(fontsize=8)
    return figure
