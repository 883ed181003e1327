"""Chunked arrays in zarr format, opened without reading them; the zarr package is imported only here."""

import zipfile
from pathlib import Path
from typing import Any

from sciml_bench.core.errors import DataError


def open_zarr(path: Path) -> dict[str, Any]:
    """The arrays of a zarr folder or zip file by name, unread; a single array has the name "".

    Raises:
        DataError: zarr is not installed, or the store is damaged; zarr itself refuses chunks that are pickled objects.
    """
    try:
        import zarr
        from zarr.storage import ZipStore
    except ImportError as error:
        raise DataError(f"data.path={path} needs the zarr package: pip install sciml-bench[files].") from error
    try:
        store = ZipStore(path, mode="r") if path.is_file() else path
        opened = zarr.open(store, mode="r")
        return {"": opened} if isinstance(opened, zarr.Array) else dict(opened.arrays())
    except (ValueError, KeyError, OSError, TypeError, zipfile.BadZipFile) as error:
        raise DataError(f"data.path={path} cannot be read as a zarr array or group: {error}.") from error
