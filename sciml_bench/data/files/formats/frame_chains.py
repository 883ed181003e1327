"""How the frames of a trajectory follow each other in its file, so that a truncated or damaged one is named.

Frames of XTC, TRR and DCD have no index: each says how long it is. Libraries stop silently where that chain breaks,
or leave memory behind; here it is followed to the end of the file, headers alone, before any position is read.
Sources: the xdrfile library of GROMACS for XTC and TRR; the record structure of CHARMM for DCD.
"""

import mmap
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError

_XTC_MAGIC, _XTC_LARGE, _TRR_MAGIC = 1995, 2023, 1993
_UNCOMPRESSED = 9
"""Atoms up to which XTC stores plain numbers."""


class Frame(NamedTuple):
    """One frame: where the next begins, its number of atoms, and its time in picoseconds, if it has one."""

    end: int
    n_atoms: int
    time: float | None


class FrameChain(NamedTuple):
    """What the headers of a file say: frames, atoms, and times in picoseconds where the format has a clock."""

    n_frames: int
    n_atoms: int
    times: Float[np.ndarray, " frames"] | None


def followed_chain(path: Path) -> FrameChain:
    """Follow the frames of a file from its first byte to its last.

    Args:
        path: with one of the suffixes of `CHAINS`.

    Raises:
        DataError: it is empty, ends within a frame, or holds something else.
    """
    frames: list[Frame] = []
    try:
        if not path.stat().st_size:
            raise DataError(f"{path} is empty")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for frame in CHAINS[path.suffix.lower()](data):
                if frame.end > len(data):
                    raise DataError(f"{path} is truncated or damaged: it ends within frame {len(frames) + 1}")
                if frames and frame.n_atoms != frames[0].n_atoms:
                    raise DataError(f"{path} is damaged at frame {len(frames) + 1}, which has {frame.n_atoms} atoms")
                frames.append(frame)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error})") from error
    except (struct.error, EOFError) as error:
        raise DataError(f"{path} is truncated or damaged: it ends within frame {len(frames) + 1}") from error
    except ValueError as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} is damaged at frame {len(frames) + 1}: {error}") from error
    if not frames:
        raise DataError(f"{path} has no frames")
    clock = None if frames[0].time is None else np.array([frame.time for frame in frames], dtype=np.float64)
    # single precision adds digits to a time of whole femtoseconds
    return FrameChain(len(frames), frames[0].n_atoms, None if clock is None else np.round(clock, 4))


def _xtc(data: mmap.mmap) -> Iterator[Frame]:
    place = 0
    while place < len(data):
        magic, n_atoms, _, time = struct.unpack_from(">iiif", data, place)
        if magic not in (_XTC_MAGIC, _XTC_LARGE) or n_atoms < 1:
            raise ValueError("no frame of XTC begins there")
        end = place + 56 + 12 * n_atoms
        if n_atoms > _UNCOMPRESSED:
            wide = magic == _XTC_LARGE
            (n_bytes,) = struct.unpack_from(">q" if wide else ">i", data, place + 88)
            if n_bytes < 0:
                raise ValueError("a frame of XTC cannot have fewer than no bytes")
            end = place + (96 if wide else 92) + -(-n_bytes // 4) * 4
        yield Frame(end, n_atoms, time)
        place = end


def _trr(data: mmap.mmap) -> Iterator[Frame]:
    place = 0
    while place < len(data):
        magic, _, n_letters = struct.unpack_from(">iii", data, place)
        if magic != _TRR_MAGIC or not 0 < n_letters < 100:
            raise ValueError("no frame of TRR begins there")
        begin = place + 12 + -(-n_letters // 4) * 4
        *sizes, n_atoms, _, _ = struct.unpack_from(">13i", data, begin)
        n_positions = sizes[7]
        if n_atoms < 1 or min(sizes) < 0 or n_positions not in (12 * n_atoms, 24 * n_atoms):
            raise ValueError("a frame of TRR has no positions")
        real = ">d" if n_positions == 24 * n_atoms else ">f"
        (time,) = struct.unpack_from(real, data, begin + 52)
        end = begin + 52 + 2 * struct.calcsize(real) + sum(sizes)
        yield Frame(end, n_atoms, time)
        place = end


def _dcd(data: mmap.mmap) -> Iterator[Frame]:
    order = next((mark for mark in "<>" if struct.unpack_from(f"{mark}i4s", data) == (84, b"CORD")), None)
    if order is None:
        raise ValueError("no DCD begins there")
    promised, has_cell = (struct.unpack_from(f"{order}i", data, 8 + 4 * field)[0] for field in (0, 10))
    place = 92
    place += struct.unpack_from(f"{order}i", data, place)[0] + 8  # the title
    (n_atoms,) = struct.unpack_from(f"{order}i", data, place + 4)
    place += 12
    records = ([48] if has_cell else []) + [4 * n_atoms] * 3
    found = 0
    while place < len(data) or found < promised:
        for length in records:
            if struct.unpack_from(f"{order}i", data, place)[0] != length:
                raise ValueError("its records have other lengths than its first")
            place += length + 8
        found += 1
        yield Frame(place, n_atoms, None)


CHAINS: dict[str, Callable[[mmap.mmap], Iterator[Frame]]] = {".xtc": _xtc, ".trr": _trr, ".dcd": _dcd}
"""By suffix, the frames of a file that is open."""
