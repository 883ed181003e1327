"""Every coefficient of discovered equations, with its standard error and the truth where they are known.

Arrays: `coefficients` (terms, dim); `term_names` (terms,); `component_names` (dim,); `standard_errors` and
`true_coefficients` (terms, dim), where they are known; `equation_names` (dim,) in place of `component_names`, where the
equations are about others.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from sciml_bench.drawing.picture import Arrays, picture

_MOST_RATIO = 30.0
"""Of the largest to the smallest coefficient on a linear axis."""

_LONGEST_FLAT = 8
"""Letters of a term that is written straight below its bar."""


@picture(
    "coefficients", "term_names", "component_names", optional=("standard_errors", "true_coefficients", "equation_names")
)
def draw(arrays: Arrays) -> Figure:
    """The terms that are found or true; one panel per component."""
    found, components = arrays["coefficients"], arrays.get("equation_names", arrays["component_names"])
    errors, truth = arrays.get("standard_errors"), arrays.get("true_coefficients")
    shown = (found != 0).any(axis=1)
    if truth is not None:
        shown |= (truth != 0).any(axis=1)
    terms = np.flatnonzero(shown)
    place = np.arange(len(terms))
    figure = Figure(figsize=(max(5.0, 2.0 + 0.75 * len(terms)), 0.9 + 1.9 * len(components)))
    axes = figure.subplots(len(components), 1, sharex=True, squeeze=False)[:, 0]
    for component, axis in enumerate(axes):
        values = found[terms, component]
        spread = None if errors is None else np.where(values != 0, errors[terms, component], np.nan)
        axis.bar(place, values, 0.6, yerr=spread, ecolor="0.3", capsize=3, label="found")
        if truth is not None:
            axis.plot(place, truth[terms, component], "_", color="#D55E00", markersize=16, label="true")
        sizes = np.abs(values[values != 0])
        # linear up to the smallest bar, so that every bar is seen beside the largest
        smallest = float(sizes.min()) if len(sizes) else 1.0
        if len(sizes) and sizes.max() > _MOST_RATIO * smallest:
            axis.set_yscale("symlog", linthresh=smallest, linscale=0.5)
            decades = np.arange(np.ceil(np.log10(smallest)), np.floor(np.log10(sizes.max())) + 1)
            powers = 10.0 ** decades[:: 1 + len(decades) // 4]
            axis.set_yticks([*(-powers if values.min() < 0 else []), 0.0, *(powers if values.max() > 0 else [])])
            axis.yaxis.set_minor_locator(NullLocator())
        else:
            axis.yaxis.set_major_locator(MaxNLocator(5))
        axis.margins(y=0.25)
        axis.axhline(0, color="0.4", linewidth=0.7)
        for where, value in zip(place, values.tolist(), strict=True):
            if value != 0:
                error = 0.0 if spread is None else float(spread[where])
                text = f"{value:.4g}" + (f"\n± {error:.1g}" if error > 0 else "")
                up = 3 if value > 0 else -3
                axis.annotate(
                    text,
                    (float(where), value),
                    (0, up),
                    textcoords="offset points",
                    ha="center",
                    va="bottom" if value > 0 else "top",
                    fontsize=7,
                )
        axis.set_ylabel(f"d{components[component]}/dt")
    names = [str(arrays["term_names"][term]) for term in terms]
    longest = max((len(name) for name in names), default=0)
    turned = {"rotation": 30, "ha": "right"} if longest > _LONGEST_FLAT else {}
    axes[-1].set_xticks(place, names, **turned)
    axes[0].legend(ncols=2, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure
