"""Moving pictures: frames that were drawn already, written as an animated GIF."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.files import write_atomically

_COLOURS = 128


@dataclass(frozen=True, eq=False)
class Animation:
    """A sequence of pictures of one size.

    Args:
        frames: (time, height, width, red green blue).
        seconds_per_frame: how long each is shown.

    Raises:
        ConfigurationError: no frames, or a time that is not positive.
    """

    frames: UInt8[np.ndarray, "time height width 3"]
    seconds_per_frame: float = 0.1

    def __post_init__(self) -> None:
        """Check the frames."""
        if len(self.frames) < 1 or not self.seconds_per_frame > 0:
            raise ConfigurationError(
                f"an animation of {len(self.frames)} frames at {self.seconds_per_frame} s: give at least one frame "
                "and a positive time"
            )

    def save(self, path: Path) -> None:
        """Write an endless GIF atomically.

        Args:
            path: of the file.
        """
        # One palette for all frames, so that colours do not flicker; chosen by the range of the colours and not by how
        # many points have them, as the background would else leave few for the fields.
        every_frame = Image.fromarray(self.frames.reshape(-1, *self.frames.shape[2:]))
        palette = every_frame.quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE)
        pictures: Sequence[Image.Image] = [
            Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in self.frames
        ]
        milliseconds = round(1000 * self.seconds_per_frame)
        write_atomically(
            path,
            lambda file: pictures[0].save(
                file, format="GIF", save_all=True, append_images=pictures[1:], duration=milliseconds, loop=0
            ),
        )
