"""Recorded signals: WFDB (a header `.hea` and samples in `.dat`) through wfdb, EDF and BDF through pyEDFlib.

All signals of a record must have one rate: neither thinned out nor averaged.
"""

import contextlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.files.packages import imported

WFDB_HEADER, WFDB_SAMPLES = ".hea", ".dat"
FEWEST_FILLED = 3
"""Rows of zeros in all signals at the end of the last block that no recording has by itself."""
FEW_AT_END = 2
"""Samples at the two ends of its range that a signal has which is scaled to fill it."""


def header_of(path: Path) -> Path | None:
    """The header of a WFDB record, of which a file is a part; None for any other file."""
    if path.suffix.lower() == WFDB_HEADER:
        return path
    header = path.with_suffix(WFDB_HEADER)
    return header if path.suffix.lower() == WFDB_SAMPLES and header.is_file() else None


def parts_of(path: Path) -> list[Path]:
    """A file, and those whose names stand in it: the samples of a WFDB record."""
    header = header_of(path)
    if header is None:
        return [path]
    lines = [line.split() for line in header.read_text(errors="replace").splitlines() if line[:1] not in ("", "#")]
    names = dict.fromkeys(line[0] for line in lines[1:] if line)
    several = [name if "." in name else name + WFDB_HEADER for name in names]  # a segment is a record of its own
    files = [part for name in several if (part := header.with_name(name)).is_file()]
    inner = [more for part in files for more in (parts_of(part) if part.suffix == WFDB_HEADER else [part])]
    return [header, *inner]


def read_wfdb(path: Path, chosen: Sequence[str] = ()) -> list[NamedTrajectory]:
    """A record in its physical units; samples that are marked as invalid are not a number.

    Args:
        path: its header.
        chosen: names of the signals; all by default.

    Raises:
        ConfigurationError: there is no such signal.
        DataError: wfdb is missing, the record is damaged, or its signals have several rates.
    """
    wfdb = imported(path, "wfdb", "recordings")
    damage = (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError)
    try:
        record = wfdb.rdrecord(str(path.with_suffix("")), smooth_frames=False, physical=False, return_res=64)
        names = [str(name) for name in record.sig_name]
        sums = record.calc_checksum(expanded=True)
        signals = record.dac(expanded=True)
    except damage as error:
        raise DataError(f"data.path={path} cannot be read as a WFDB record ({error}).") from error
    wrong = [
        name
        for name, told, own in zip(names, record.checksum or [], sums, strict=False)
        if told is not None and int(told) % 65536 != int(own) % 65536
    ]
    if wrong:
        raise DataError(
            f"data.path={path}: the samples of {', '.join(wrong)} do not have the checksum of the header; the record "
            "is damaged or incomplete: fetch it again."
        )
    rates = [float(record.fs * count) for count in record.samps_per_frame]
    units = [None if unit in (None, "", "NU") else str(unit) for unit in record.units]
    notes = []
    uncalibrated = [name for name, gain in zip(names, record.adc_gain, strict=True) if not gain]
    if uncalibrated:
        notes.append(f"{', '.join(uncalibrated)} without a gain, taken for 200 per unit")
    return [_signals(path, names, signals, units, rates, chosen, notes)]


def read_edf(path: Path, chosen: Sequence[str] = ()) -> list[NamedTrajectory]:
    """A record in its physical units.

    The last block is filled up with zeros where a recording ends within it; these rows are left out. Samples at the end
    of a signal's range are told, as they may be clipped or stand for missing ones.

    Args:
        path: the file.
        chosen: names of the signals; all by default.

    Raises:
        ConfigurationError: there is no such signal.
        DataError: pyEDFlib is missing, the record is damaged, or its signals have several rates.
    """
    pyedflib = imported(path, "pyedflib", "recordings")
    try:
        with contextlib.redirect_stdout(io.StringIO()), pyedflib.EdfReader(str(path)) as file:
            count = file.signals_in_file
            names = [file.getLabel(number).strip() for number in range(count)]
            wanted = [number for number, name in enumerate(names) if not chosen or name in chosen]
            digits = [file.readSignal(number, digital=True) for number in wanted]
            signals = [file.readSignal(number) if number in wanted else np.empty(0) for number in range(count)]
            ranges = [(file.getDigitalMinimum(number), file.getDigitalMaximum(number)) for number in wanted]
            physical = [(file.getPhysicalMinimum(number), file.getPhysicalMaximum(number)) for number in wanted]
            per_block = [int(file.smp_per_record(number)) for number in wanted]
            units = [file.getPhysicalDimension(number).strip() or None for number in range(count)]
            rates = [float(file.getSampleFrequency(number)) for number in range(count)]
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise DataError(f"data.path={path} cannot be read as EDF or BDF ({str(error).strip()}).") from error
    notes = []
    for number, values, (low, high) in zip(wanted, digits, ranges, strict=True):
        at_end = int(((values <= low) | (values >= high)).sum())
        notes += [f"{at_end} samples of {names[number]} lie at the end of its range"] if at_end > FEW_AT_END else []
    zeros = [np.interp(0.0, ends, digital) for ends, digital in zip(physical, ranges, strict=True)]
    last = [values[-n:] for values, n in zip(digits, per_block, strict=True)]
    filled = min((_filled(block, float(zero)) for block, zero in zip(last, zeros, strict=True)), default=0)
    if filled >= FEWEST_FILLED:
        signals = [values[:-filled] for values in signals]
        notes.append(f"the last {filled} rows, zeros that fill up the last block, are left out")
    return [_signals(path, names, signals, units, rates, chosen, notes)]


def _filled(digits: Int[np.ndarray, " time"], zero: float) -> int:
    """How many equal samples at the end of a block are zeros, in digits or in the physical unit."""
    other = np.flatnonzero(digits != digits[-1])
    is_zero = digits[-1] == 0 or abs(digits[-1] - zero) <= 1
    return len(digits) - (int(other[-1]) + 1 if len(other) else 0) if is_zero else 0


def _signals(
    path: Path,
    names: Sequence[str],
    signals: Sequence[Any],
    units: Sequence[str | None],
    rates: Sequence[float],
    chosen: Sequence[str],
    notes: list[str],
) -> NamedTrajectory:
    """The chosen signals, which have one rate, in hertz, as a trajectory in seconds."""
    unknown = [name for name in chosen if name not in names]
    if unknown:
        raise ConfigurationError(
            f"data.key={unknown[0]}: {path} has no signal of this name; its signals are {', '.join(names)}."
        )
    wanted = [number for number, name in enumerate(names) if not chosen or name in chosen]
    if not wanted:
        raise DataError(f"data.path={path}: the record holds no signal.")
    by_rate: dict[float, list[str]] = {}
    for number in wanted:
        by_rate.setdefault(float(rates[number]), []).append(names[number])
    if len(by_rate) > 1:
        shown = "; ".join(f"{rate:g} Hz: {', '.join(group)}" for rate, group in by_rate.items())
        raise DataError(
            f"data.path={path}: the signals have several rates ({shown}); choose those of one with "
            "data.key=[<name>, …]."
        )
    called = tuple(names[number] for number in wanted)
    if len(set(called)) < len(called):
        called, notes = (
            tuple(f"{name}_{number}" for number, name in enumerate(called, 1)),
            [*notes, "names are numbered"],
        )
    return NamedTrajectory(
        str(path),
        np.column_stack([signals[number] for number in wanted]),
        time_step=1 / next(iter(by_rate)),
        time_unit="s",
        component_names=called,
        component_units=tuple(units[number] for number in wanted),
        notes=tuple(notes),
    )
