"""The part of the vocabulary that needs no torch, for those who only read and write files."""

from os import PathLike
from typing import TypeAlias

PathType: TypeAlias = str | PathLike[str]
"""A file or folder as a person writes it."""

Metrics: TypeAlias = dict[str, float]
"""What ends in metrics.json: numbers under documented names; inf is the error of what left every bound."""
