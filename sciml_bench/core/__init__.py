"""The vocabulary every other room of the house shares: errors, array types, seeds, sampling, files."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sciml_bench.core.schedules import ConstantRate, CosineDecay, ExponentialDecay, HalvedOnPlateau, OneCycle

__all__ = ["ConstantRate", "CosineDecay", "ExponentialDecay", "HalvedOnPlateau", "OneCycle", "lazy_names"]


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The function `__getattr__` of a package whose modules are imported when a name of theirs is asked for.

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


__getattr__ = lazy_names(__name__, {name: "schedules" for name in __all__ if name != "lazy_names"})
