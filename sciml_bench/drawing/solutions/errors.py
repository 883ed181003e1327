"""The distribution of the relative error over the test parameters, one curve per resolution.

Arrays: `relative_l2_<n>` (samples,), the errors on n points per axis.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

_NAME = "relative_l2_"


@picture(f"{_NAME}*")
def draw(arrays: Arrays) -> Figure:
    """Which part of the test parameters has an error below each value."""
    figure = Figure(figsize=(5.2, 3.6))
    axis = figure.subplots()
    for name, errors in arrays.items():
        ordered = np.sort(errors)
        part = (np.arange(len(ordered)) + 1) / len(ordered)
        axis.step(ordered, part, where="post", label=f"{name.removeprefix(_NAME)} points per axis")
    axis.set(xscale="log", xlabel="relative L² error", ylabel="part of the test parameters", ylim=(0, 1.02))
    axis.legend()
    return figure
