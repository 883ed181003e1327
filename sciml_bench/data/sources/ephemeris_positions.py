"""Sun-centred positions of planets and Moon: Astropy's built-in ephemeris, and files such as one makes of JPL Horizons.

The built-in ephemeris evaluates series (planets: Simon et al., Astronomy and Astrophysics 282, 1994; Moon: Meeus,
Astronomical Algorithms), which obey Newton's law less well than a numerical integration such as JPL's.
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.files import read_arrays

AXES = ("x", "y", "z")
_VELOCITY_TOLERANCE = 0.01

Positions = Float[np.ndarray, "time bodies axes"]


class RecordedPositions(NamedTuple):
    """What a file holds: times in days, positions in astronomical units, and the bodies' names."""

    times: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray | None
    names: list[str]


def builtin_positions(bodies: tuple[str, ...], start: date, days: Float[np.ndarray, " time"]) -> Positions:
    """Sun-centred positions by Astropy's built-in ephemeris, along the axes of the ICRS, in astronomical units.

    Args:
        bodies: names as Astropy knows them.
        start: from whose beginning `days` count, in barycentric dynamical time.
        days: of the positions.

    Raises:
        ConfigurationError: Astropy is missing.
    """
    try:
        from astropy.coordinates import get_body_barycentric  # pyright: ignore[reportMissingImports]
        from astropy.time import Time, TimeDelta  # pyright: ignore[reportMissingImports]
        from astropy.utils import iers  # pyright: ignore[reportMissingImports]
    except ModuleNotFoundError:
        raise ConfigurationError(
            "data=ephemeris needs the package astropy, which is missing; install it with `pip install "
            "'sciml-bench[ephemeris]'`, or give a file of positions with data.path"
        ) from None
    with iers.conf.set_temp("auto_download", False):
        times = Time(f"{start}T00:00:00", scale="tdb") + TimeDelta(days, format="jd", scale="tdb")

        def barycentric(name: str) -> np.ndarray:
            return cast(Any, get_body_barycentric(name, times, ephemeris="builtin")).xyz.to_value("au").T

        sun = barycentric("sun")
        return np.stack([barycentric(name) - sun for name in bodies], axis=1)


def recorded_positions(file: Path) -> RecordedPositions:
    """Read an .npz or .csv file; see `Ephemeris` for what it must hold.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it cannot be used, or its velocities are not the rates of its positions.
    """
    if not file.is_file():
        raise FileNotFoundError(f"data.path={file}: there is no such file")
    recorded = _read_npz(file) if file.suffix == ".npz" else _read_csv(file)
    if recorded.velocities is not None and len(recorded.times) > 2:
        _require_rates(file, recorded.positions, recorded.velocities, float(np.diff(recorded.times).mean()))
    return recorded


def _read_npz(file: Path) -> RecordedPositions:
    arrays = read_arrays(file)
    missing = [name for name in ("times", "positions", "bodies") if name not in arrays]
    if missing:
        raise DataError(f"{file} has no array {missing[0]!r}; expected times, positions, bodies, perhaps velocities")
    names = [str(name).lower() for name in arrays["bodies"].tolist()]
    times, positions = arrays["times"].astype(np.float64), arrays["positions"].astype(np.float64)
    if times.ndim != 1 or positions.shape != (len(times), len(names), len(AXES)):
        raise DataError(
            f"{file} has positions of the shape {positions.shape} for {times.shape} times and {len(names)} bodies; "
            "expected (time, bodies, 3)"
        )
    velocities = arrays.get("velocities")
    if velocities is not None and velocities.shape != positions.shape:
        raise DataError(f"{file} has velocities {velocities.shape}; expected those of the positions, {positions.shape}")
    return RecordedPositions(times, positions, velocities, names)


def _read_csv(file: Path) -> RecordedPositions:
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.reader(opened))
    header = [name.strip().lower() for name in rows[0]] if rows else []
    names = [name[:-2] for name in header if name.endswith("_x")]
    wanted = ["time", *(f"{name}_{axis}" for name in names for axis in AXES)]
    missing = [name for name in wanted if name not in header]
    if missing or not names:
        raise DataError(f"{file} has no column {(missing or ['earth_x'])[0]}; expected time, earth_x, earth_y, …")
    try:
        values = np.array([[float(entry) for entry in row] for row in rows[1:] if row], dtype=np.float64)
        values = values.reshape(-1, len(header))
    except ValueError as error:
        raise DataError(f"{file} holds a row that is no {len(header)} numbers ({error}); repair it") from None

    def columns(prefix: str) -> np.ndarray:
        places = [header.index(f"{name}_{prefix}{axis}") for name in names for axis in AXES]
        return values[:, places].reshape(len(values), len(names), len(AXES))

    rated = all(f"{name}_v{axis}" in header for name in names for axis in AXES)
    return RecordedPositions(values[:, header.index("time")], columns(""), columns("v") if rated else None, names)


def _require_rates(file: Path, positions: np.ndarray, velocities: np.ndarray, time_step: float) -> None:
    rates = (positions[2:] - positions[:-2]) / (2 * time_step)
    difference = np.linalg.norm(velocities[1:-1] - rates) / (np.linalg.norm(rates) or 1.0)
    if not difference <= _VELOCITY_TOLERANCE:
        raise DataError(
            f"{file}: the velocities differ by {100 * difference:.3g} % from the rates of the positions; give "
            "astronomical units and days, or leave the velocities out"
        )
