"""The part of the vocabulary that needs no torch, for those who only read and write files."""

from collections.abc import Iterator, Mapping
from os import PathLike
from typing import Any, TypeAlias

PathType: TypeAlias = str | PathLike[str]
"""A file or folder as a person writes it."""

Metrics: TypeAlias = dict[str, float]
"""What ends in metrics.json: finite numbers under documented names."""


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of nested mappings, each with its keys joined by dots.

    Args:
        node: such as a configuration.
        path: of the node itself.
    """
    if isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, node
