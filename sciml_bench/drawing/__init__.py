"""Every picture of the suite, drawn from arrays alone, so that it can be made again from arrays.npz.

A picture is a module of one of the rooms below, named as the module is; adding one is adding its file.
"""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from matplotlib.figure import Figure

from sciml_bench.core.errors import DataError
from sciml_bench.drawing.animation import Animation
from sciml_bench.drawing.picture import Picture

__all__ = ["Animation", "Picture", "draw", "picture_named", "picture_names", "pictures_of"]


def draw(name: str, arrays: Mapping[str, Any]) -> Figure | Animation:
    """Draw one picture.

    Args:
        name: of the picture.
        arrays: by name, such as the content of arrays.npz; which ones are needed stands at the top of each file.

    Raises:
        DataError: there is no such picture, or an array is missing.
    """
    return picture_named(name)(arrays)


def pictures_of(arrays: Mapping[str, Any]) -> dict[str, Figure | Animation]:
    """Draw every picture that the array `pictures` names; arguments and errors as for `draw`."""
    return {str(name): draw(str(name), arrays) for name in arrays.get("pictures", ())}


def picture_named(name: str) -> Picture:
    """A picture with the names of the arrays that it is drawn from.

    Raises:
        DataError: there is no such picture.
    """
    if name not in _modules():
        raise DataError(f"there is no picture {name!r}; choose among {', '.join(picture_names())}")
    return import_module(_modules()[name]).draw


def picture_names() -> list[str]:
    """The names of all pictures."""
    return sorted(_modules())


@cache
def _modules() -> dict[str, str]:
    """Where every picture is; none of them is imported before it is drawn."""
    found = (module.name for module in pkgutil.walk_packages(__path__, f"{__name__}.") if not module.ispkg)
    return {name.rpartition(".")[2]: name for name in found if name.count(".") > __name__.count(".") + 1}
