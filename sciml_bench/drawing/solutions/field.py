"""A flow beside the reference, moment by moment.

Arrays: `predicted` and `truth` (batch, time, x, y) on equally spaced points of [0, 1], the time included; `quantity`,
the symbol of the solution.
"""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sciml_bench.drawing.animation import Animation
from sciml_bench.drawing.picture import Arrays, picture
from sciml_bench.drawing.solutions.solutions import SIGNED


@picture("predicted", "truth", "quantity")
def draw(arrays: Arrays) -> Animation:
    """The first sample."""
    predicted, truth = arrays["predicted"][0], arrays["truth"][0]
    limit = max(float(np.abs(truth).max()), 1e-12)
    figure = Figure(figsize=(5.6, 2.9), dpi=80)
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots(1, 2)
    images = []
    for axis, field, title in zip(axes, (predicted, truth), ("predicted", "reference"), strict=True):
        image = axis.imshow(field[0].T, origin="lower", extent=(0, 1, 0, 1), cmap=SIGNED, vmin=-limit, vmax=limit)
        axis.set(title=title, xlabel="x", ylabel="y")
        axis.grid(False)
        images.append(image)
    figure.colorbar(images[1], ax=list(axes), shrink=0.8)
    heading = figure.suptitle("t = 0.00")
    frames = []
    for index, (found, true) in enumerate(zip(predicted, truth, strict=True)):
        images[0].set_data(found.T)
        images[1].set_data(true.T)
        heading.set_text(f"{arrays['quantity']}, t = {index / (len(truth) - 1):.2f}")
        canvas.draw()
        frames.append(np.asarray(canvas.buffer_rgba())[..., :3].copy())
    return Animation(np.stack(frames))
