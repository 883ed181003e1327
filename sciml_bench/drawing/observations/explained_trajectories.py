"""Trajectories as observed, smoothed and explained by their parameters, and by how much these differ from the truth.

Arrays: `times` (time,); `observed`, `smoothed`, `states` (explained) and `clean` (the truth), all (batch, time).
"""

from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture
from sciml_bench.drawing.style import PALETTE

_MOST_SHOWN = 5


@picture("times", "observed", "smoothed", "states", "clean")
def draw(arrays: Arrays) -> Figure:
    """The first five trajectories."""
    times = arrays["times"]
    rows = [arrays[name][:_MOST_SHOWN] for name in ("observed", "smoothed", "states", "clean")]
    figure = Figure(figsize=(8.4, 5.2))
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for number, (observed, smoothed, states, clean) in enumerate(zip(*rows, strict=True)):
        color, hidden = PALETTE[number], "" if number == 0 else "_"  # one entry of the legend for all
        above.plot(times, observed, ".", color="0.55", markersize=4, label=f"{hidden}observed")
        above.plot(times, smoothed, ":", color=color, linewidth=2.2, label=f"{hidden}smoothed")
        above.plot(times, states, color=color, linewidth=1.2, label=f"{hidden}explained")
        below.plot(times, smoothed - clean, ":", color=color, linewidth=1.2)
        below.plot(times, states - clean, color=color, linewidth=1.2)
    above.set_ylabel("population")
    below.set(xlabel="time", ylabel="difference to the truth")
    above.legend(ncols=3, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure
