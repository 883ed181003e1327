"""What tells one file from another: its size and a checksum, so that a run says which data it learned from."""

import hashlib
from pathlib import Path
from typing import Any

WHOLE_BYTES = 2**30
"""Larger files are known by their two ends."""
END_BYTES = 64 * 2**20


def fingerprint(path: Path) -> dict[str, Any]:
    """Path, size in bytes and SHA-256 of a file, or of all files of a folder, such as a zarr store, by name.

    Of a file of more than 1 GiB the checksum is that of its first and last 64 MiB and of its size in decimal digits.
    """
    if path.is_dir():
        parts = [fingerprint(file) for file in sorted(path.rglob("*")) if file.is_file()]
        digest = hashlib.sha256()
        for part in parts:
            digest.update(f"{Path(part['path']).relative_to(path).as_posix()} {part['sha256']}\n".encode())
        return {"path": str(path), "bytes": sum(part["bytes"] for part in parts), "sha256": digest.hexdigest()}
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= WHOLE_BYTES:
            digest = hashlib.file_digest(file, "sha256")
        else:
            digest = hashlib.sha256(file.read(END_BYTES))
            file.seek(-END_BYTES, 2)
            digest.update(file.read(END_BYTES) + str(size).encode())
    return {"path": str(path), "bytes": size, "sha256": digest.hexdigest()}
