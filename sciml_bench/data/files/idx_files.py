"""The idx format of the original MNIST files: a magic number, the sizes, then the values, all big-endian.

Bytes 0 and 1 are zero, byte 2 is the type and byte 3 the number of axes; each size is an unsigned 32-bit integer
(LeCun, Cortes, Burges, "The MNIST database of handwritten digits").
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from jaxtyping import Shaped

from sciml_bench.core.errors import DataError

IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: Path) -> Shaped[np.ndarray, "*axes"]:
    """Read an idx file, compressed (.gz) or not.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: the file is not of this format, truncated, or longer than its header says.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path}: truncated or damaged ({error}); download the file again.") from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in IDX_TYPES:
        raise DataError(f"{path}: not an idx file (it begins with {content[:4].hex()}); use the original MNIST files.")
    dtype, n_axes = np.dtype(IDX_TYPES[content[2]]), content[3]
    start = 4 + 4 * n_axes
    if len(content) < start:
        raise DataError(f"{path}: truncated within the header; download the file again.")
    shape = struct.unpack(f">{n_axes}I", content[4:start])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise DataError(
            f"{path}: {len(content)} bytes where the header announces {expected} for the shape {shape}; "
            "the file is truncated or damaged, download it again."
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def idx_bytes(values: Shaped[np.ndarray, "*axes"]) -> bytes:
    """The content of an uncompressed idx file that holds unsigned bytes.

    Raises:
        DataError: the values are not unsigned bytes.
    """
    if values.dtype != np.uint8:
        raise DataError(f"idx files of images and labels hold unsigned bytes, not {values.dtype}.")
    return bytes((0, 0, 0x08, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
