"""Where the suite keeps what is costly to make again: downloads, simulations and trained instruments."""

import hashlib
import logging
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.stored.files import read_arrays, write_atomically

log = logging.getLogger(__name__)


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/sciml_bench`, or `~/.cache/sciml_bench`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sciml_bench"


def kept_array(folder: Path, asked: str, name: str, make: Callable[[], np.ndarray], what: str) -> np.ndarray:
    """An array from the cache, or made and kept there with a checksum; a damaged file is made again.

    Args:
        folder: in the cache.
        asked: everything that the array depends on, of which the file's name follows.
        name: of the array in its file.
        make: makes it.
        what: is done, said while one waits.
    """
    file = folder / f"{hashlib.sha256(asked.encode()).hexdigest()[:16]}.npz"
    if file.exists():
        try:
            kept = read_arrays(file)
            if str(kept["checksum"]) == checksum(kept[name]):
                return kept[name]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            pass
        log.warning("%s is damaged and is made again", file)
    log.info("%s, once (kept as %s)", what, file)
    content: dict[str, Any] = {name: make()}
    content["checksum"] = np.array(checksum(content[name]))
    write_atomically(file, lambda opened: np.savez(opened, **content))
    return content[name]


def checksum(array: np.ndarray) -> str:
    """SHA-256 of type, shape and bytes."""
    described = f"{array.dtype.str} {array.shape}".encode()
    return hashlib.sha256(described + np.ascontiguousarray(array).tobytes()).hexdigest()
