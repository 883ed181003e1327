"""NetCDF through xarray: packed numbers, fill values and clocks by the CF conventions.

What two libraries read differently is read in one way here: values that were never written (NetCDF's own fill values)
and values outside `valid_min`, `valid_max` and `valid_range` are missing, as netCDF4 says and xarray does not.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.data.files.clocks import FINE_UNITS, is_time_name, times_of_durations
from sciml_bench.data.files.contents import Coordinate, Field, Fields
from sciml_bench.data.files.formats.numpy_files import unreadable
from sciml_bench.data.files.packages import imported

ENGINES = {b"CDF\x01": "scipy", b"CDF\x02": "scipy", b"\x89HDF": "h5netcdf"}
"""By the first bytes of a file; others need netCDF4."""

NEVER_WRITTEN = {"i2": -32767, "u2": 65535, "i4": -2147483647, "u4": 4294967295, "i8": -(2**63) + 2, "u8": 2**64 - 2}
NEVER_WRITTEN |= dict.fromkeys(("f4", "f8"), 9.969209968386869e36)
"""NetCDF's own fill values of the types in which they are no honest number."""

UNDECODED = dict.fromkeys(("mask_and_scale", "decode_times", "decode_timedelta"), False)
UNDECODED |= dict.fromkeys(("concat_characters", "decode_coords", "cache"), False)
"""Options with which xarray leaves variables as they are stored; its `open_groups` passes over `decode_cf=False`."""

BOUNDS = ("bounds", "climatology")

LEADS = ("lead_time", "leadtime", "forecast_period", "prediction_timedelta", "forecast_hour", "fhr", "step")
"""What the times since the beginning of a forecast are called; `lead` and `l` count where they have a unit."""


def read_netcdf(path: Path) -> Fields:
    """The variables of all groups with their axes, unread.

    Raises:
        DataError: a package is missing, or the file is damaged.
    """
    xarray = imported(path, "xarray", "files")
    with path.open("rb") as file:
        engine = ENGINES.get(file.read(4), "netcdf4")
    module = {"scipy": "scipy.io", "netcdf4": "netCDF4"}.get(engine, engine)
    imported(path, module, None if engine == "netcdf4" else "files")  # only rare kinds of files need netCDF4
    try:
        if engine == "scipy":
            groups = {"/": xarray.open_dataset(path, engine=engine, **UNDECODED)}
        else:
            groups = xarray.open_groups(path, engine=engine, **UNDECODED)
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise unreadable(path, error) from error
    return fields_of_groups(groups, NEVER_WRITTEN)


def fields_of_groups(groups: Mapping[str, Any], never_written: Mapping[str, int | float]) -> Fields:
    """The fields and coordinates of datasets of xarray that are not decoded yet.

    Args:
        groups: by the path of each group, "/" is the root.
        never_written: fill values of types, where a variable names none of its own.
    """
    found = Fields({}, {})
    fields: dict[str, Field] = {}
    coordinates: dict[str, Coordinate] = {}
    for group, raw in groups.items():
        prefix = f"{group.strip('/')}/" if group.strip("/") else ""
        bounds = {raw[name].attrs[key] for name in raw.variables for key in BOUNDS if key in raw[name].attrs}
        for name in raw.variables:
            variable = raw[name].variable
            if not variable.dims or name in bounds or 0 in variable.shape:
                continue
            along = coordinate_of(variable, str(name))
            if along is not None:
                coordinates[f"{prefix}{name}"] = along
                # an axis of a group has the coordinate of the same name there, or in a group around it
                coordinates.setdefault(str(name), along)
            else:
                fields[f"{prefix}{name}"] = field_of(variable, never_written)
        growing = list(raw.encoding.get("unlimited_dims", ()))
        found.growing_axis = found.growing_axis or (str(growing[0]) if len(growing) == 1 else None)
    found.fields, found.coordinates = fields, coordinates
    return found


def field_of(variable: Any, never_written: Mapping[str, int | float]) -> Field:
    """A variable that is unpacked where it is read, with missing values that are not a number.

    Args:
        variable: of xarray, not decoded.
        never_written: fill values of types, where the variable names none.
    """
    from xarray.conventions import decode_cf_variable  # pyright: ignore[reportMissingImports]

    attributes, code = dict(variable.attrs), np.dtype(variable.dtype).str[1:]
    if code in never_written and not {"_FillValue", "missing_value"} & set(attributes):
        attributes["_FillValue"] = np.dtype(variable.dtype).type(never_written[code])
    limits = _limits(attributes, variable.dtype)
    raw = variable.copy(deep=False)
    raw.attrs, raw.encoding = dict(attributes), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of several fill values, which all count
        decoded = decode_cf_variable("states", raw, decode_times=False, decode_timedelta=False)
    unit = attributes.get("units")
    unit = None if unit in (None, "") else str(unit)
    kept: Mapping[Any, int] = variable.encoding.get("preferred_chunks") or {}
    chunks = (
        tuple(int(kept.get(axis) or n) for axis, n in zip(variable.dims, variable.shape, strict=True)) if kept else None
    )
    return Field(_Decoded(decoded, limits, chunks), tuple(map(str, variable.dims)), unit, _note(attributes))


def coordinate_of(variable: Any, name: str) -> Coordinate | None:
    """Positions along an axis, or a clock; None for what is a field.

    Args:
        variable: of xarray, not decoded.
        name: of the variable.
    """
    from xarray.conventions import decode_cf_variable  # pyright: ignore[reportMissingImports]

    attributes, dims = variable.attrs, tuple(map(str, variable.dims))
    since = " since " in str(attributes.get("units", ""))
    is_clock = since or attributes.get("standard_name") == "time" or attributes.get("axis") == "T"
    labels = variable.dtype.kind in "OSU" and len(dims) <= 2
    if not (dims == (name,) or is_clock or labels or (len(dims) == 1 and is_time_name(name))):
        return None
    options = {"concat_characters": len(dims) > 1, "decode_timedelta": False}
    try:
        decoded = decode_cf_variable(name, variable, decode_times=since, **options)
    except (ValueError, OverflowError):  # months, whose lengths differ, or a moment that no calendar has
        decoded = decode_cf_variable(name, variable, decode_times=False, **options)
    values = np.asarray(decoded.values)
    if labels and values.ndim == len(decoded.dims):
        values, dims = np.array([_text(value) for value in values.ravel()]).reshape(values.shape), decoded.dims
    unit = None if labels else attributes.get("units")
    unit = None if unit is None else str(unit)
    lead = values.dtype.kind in "iuf" and len(dims) == 1 and _is_lead(name, unit, attributes)
    if lead and unit in FINE_UNITS:  # as xarray writes durations
        values, unit = times_of_durations(values / FINE_UNITS[unit])
    return Coordinate(values, tuple(map(str, dims)), unit, is_clock, lead)


def _is_lead(name: str, unit: str | None, attributes: Mapping[str, Any]) -> bool:
    if attributes.get("standard_name") == "forecast_period" or "timedelta64" in str(attributes.get("dtype", "")):
        return True
    return name.lower() in LEADS or (name.lower() in ("lead", "l") and unit is not None)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _note(attributes: Mapping[str, Any]) -> str | None:
    packed = [key for key in ("scale_factor", "add_offset") if key in attributes]
    return f"unpacked by {' and '.join(packed)}" if packed else None


def _limits(attributes: dict[str, Any], packed: Any) -> tuple[float, float] | None:
    """Smallest and largest value that counts, unpacked: the file gives them in the type of its packed numbers."""
    low, high = attributes.get("valid_min", -np.inf), attributes.get("valid_max", np.inf)
    if "valid_range" in attributes:
        low, high = np.asarray(attributes["valid_range"]).ravel()[:2]
    if not np.isfinite([low, high]).any():
        return None
    given = np.asarray(attributes.get("valid_range", low if np.isfinite(low) else high)).dtype
    meant = _meant_type(attributes, packed)
    if given == packed != meant:  # as the numbers themselves
        low, high = (np.asarray(limit, given).view(meant) if np.isfinite(limit) else limit for limit in (low, high))
    whole = given.kind in "iu" and packed.kind in "iu"
    if whole or given.kind == packed.kind or ("scale_factor" not in attributes and "add_offset" not in attributes):
        scale, offset = float(attributes.get("scale_factor", 1)), float(attributes.get("add_offset", 0))
        low, high = sorted([float(low) * scale + offset, float(high) * scale + offset])
    return float(low), float(high)


def _meant_type(attributes: Mapping[str, Any], packed: Any) -> np.dtype:
    """The type of whole numbers as `_Unsigned` has it, for formats that lack one of the two."""
    unsigned = str(attributes.get("_Unsigned", "")).lower()
    kind = {("i", "true"): "u", ("u", "false"): "i"}.get((packed.kind, unsigned), packed.kind)
    return np.dtype(packed.str.replace(packed.kind, kind))


class _Decoded:
    """A variable of xarray, read and decoded where it is sliced.

    Args:
        variable: of xarray.
        limits: smallest and largest value that counts, where there are such.
        chunks: shape of what the file keeps in one piece, where it tells.
    """

    def __init__(self, variable: Any, limits: tuple[float, float] | None, chunks: tuple[int, ...] | None) -> None:
        self._variable, self._limits, self.shape = variable, limits, tuple(variable.shape)
        self.chunks = chunks
        self.dtype = np.result_type(variable.dtype, np.float32) if limits else np.dtype(variable.dtype)

    def __getitem__(self, where: tuple[Any, ...]) -> np.ndarray:
        values = np.asarray(self._variable[where].values)
        if self._limits is None:
            return values
        # by a billionth of the limits: packing rounds
        low, high = (limit + side * 1e-9 * abs(limit) for limit, side in zip(self._limits, (-1, 1), strict=True))
        return np.where((values < low) | (values > high), np.nan, values).astype(self.dtype)
