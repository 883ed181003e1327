"""Ordered digits: real handwriting that comes with scikit-learn, put in the order 0, 1, 2, 3, 4, 0, 1, …

The 1797 images of 8×8 pixels with 17 grey levels are the test part of Alpaydin and Kaynak, "Optical recognition of
handwritten digits", UCI Machine Learning Repository (1998). No download is needed.
"""

from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import zoom

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.data.sources.ordered_classes import OrderedClasses

GREY_LEVELS = 16


def enlarge(images: Float[np.ndarray, "image height height"], size: int) -> Float[np.ndarray, "image size size"]:
    """Enlarge square images by cubic splines; the values stay within [0, 1].

    The paper around the image counts as empty, so that strokes end before the border as pen strokes do. Interpolation
    is linear in the image and the same along both axes: one small matrix applied from both sides.
    """
    height = images.shape[-1]
    weights = np.empty((height, size))
    for pixel, row in zip(np.eye(height), weights, strict=True):
        zoom(pixel, size / height, output=row, order=3, mode="grid-constant", grid_mode=True)
    return np.clip(np.einsum("hy,nhw,wx->nyx", weights, images, weights, optimize=True), 0, 1)


class OrderedDigits(OrderedClasses):
    """The next digit follows from the present one: 106, 35 and 36 rounds of five digits by default.

    Args:
        n_digits: digits 0 to n_digits - 1 take turns, 2 to 10.
        image_size: height and width in pixels, at least 8.
        **options: split, transforms as in `OrderedClasses`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(self, n_digits: ConfiguredInteger = 5, image_size: ConfiguredInteger = 28, **options: Any) -> None:
        super().__init__(n_digits, **options)
        self.image_size = require_integer("data.image_size", image_size, 8, "the images need at least 8 pixels a side")
        self.state_shape = (1, self.image_size, self.image_size)

    def pictures(self) -> tuple[Float[np.ndarray, "image 8 8"], Int[np.ndarray, " image"]]:
        """Those of scikit-learn, in [0, 1]."""
        from sklearn.datasets import load_digits  # imported late: it would double the time that --help takes

        pixels, digits = load_digits(return_X_y=True)
        return pixels.reshape(-1, 8, 8) / GREY_LEVELS, np.asarray(digits)

    def states_of(self, images: Float[np.ndarray, "time 8 8"]) -> Float[np.ndarray, "time 1 height width"]:
        """Enlarged."""
        return enlarge(images, self.image_size)[:, None]
