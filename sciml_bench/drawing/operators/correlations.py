"""Correlations of slow coordinates with collective variables, such as dihedrals and the radius of gyration.

Arrays: `correlations` (slow, variables), not a number where a variable is constant; `variable_names` (variables,).
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

_MOST = 40
"""Variables; of more those are shown that correlate most."""


@picture("correlations", "variable_names")
def draw(arrays: Arrays) -> Figure:
    """A row for each slow coordinate, a column for each variable, in their order."""
    values, names = arrays["correlations"], arrays["variable_names"]
    strength = np.nan_to_num(np.abs(values)).max(axis=0)
    shown = np.sort(np.argsort(-strength, kind="stable")[:_MOST])
    left_out = f", the {_MOST} strongest of {len(names)}" if len(shown) < len(names) else ""
    figure = Figure(figsize=(2.6 + 0.24 * len(shown), 2.1 + 0.3 * len(values)))
    axis = figure.subplots()
    map_ = axis.imshow(values[:, shown], vmin=-1.0, vmax=1.0, cmap="RdBu_r", aspect="auto")
    axis.set_xticks(np.arange(len(shown)), names[shown], rotation=90, fontsize=7)
    axis.set_yticks(np.arange(len(values)), [f"eigenfunction {number + 2}" for number in range(len(values))])
    axis.grid(visible=False)
    axis.set_facecolor("0.8")  # of what is not a number
    figure.colorbar(map_, ax=axis, label="correlation")
    axis.set_title(f"Slow coordinates and collective variables{left_out}", fontsize=10)
    return figure
