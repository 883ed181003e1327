"""The past from which a forecast begins, out of a person's file."""

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import PathType
from sciml_bench.data.capabilities import horizon_times
from sciml_bench.data.files.clocks import is_time_name
from sciml_bench.data.files.contents import Arrays
from sciml_bench.data.files.formats.frame_chains import CHAINS
from sciml_bench.data.files.missing.missing_values import INTERPOLATE, REFUSE, MissingValuesError
from sciml_bench.data.files.readers import TEXT_SUFFIXES, is_table, read_arrays, read_content, read_table
from sciml_bench.data.files.tables.columns import NO_COLUMN
from sciml_bench.data.files.trajectory_arrays import find_files
from sciml_bench.data.forecast_file import FIRST_COLUMNS, forecast_table
from sciml_bench.data.regular_clock import JITTER, median_step
from sciml_bench.data.sources.trajectory_files import TrajectoryFiles
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.trajectories.time_origin import MONTH, OF_EVERY_DAY, SECONDS, TimeOrigin, dates_of
from sciml_bench.data.transforms.components import chosen_components

_APART = (
    "{} has dates that are counted by the {}, but the run's record has a row every {:g} {}: give rows that far apart"
)
STATES, TIMES, INPUTS = "states", "times", "inputs"


def read_past(path: PathType, spec: RecordSpec, names: Mapping[str, Any] | None = None) -> Trajectories:
    """The trajectories of a file, in the person's components and on the clock of a record.

    Where components or a clock were chosen, the file may be like the record's own, or hold what was chosen.

    Args:
        path: as `TrajectoryFiles` takes it, or a forecast as `write_forecast` writes it. One column more than a state
            has, named `t` or `time`, holds the time; so does an array `times` beside `states`. Else rows are one step
            of the record apart. Of a table that names the components, these are read, whatever stands beside them.
        spec: of the record that was learned from.
        names: `key`, `times_key` and `time_column` of `TrajectoryFiles`, which go before these habits where a file has
            what they name; `component_names`, which then stand in no file; `missing`, of which `interpolate` holds
            here as well; and `molecule`, with which the trajectories of one are read, as `reading_of` gives it.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it cannot be read, or holds other states.
        ConfigurationError: the file is of an unknown kind.
    """
    first = find_files(path)[0]
    if spec.transforms is not None and spec.as_read is not None:
        if not _holds_what_was_chosen(first, spec):
            with contextlib.suppress(DataError):  # of other states: perhaps of those that were chosen
                left_out = {"used_cells": spec.transforms.observe} if (names or {}).get("drop_empty_cells") else {}
                return spec.transforms.chosen(read_past(path, spec.as_read, {**(names or {}), **left_out}))
        return read_past(path, replace(spec.as_observed, transforms=None, as_read=None), names)
    molecule = (names or {}).get("molecule")
    if molecule and first.suffix.lower() in CHAINS:
        from sciml_bench.data.molecules import MolecularTrajectories  # imported late: few runs are of molecules
        from sciml_bench.data.molecules.other_files import reading_on_clock_of

        how = reading_on_clock_of(spec, path, molecule)
        past = MolecularTrajectories(trajectories=[str(path)], **how).load()
    elif _is_forecast_table(first):
        past = _forecast_table(first, spec)
    else:
        options = reading_options(path, spec, names)
        _require_inputs(first, spec)
        _require_names(first, spec, options, bool((names or {}).get("component_names")))
        missing = INTERPOLATE if (names or {}).get("missing") == INTERPOLATE else REFUSE
        record = TrajectoryFiles(path, missing=missing, **options)
        # chunks that are not written yet were no rows of the run, and are no past
        record.absent_is_missing = (names or {}).get("missing") not in (None, REFUSE)
        if used := (names or {}).get("used_cells"):
            record.used_cells = np.isin(spec.column_names, [*used, *spec.input_names])
        try:
            past = _with_written_origins(first, spec, record.load())
            _require_no_years(first, spec, past, options)
        except MissingValuesError as error:
            raise DataError(
                f"{error.what}; a past has none: fill them in the file, or give only the rows after the last that is "
                "missing (a run with data.missing=interpolate fills those of its pasts as well)"
            ) from None
        if is_table(first) and set(spec.component_names) <= set(past.named_components):
            past = chosen_components(past, spec.component_names)
    if spec.dim_in and past.inputs is None:
        raise DataError(f"{path} lacks the input {', '.join(spec.input_names)}; give what acted, beside the states")
    if past.state_shape != spec.state_shape:
        raise DataError(
            f"{path} holds states of the shape {past.state_shape}, but those of the run's record are {spec.state_shape}"
        )
    past = _in_order_of(spec, _on_clock_of(spec, past))
    # single rows have no interval from which the clock could be told, and some files have no clock
    untold = max(past.lengths) < 2 or (past.times is None and (past.time_step == 1 or past.time_unit == "step"))
    return past.unchecked(time_step=spec.time_step) if untold else past


def _holds_what_was_chosen(path: Path, spec: RecordSpec) -> bool:
    """Whether a table is a forecast, or has the names of the chosen components alone."""
    if not is_table(path) or spec.as_read is None:
        return False
    if _is_forecast_table(path):
        return True
    named = set(read_table(path).names)
    own, whole = (set(each.component_names) for each in (spec.as_observed, spec.as_read))
    return named == own != whole


def _is_forecast_table(path: Path) -> bool:
    return path.suffix.lower() in TEXT_SUFFIXES and is_table(path) and _header(path)[:2] == list(FIRST_COLUMNS)


def reading_options(path: PathType, spec: RecordSpec, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Options of `TrajectoryFiles` with which a file is read as states on the clock of a record.

    Args:
        path: as in `read_past`.
        spec: of the record.
        names: as in `read_past`.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it cannot be read.
        ConfigurationError: the file is of an unknown kind.
    """
    first, names = find_files(path)[0], dict(names or {})
    of_table = is_table(first)
    if not of_table and not isinstance(read_content(first, topology=names.get("topology")), Arrays):
        # the file itself tells its axes and its clock
        kept = {name: names[name] for name in ("key", "times_key", "topology") if names.get(name) is not None}
        return kept | {"time_unit": spec.time_unit}
    found = _of_table(first, spec, names) if of_table else _of_arrays(first, spec, names)
    if not {"time_column", "times_key"} & found.keys():
        found |= {"time_step": spec.time_step, "time_column" if of_table else "times_key": NO_COLUMN}
    acting = {"inputs": list(spec.input_names), "input_interpolation": spec.input_interpolation} if spec.dim_in else {}
    return found | {"time_unit": spec.time_unit} | acting


def read_inputs(
    path: PathType, spec: RecordSpec, past: Trajectories, n_steps: int
) -> Float[np.ndarray, "*batch time dim_in"] | Float[np.ndarray, " time"]:
    """What will act on the states of a forecast, out of a person's file; checked by `inputs_ahead`.

    Args:
        path: a table with the names of the inputs among its columns, such as what a record goes on with; or rows of
            nothing but the inputs, in their order. Where it has a column of times or dates, they are those of the
            forecast.
            Of a file of arrays, those with the names of the inputs, or `inputs`, or the only one.
        spec: of the record that was learned from.
        past: after which the forecast begins.
        n_steps: of the forecast.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it cannot be read, lacks an input, or begins at another time.
        ConfigurationError: the file is of an unknown kind.
    """
    if not Path(path).expanduser().exists():
        raise FileNotFoundError(f"inputs={path}: there is no such file")
    first, names = find_files(path)[0], spec.input_names
    if not names:
        raise ConfigurationError(f"inputs={path}: what this run has learned takes no inputs; leave them out")
    if not is_table(first):
        return _input_arrays(first, names)
    named = [name for name in _header(first) if is_time_name(name)]
    table = read_table(first, named[0] if named else NO_COLUMN)
    lacking = [name for name in names if name not in table.names]
    if lacking and (table.names or table.states.shape[1] != len(names)):
        there = ", ".join(table.names) or f"{table.states.shape[1]} columns without names"
        raise DataError(f"{path} has {there}; it needs the input {', '.join(lacking)}")
    if table.times is not None:
        given, expected = np.asarray(table.times)[:n_steps], horizon_times(past, n_steps)[0]
        origin = None if past.time_origins is None else past.time_origins[0]
        if table.time_origin is not None and origin is not None and origin.calendar == table.time_origin.calendar:
            given = origin.times_of(
                given.astype(np.float64), table.time_origin
            )  # each file counts from its own first date
        meets = np.isclose(given, expected[: len(given)], rtol=0, atol=JITTER * past.time_step)
        if (row := int(np.argmin(meets))) or not meets.all():
            first, due, before, found = (
                f"{time:g}" if origin is None else str(dates_of(np.array([[time]]), [origin])[0, 0])
                for time in (expected[0], expected[row], expected[row - 1], given[row])
            )
            begins, lacks = f"begins at the time {found}", f"has no row at the time {due}, after {before} comes {found}"
            raise DataError(
                f"{path} {lacks if row else begins}; the forecast needs inputs from {first} on, every "
                f"{past.time_step:g} {past.time_unit}"
            )
    return table.states if lacking else table.states[:, [table.names.index(name) for name in names]]


def _input_arrays(path: Path, names: tuple[str, ...]) -> np.ndarray:
    """The arrays that are called like the inputs, the one that is called `inputs`, or the only one."""
    arrays = {name: np.asarray(array) for name, array in read_arrays(path).items()}
    if all(name in arrays for name in names):
        return np.stack([arrays[name] for name in names], axis=-1)
    if INPUTS not in arrays and len(arrays) > 1:
        raise DataError(f"{path} has the arrays {', '.join(arrays)}; it needs the input {', '.join(names)}")
    return arrays.get(INPUTS, next(iter(arrays.values())))


def _forecast_table(path: Path, spec: RecordSpec) -> Trajectories:
    """The trajectories of a forecast that was written as a table; the spread of an ensemble is left out."""
    times, states, dates = forecast_table(path, spec.column_names)
    states = [part.reshape(-1, *spec.state_shape) for part in states]
    past = TrajectoryFiles.from_arrays(times, states, time_unit=spec.time_unit).load()
    if dates is None or (like := spec.time_origin) is None:
        return past
    with contextlib.suppress(ValueError):  # a spreadsheet may have written them in another way
        first = zip(dates, times, strict=True)
        origins = [TimeOrigin.at(date[0], time[0], like.unit, like.calendar) for date, time in first]
        return past.unchecked(time_origins=tuple(origins))
    return past


def _with_written_origins(path: Path, spec: RecordSpec, past: Trajectories) -> Trajectories:
    """A past with the origins of its times, where it is a forecast that was written as arrays."""
    content = read_content(path) if path.suffix.lower() == ".npz" else None
    moments = content.texts.get("time_origin", ()) if isinstance(content, Arrays) else ()
    if not isinstance(content, Arrays) or len(moments) != past.n_trajectories or spec.time_origin is None:
        return past
    calendars = content.texts.get("calendar", (OF_EVERY_DAY,) * len(moments))
    pairs = zip(moments, calendars, strict=True)
    return past.unchecked(time_origins=tuple(TimeOrigin(m, spec.time_origin.unit, c) for m, c in pairs))


def _in_order_of(spec: RecordSpec, past: Trajectories) -> Trajectories:
    """A past whose components stand in another order than those of the record, such as the fields of a zarr store."""
    names, needed = past.named_components, spec.component_names
    if names == needed or sorted(names) != sorted(needed) or len(names) != past.state_shape[-1]:
        return past
    order = [names.index(name) for name in needed]
    return past.mapped(lambda states: states[..., order]).unchecked(component_names=needed)


def _in_months(spec: RecordSpec, past: Trajectories) -> Trajectories:
    """A past of dates on a clock that counts months: two ends of months look like days."""
    times = []
    for number, origin in enumerate(past.time_origins or ()):
        dates = [text.split("-") for text in dates_of(past.times_of(number)[None], [origin])[0].tolist()]
        months = np.array([12 * int(year) + int(month) for year, month, *_ in dates], dtype=np.float64)
        if (np.diff(months) <= 0).any():
            raise DataError(_APART.format(past.name(number), origin.unit, spec.time_step, MONTH))
        times.append(months - months[0])
    step = median_step(tuple(times)) if max(past.lengths) > 1 else spec.time_step
    origins = tuple(origin.in_months for origin in past.time_origins or ())
    return past.unchecked(times=tuple(times), time_step=step, time_origins=origins)


def _require_no_years(path: Path, spec: RecordSpec, past: Trajectories, options: Mapping[str, Any]) -> None:
    """Stop at dates a year apart, which are counted in years, where those of the record are not."""
    if spec.time_origin is None or past.time_origins is not None or max(past.lengths) < 2 or not is_table(path):
        return
    if read_table(path, options.get("time_column"), options.get("key", ())).time_unit == "year":
        raise DataError(_APART.format(path, "year", spec.time_step, spec.time_unit))


def _on_clock_of(spec: RecordSpec, past: Trajectories) -> Trajectories:
    """A past of dates in the unit of the record: fewer rows may be whole in a larger one."""
    if past.time_origins is None or past.times is None:
        return past
    unit = spec.time_unit if spec.time_origin is None else spec.time_origin.unit
    units = {unit, *(origin.unit for origin in past.time_origins)}
    if len(units) == 1:
        return past
    if unit == MONTH:
        return _in_months(spec, past)
    if not units <= SECONDS.keys():  # months are no number of days, and a single row tells no clock
        if max(past.lengths) > 1 and unit in (*SECONDS, "year"):
            raise DataError(_APART.format(past.name(0), *sorted(units - {unit}), spec.time_step, unit))
        if unit == "year":
            rows = [dates_of(past.times_of(n)[None], [each])[0] for n, each in enumerate(past.time_origins)]
            past = past.unchecked(times=tuple(np.array([float(date[:4]) for date in row]) for row in rows))
        return past.unchecked(time_origins=None)
    pairs = zip(past.times, past.time_origins, strict=True)
    times = tuple(np.asarray(part, dtype=np.float64) * (SECONDS[each.unit] / SECONDS[unit]) for part, each in pairs)
    origins = tuple(replace(each, unit=unit) for each in past.time_origins)
    return past.unchecked(times=times, time_step=median_step(times), time_origins=origins)


def _require_names(path: Path, spec: RecordSpec, options: Mapping[str, Any], renamed: bool) -> None:
    """Stop at a table whose columns have other names than the components.

    Names that were given in the configuration, or to nameless columns, stand in no file.
    """
    if not is_table(path):
        return
    expected = list(spec.component_names)
    columns = [
        name
        for name in read_table(path, options.get("time_column"), options.get("key", ())).names
        if name not in spec.input_names
    ]
    unnamed = renamed or expected == [f"x{number}" for number in range(1, len(expected) + 1)]
    if columns and not set(expected) <= set(columns) and len(spec.state_shape) == 1 and not unnamed:
        raise DataError(
            f"{path} has the columns {', '.join(columns)}, but the run's record has {', '.join(expected)}; give these, "
            "or rows without a header"
        )


def _require_inputs(path: Path, spec: RecordSpec) -> None:
    """Stop at a table with names that lacks one of an input."""
    if not is_table(path):
        return
    header = _header(path)
    lacking = [name for name in spec.input_names if name not in header]
    if lacking and any(name in header for name in spec.component_names):
        raise DataError(f"{path} lacks the input {', '.join(lacking)}; give what acted, beside the states")


def _of_table(path: Path, spec: RecordSpec, names: Mapping[str, Any]) -> dict[str, Any]:
    header, asked, key = _header(path), names.get("time_column"), names.get("key") or ()
    chosen = [key] if isinstance(key, str) else list(key)
    kept = {"key": chosen} if chosen and set(chosen) <= set(header) else {}
    if asked is not None and (isinstance(asked, int) or asked in header):
        return kept | {"time_column": asked}
    table, dim = read_table(path, chosen=kept.get("key", ())), spec.state_shape[-1] + spec.dim_in
    clocks = [name for name in table.names if is_time_name(name) and name not in spec.column_names]
    if len(table.states) == 1 and clocks:  # a single row does not show that its clock rises
        return kept | {"time_column": clocks[0]}
    fits = table.states.shape[1] == dim or set(spec.component_names) <= set(table.names)
    return kept | ({"time_column": None} if table.times is not None and fits else {})


def _of_arrays(path: Path, spec: RecordSpec, names: Mapping[str, Any]) -> dict[str, Any]:
    key, states = next(
        ((name, array) for name in (names.get("key"), STATES) if (array := _array(path, name)) is not None),
        (None, None),
    )
    if states is None:  # the only array, or several of one shape
        states = next(iter(read_arrays(path).values()))
    found: dict[str, Any] = {"layout": "many" if len(states.shape) == len(spec.state_shape) + 2 else "single"}
    if key is None:
        return found
    times = next((name for name in (names.get("times_key"), TIMES) if _array(path, name) is not None), None)
    return found | {"key": key} | ({} if times is None else {"times_key": times})


def _array(path: Path, name: str | Sequence[str] | None) -> Any:
    try:
        return (
            None if name is None else next(iter(read_arrays(path, name if isinstance(name, str) else name[0]).values()))
        )
    except ConfigurationError:  # the file has no array of this name
        return None


def _header(path: Path) -> list[str]:
    if path.suffix.lower() not in TEXT_SUFFIXES:
        table = read_table(path, NO_COLUMN)
        return [*table.names]
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        return [cell.strip(' "\n') for cell in re.split(r"[,;\t ]+", file.readline().lstrip("#% "))]
