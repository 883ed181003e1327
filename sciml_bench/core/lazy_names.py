"""Names of a package whose modules are imported when they are asked for: no run waits for what it does not use."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The function `__getattr__` of a package.

    Args:
        package: its `__name__`.
        homes: the module of every name, relative to the package.

    Returns:
        A function that raises AttributeError for other names.
    """

    def found(name: str) -> Any:
        if name in homes:
            return getattr(import_module(f"{package}.{homes[name]}"), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return found
