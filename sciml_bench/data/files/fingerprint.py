"""What tells one file from another: its size and a checksum, so that a run says which data it learned from."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

WHOLE_BYTES = 2**30
"""Larger files are known by samples, and by the time at which they were written."""
BLOCK_BYTES, N_BLOCKS = 2**20, 128


def fingerprint(path: Path) -> dict[str, Any]:
    """Path, size in bytes and SHA-256 of a file, or of all files of a folder, such as a zarr store, by name.

    Of a file of more than 1 GiB the checksum is that of 128 blocks of 1 MiB, evenly spread with both ends among them,
    and `modified` says when it was written, in seconds since 1970. So it is for a folder of more than 1 GiB, whose
    files lie one after the other; their names and sizes count as well.
    """
    if path.is_dir():
        files = [file for file in sorted(path.rglob("*")) if file.is_file()]
        if sum(file.stat().st_size for file in files) > WHOLE_BYTES:
            return _of_large_folder(path, files)
        parts = [fingerprint(file) for file in files]
        digest = hashlib.sha256()
        for part in parts:
            digest.update(f"{Path(part['path']).relative_to(path).as_posix()} {part['sha256']}\n".encode())
        return {"path": str(path), "bytes": sum(part["bytes"] for part in parts), "sha256": digest.hexdigest()}
    status = path.stat()
    size, large = status.st_size, status.st_size > WHOLE_BYTES
    with path.open("rb") as file:
        if not large:
            digest = hashlib.file_digest(file, "sha256")
        else:
            digest = hashlib.sha256()
            for start in np.linspace(0, size - BLOCK_BYTES, N_BLOCKS).astype(int).tolist():
                file.seek(start)
                digest.update(file.read(BLOCK_BYTES))
    found = {"path": str(path), "bytes": size, "sha256": digest.hexdigest()}
    return found | ({"modified": int(status.st_mtime)} if large else {})


def _of_large_folder(path: Path, files: Sequence[Path]) -> dict[str, Any]:
    sizes = np.array([file.stat().st_size for file in files])
    ends, digest = np.cumsum(sizes), hashlib.sha256()
    for file, size in zip(files, sizes.tolist(), strict=True):
        digest.update(f"{file.relative_to(path).as_posix()} {size}\n".encode())
    for start in np.linspace(0, ends[-1] - BLOCK_BYTES, N_BLOCKS).astype(int).tolist():
        number = int(np.searchsorted(ends, start, side="right"))
        with files[number].open("rb") as file:
            file.seek(start - int(ends[number] - sizes[number]))
            digest.update(file.read(BLOCK_BYTES))
    modified = int(max(file.stat().st_mtime for file in files))
    return {"path": str(path), "bytes": int(ends[-1]), "sha256": digest.hexdigest(), "modified": modified}


def what_changed(earlier: Mapping[str, Any]) -> str | None:
    """How a file differs from its fingerprint, as words; None where it does not, or is no longer there.

    Args:
        earlier: the fingerprint.
    """
    path = Path(str(earlier["path"]))
    if not path.exists():
        return None
    now = fingerprint(path)
    if now["bytes"] != earlier["bytes"]:
        verb = "grown" if now["bytes"] > earlier["bytes"] and _begins_with(path, earlier) else "changed"
        return f"{path} has {verb} from {earlier['bytes']} to {now['bytes']} bytes"
    if now["sha256"] != earlier["sha256"]:
        return f"{path} was replaced by another file of its size"
    if now.get("modified") != earlier.get("modified"):
        written = time.strftime("%Y-%m-%d %H:%M", time.localtime(now.get("modified")))
        return f"{path} was written again ({written})"
    return None


def _begins_with(path: Path, earlier: Mapping[str, Any]) -> bool:
    """Whether a longer file is the old one with more behind it, as far as the checksum of the whole can tell."""
    if not path.is_file() or earlier["bytes"] > WHOLE_BYTES:
        return False
    return hashlib.sha256(np.memmap(path, mode="r")[: earlier["bytes"]].data).hexdigest() == earlier["sha256"]
