"""Packages that only some formats need: imported when such a file is read, and named with their extra where missing."""

import importlib
from pathlib import Path
from typing import Any

from sciml_bench.core.errors import DataError


def imported(path: Path, module: str, extra: str | None, key: str = "data.path") -> Any:
    """A module of an optional package.

    Args:
        path: the file that needs it, for the message.
        module: such as "pyarrow.parquet".
        extra: of this suite, with which the package is installed; None for a package that is in none.
        key: of the configuration, which names the file.

    Raises:
        DataError: the package is missing, or cannot be imported.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.split(".")[0]
        asked = package if extra is None else f"'sciml-bench[{extra}]'"
        raise DataError(f"{key}={path} needs the package {package}: pip install {asked} ({error}).") from error
