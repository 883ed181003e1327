"""Every coefficient of discovered equations, with its standard error and the truth where they are known.

Arrays: `coefficients` (terms, dim); `term_names` (terms,); `component_names` (dim,); `standard_errors` and
`true_coefficients` (terms, dim), where they are known; `equation_names` (dim,) in place of `component_names`, where the
equations are about others.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture


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
    figure = Figure(figsize=(max(4.5, 1.6 + 0.55 * len(terms)), 0.8 + 1.5 * len(components)))
    axes = figure.subplots(len(components), 1, sharex=True, squeeze=False)[:, 0]
    for component, axis in enumerate(axes):
        spread = None if errors is None else errors[terms, component]
        axis.bar(place, found[terms, component], 0.6, yerr=spread, ecolor="0.3", label="found")
        if truth is not None:
            axis.plot(place, truth[terms, component], "_", color="#D55E00", markersize=16, label="true")
        axis.axhline(0, color="0.4", linewidth=0.7)
        axis.set_yscale("symlog", linthresh=1.0, linscale=0.6)
        axis.set_ylabel(f"d{components[component]}/dt")
    axes[-1].set_xticks(place, [str(arrays["term_names"][term]) for term in terms])
    axes[0].legend(ncols=2, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure
