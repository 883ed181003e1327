"""Accuracy against cost: who is on the Pareto front, where nobody is both better and cheaper.

Arrays: `costs` and `scores` (methods,), `numbers` (methods,) that name the points, `on_front` (methods,) of 0 and 1;
`lower` and `upper` (methods,), intervals of the scores, nan where there is none; `score_label`, `cost_label`.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture
from sciml_bench.drawing.style import PALETTE
from sciml_bench.drawing.svg import GREY, one_axis, plain_powers

_WIDE = 30.0
_TOUCHING = np.array([16.0, 10.0])


@picture("costs", "scores", "lower", "upper", "numbers", "on_front", "score_label", "cost_label")
def draw(arrays: Arrays) -> Figure:
    """One numbered point per method; those on the front are filled and joined by steps."""
    costs, scores, front = arrays["costs"], arrays["scores"], arrays["on_front"].astype(bool)
    figure, axis = one_axis()
    bands = np.abs(np.stack([scores - arrays["lower"], arrays["upper"] - scores]))
    for chosen, colour, fill in ((~front, GREY, "none"), (front, PALETTE[0], PALETTE[0])):
        axis.errorbar(costs[chosen], scores[chosen], bands[:, chosen], fmt="none", ecolor=colour, elinewidth=1)
        axis.plot(costs[chosen], scores[chosen], "o", color=colour, markerfacecolor=fill, markersize=6)
    order = np.argsort(costs[front], kind="stable")
    axis.plot(costs[front][order], scores[front][order], color=PALETTE[0], linewidth=1, drawstyle="steps-post")
    axis.set(xlabel=str(arrays["cost_label"]))
    axis.set_title(str(arrays["score_label"]), loc="left", fontsize=10)
    _spread(axis, "x", costs)
    _spread(axis, "y", scores)
    axis.margins(0.12)
    _number(axis, np.stack([costs, scores], axis=1), arrays["numbers"])
    return figure


def _number(axis: Any, points: Float[np.ndarray, "methods 2"], numbers: Shaped[np.ndarray, " methods"]) -> None:
    """A number beside every point; points that lie on each other share a label."""
    places = axis.transData.transform(points) * 72 / axis.figure.dpi  # in letters' points
    left = list(range(len(points)))
    while left:
        first = left[0]
        near = [each for each in left if np.all(np.abs(places[each] - places[first]) < _TOUCHING)]
        left = [each for each in left if each not in near]
        text = ", ".join(str(numbers[each]) for each in near)
        axis.annotate(text, points[first], xytext=(5, 4), textcoords="offset points", fontsize=9)


def _spread(axis: Any, which: str, values: Float[np.ndarray, " methods"]) -> None:
    """A logarithmic scale where values differ widely and have logarithms."""
    if len(values) and values.min() > 0 and values.max() > _WIDE * values.min():
        getattr(axis, f"set_{which}scale")("log")
        plain_powers(getattr(axis, f"{which}axis"))
