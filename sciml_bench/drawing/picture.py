"""What every picture has in common: it names its arrays, sees no others, and is drawn in the suite's style."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import filter as matching
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
from matplotlib.figure import Figure

from sciml_bench.core.errors import DataError
from sciml_bench.drawing.animation import Animation
from sciml_bench.drawing.style import styled

Arrays: TypeAlias = Mapping[str, np.ndarray]
"""What a picture is drawn from; text is an array too."""

Drawn = TypeVar("Drawn", Figure, Animation)


@dataclass(frozen=True)
class Picture(Generic[Drawn]):
    """A function of arrays that draws them.

    Args:
        function: draws the arrays.
        required: their names; `history_*` stands for one or more that begin so.
        optional: what is drawn where it is given.
    """

    function: Callable[[Arrays], Drawn]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def __call__(self, arrays: Mapping[str, Any]) -> Drawn:
        """Draw the arrays that are required or optional, whatever others there are.

        Raises:
            DataError: a required one is missing.
        """
        missing = missing_arrays(arrays, self.required)
        if missing:
            raise DataError(
                f"the arrays have no {', '.join(missing)}, of which this picture is drawn; "
                "repeat a run that an earlier version made with force=true"
            )
        seen = {name for pattern in (*self.required, *self.optional) for name in matching(arrays, pattern)}
        with styled():
            return self.function({name: np.asarray(values) for name, values in arrays.items() if name in seen})


def picture(*required: str, optional: tuple[str, ...] = ()) -> Callable[[Callable[[Arrays], Drawn]], Picture[Drawn]]:
    """Make a function of arrays a picture.

    Args:
        *required: names of the arrays without which it cannot be drawn.
        optional: names of those that it shows where they are given.
    """
    return lambda function: Picture(function, required, optional)


def missing_arrays(arrays: Mapping[str, Any], required: Iterable[str]) -> list[str]:
    """The names, or patterns such as `history_*`, for which there is no array."""
    return [name for name in required if not matching(arrays, name)]
