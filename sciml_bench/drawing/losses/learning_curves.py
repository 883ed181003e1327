"""The learning curves that every fit has.

Arrays: `history_<name>` (epochs,), nan where an epoch did not log it; among them `history_epoch`, counted from 0;
`selected_epoch`, counted from 0, whose weights were kept, where they were chosen.
"""

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.drawing.picture import Arrays, picture

_WIDE = 50.0
"""A quantity that spans so many times its smallest value shows its end only on a logarithmic axis."""


@picture("history_epoch", "history_*", optional=("selected_epoch",))
def draw(arrays: Arrays) -> Figure:
    """Every logged quantity against the epoch, one panel each."""
    epochs, selected = arrays["history_epoch"] + 1, arrays.get("selected_epoch")
    names = sorted(name for name in arrays if name.startswith("history_") and name != "history_epoch")
    columns = min(3, max(1, len(names)))
    n_rows = -(-len(names) // columns)
    figure = Figure(figsize=(3.6 * columns, 2.5 * n_rows))
    axes = figure.subplots(n_rows, columns, squeeze=False).ravel()
    for axis, name in zip(axes, names, strict=False):
        logged = ~np.isnan(arrays[name])
        values = arrays[name][logged]
        axis.plot(epochs[logged], values, marker="." if len(values) < 30 else None)
        if selected is not None:
            axis.axvline(float(selected) + 1, color="0.6", linestyle=":", label="selected")
        axis.set(xlabel="epoch", ylabel=name.removeprefix("history_").replace("_", " "))
        if len(values) and values.min() > 0 and values.max() > _WIDE * values.min():
            axis.set_yscale("log")
    for axis in axes[len(names) :]:
        axis.set_visible(False)
    if selected is not None:
        axes[0].legend()
    return figure
