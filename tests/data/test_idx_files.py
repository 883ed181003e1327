import gzip
import struct

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.idx_files import idx_bytes, read_idx

# The header of the original test images: magic 2051, 10000 images of 28 by 28.
ORIGINAL_HEADER = bytes.fromhex("00000803000027100000001c0000001c")


def test_the_bytes_we_write_begin_like_the_original_file():
    assert idx_bytes(np.zeros((10_000, 28, 28), np.uint8))[:16] == ORIGINAL_HEADER


@pytest.mark.parametrize("compress", [False, True])
def test_a_file_is_read_back(tmp_path, compress):
    values = np.random.default_rng(0).integers(0, 256, (3, 4, 5)).astype(np.uint8)
    path = tmp_path / ("x.gz" if compress else "x")
    path.write_bytes(gzip.compress(idx_bytes(values)) if compress else idx_bytes(values))
    np.testing.assert_array_equal(read_idx(path), values)


def test_wider_numbers_are_big_endian(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(bytes((0, 0, 0x0C, 1)) + struct.pack(">I", 2) + struct.pack(">ii", -7, 300))
    assert read_idx(path).tolist() == [-7, 300]


@pytest.mark.parametrize("n_bytes", [0, 3, 9, 16, 500])
@pytest.mark.parametrize("compress", [False, True])
def test_a_truncated_file_is_refused(tmp_path, n_bytes, compress):
    content = idx_bytes(np.random.default_rng(0).integers(0, 256, (10, 28, 28)).astype(np.uint8))
    path = tmp_path / ("x.gz" if compress else "x")
    path.write_bytes((gzip.compress(content) if compress else content)[:n_bytes])
    with pytest.raises(DataError, match=str(path)):
        read_idx(path)


def test_a_file_of_another_format_or_too_long_is_refused(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"PK\x03\x04 something else")
    with pytest.raises(DataError, match="not an idx file"):
        read_idx(path)
    path.write_bytes(idx_bytes(np.zeros(3, np.uint8)) + b"x")
    with pytest.raises(DataError, match="12 bytes where the header announces 11"):
        read_idx(path)


def test_only_bytes_are_written():
    with pytest.raises(DataError, match="float64"):
        idx_bytes(np.zeros(3))
