"""How the error of a rollout grows, beside persistence and linear extrapolation.

Arrays: `times` (time,) since the last input, in `time_unit`; `errors`, `persistence_errors` and `linear_errors`
(batch, time), relative and squared; `first_call_end`, the time of the last state that the model predicts at once;
`thresholds` of the error, by which horizons are measured, where there are any.
"""

from matplotlib.figure import Figure

from sciml_bench.drawing.axes import time_label
from sciml_bench.drawing.picture import Arrays, picture

_ERRORS = ("errors", "persistence_errors", "linear_errors")


@picture("times", *_ERRORS, "first_call_end", "time_unit", optional=("thresholds",))
def draw(arrays: Arrays) -> Figure:
    """Each trajectory and their mean."""
    times, errors, persistence, linear = (arrays[name] for name in ("times", *_ERRORS))
    figure = Figure(figsize=(6.4, 3.8))
    axis = figure.subplots()
    axis.plot(times, errors.T, color="#0072B2", linewidth=0.5, alpha=0.25)
    axis.plot(times, errors.mean(axis=0), color="#0072B2", linewidth=2, label="model, mean")
    axis.plot(times, persistence.mean(axis=0), color="#D55E00", linestyle="--", label="persistence, mean")
    axis.plot(times, linear.mean(axis=0), color="#009E73", linestyle="-.", label="linear extrapolation, mean")
    for threshold in arrays.get("thresholds", ()):
        axis.axhline(threshold, color="0.5", linewidth=0.7, linestyle=":")
    axis.axvline(float(arrays["first_call_end"]), color="0.5", linewidth=0.7)
    axis.text(times[0], 1.0, " first call | its own predictions", transform=axis.get_xaxis_transform(), fontsize=7)
    label = time_label(arrays["time_unit"], "time since the last input")
    axis.set(yscale="log", xlabel=label, ylabel="relative squared error")
    axis.legend(fontsize=8)
    return figure
