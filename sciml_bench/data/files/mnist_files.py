"""Where the MNIST images come from: a person's folder of the original idx files, our cache, or OpenML.

A download is stored in the cache in the same idx format, so that there is one reader for all three.
"""

import gzip
import socket
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from sciml_bench.core.errors import DataError
from sciml_bench.core.plain_types import PathType
from sciml_bench.core.stored.cache import default_cache
from sciml_bench.core.stored.files import write_atomically
from sciml_bench.data.files.idx_files import idx_bytes, read_idx

PARTS = ("train", "t10k")
N_TRAIN_IMAGES = 60_000
N_TEST_IMAGES = 10_000
OPENML_MD5 = "0298d579eb1b86163de7723944c7e495"
"""Of OpenML's mnist_784.arff (data set 554); scikit-learn compares what it downloads with OpenML's record of it."""
TIMEOUT_SECONDS = 30.0

Images = UInt8[np.ndarray, "image 28 28"]
Labels = UInt8[np.ndarray, " image"]


def read_mnist(path: PathType | None = None, cache: PathType | None = None) -> tuple[Images, Labels]:
    """All images and labels at hand, the training files before the test files.

    Args:
        path: folder with the original idx files (train, t10k or both; compressed or not); without it the cache is read
            and filled from OpenML where it is empty.
        cache: folder for downloads; `default_cache()` if not given.

    Raises:
        FileNotFoundError: `path` does not exist or holds no idx files.
        DataError: a file is damaged, or there is neither a path nor a cache nor a connection.
    """
    if path is None and len(mnist_files(path, cache)) < 4:
        _fill_cache(_folder(path, cache))
    return _read_folder(_folder(path, cache), key="data.cache" if path is None else "data.path")


def mnist_files(path: PathType | None = None, cache: PathType | None = None) -> list[Path]:
    """The files that `read_mnist` reads."""
    found = (_find(_folder(path, cache), part, kind) for part in PARTS for kind in ("images", "labels"))
    return [file for file in found if file is not None]


def _folder(path: PathType | None, cache: PathType | None) -> Path:
    if path is not None:
        return Path(path).expanduser()
    return (default_cache() if cache is None else Path(cache).expanduser()) / "mnist"


def _read_folder(folder: Path, key: str) -> tuple[Images, Labels]:
    if not folder.is_dir():
        raise FileNotFoundError(f"{key}={folder}: there is no such folder.")
    pairs = []
    for part in PARTS:
        images_file, labels_file = _find(folder, part, "images"), _find(folder, part, "labels")
        if images_file is None and labels_file is None:
            continue
        if images_file is None or labels_file is None:
            raise FileNotFoundError(f"{key}={folder}: the {part} images and labels must both be there.")
        images, labels = read_idx(images_file), read_idx(labels_file)
        if images.shape[1:] != (28, 28) or images.dtype != np.uint8 or labels.shape != images.shape[:1]:
            raise DataError(
                f"{images_file}: images of shape {images.shape} and labels of shape {labels.shape}; "
                "expected (images, 28, 28) and one label for each."
            )
        pairs.append((images, labels))
    if not pairs:
        raise FileNotFoundError(
            f"{key}={folder}: no MNIST files found; expected train-images-idx3-ubyte and train-labels-idx1-ubyte "
            "or t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, with or without .gz."
        )
    images, labels = zip(*pairs, strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _find(folder: Path, part: str, kind: str) -> Path | None:
    axes = 3 if kind == "images" else 1
    # Both spellings are in circulation: some unpacking programs turn the last hyphen into a dot.
    names = [f"{part}-{kind}{mark}idx{axes}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    return next((folder / name for name in names if (folder / name).is_file()), None)


def _fill_cache(folder: Path) -> None:
    images, labels = _download(folder)
    for part, rows in zip(PARTS, (slice(N_TRAIN_IMAGES), slice(N_TRAIN_IMAGES, None)), strict=True):
        for name, values in (("images-idx3", images), ("labels-idx1", labels)):
            content = gzip.compress(idx_bytes(values[rows]), mtime=0)
            write_atomically(folder / f"{part}-{name}-ubyte.gz", lambda file, content=content: file.write(content))


def _download(folder: Path) -> tuple[Images, Labels]:
    from sklearn.datasets import fetch_openml  # imported late: most runs find the images on disk

    previous = socket.getdefaulttimeout()
    # scikit-learn opens the connection without a time limit, which would leave a person behind a firewall waiting.
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        with tempfile.TemporaryDirectory() as download_folder:
            data: Any = fetch_openml(
                "mnist_784", version=1, as_frame=False, parser="liac-arff", data_home=download_folder, n_retries=1
            )
    except (OSError, ValueError) as error:
        raise DataError(
            f"MNIST is not in the cache ({folder}) and could not be downloaded from OpenML ({error}): connect to the "
            "internet, or set data.path=<folder with the original idx files>, or use data=ordered_digits."
        ) from error
    finally:
        socket.setdefaulttimeout(previous)
    checksum = data.details.get("md5_checksum")
    if checksum != OPENML_MD5 or data.data.shape != (N_TRAIN_IMAGES + N_TEST_IMAGES, 784):
        raise DataError(
            f"OpenML served another file than expected (md5 {checksum} instead of {OPENML_MD5}): "
            "set data.path=<folder with the original idx files>."
        )
    return data.data.reshape(-1, 28, 28).astype(np.uint8), data.target.astype(np.uint8)
