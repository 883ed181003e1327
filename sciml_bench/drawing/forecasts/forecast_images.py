"""Forecasts of images back in time, the given images themselves, and forecasts ahead.

Arrays: `given_images` (rows, height, width), held-out; `forecast_images` (steps, rows, height, width), expected at each
of `forecast_steps` (steps,), increasing and without 0; `forecast_correct` (steps, rows), whether the oracle reads the
right class.
"""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from sciml_bench.drawing.picture import Arrays, picture

GIVEN, WRONG = "#0072B2", "#D55E00"
"""Colours of the frames of given images and of forecasts that are read wrongly."""

_GAP = 2
"""White pixels around each image."""


@picture("given_images", "forecast_images", "forecast_steps", "forecast_correct")
def draw(arrays: Arrays) -> Figure:
    """One row per given image."""
    steps, correct = arrays["forecast_steps"], arrays["forecast_correct"]
    position = int(np.searchsorted(steps, 0))
    pictures = np.insert(arrays["forecast_images"], position, arrays["given_images"], axis=0)
    padded = np.pad(pictures, ((0, 0), (0, 0), (_GAP, _GAP), (_GAP, _GAP)))
    n_columns, n_rows, cell_height, cell_width = padded.shape
    mosaic = padded.transpose(1, 2, 0, 3).reshape(n_rows * cell_height, n_columns * cell_width)
    figure = Figure(figsize=(0.5 * n_columns + 0.3, 0.5 * n_rows + 0.6))
    axis = figure.subplots()
    axis.imshow(mosaic, cmap="gray_r", vmin=0, vmax=1)
    for row, column in np.ndindex(n_rows, n_columns):
        index, given = column - (column > position), column == position
        if given or not correct[index, row]:
            corner = (column * cell_width + _GAP / 2 - 0.5, row * cell_height + _GAP / 2 - 0.5)
            size = (cell_width - _GAP, cell_height - _GAP)
            axis.add_patch(Rectangle(corner, *size, fill=False, edgecolor=GIVEN if given else WRONG, linewidth=1.6))
    names = [f"{step:+d}" for step in steps]
    names.insert(position, "given")
    axis.set_xticks((np.arange(n_columns) + 0.5) * cell_width - 0.5, names, fontsize=7)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.set_yticks([])
    axis.grid(visible=False)
    axis.spines[:].set_visible(False)
    axis.set_title("Held-out images and their forecasts by step (vermilion: read wrongly by the oracle)", fontsize=9)
    return figure
