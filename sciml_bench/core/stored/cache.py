"""Where the suite keeps what is costly to make again: downloads and trained instruments."""

import os
from pathlib import Path


def default_cache() -> Path:
    """`$XDG_CACHE_HOME/sciml_bench`, or `~/.cache/sciml_bench`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sciml_bench"
