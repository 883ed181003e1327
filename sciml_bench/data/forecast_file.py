"""A forecast as a file: arrays for programs (.npz), or a table for people (.csv)."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import PathType
from sciml_bench.core.stored.files import write_arrays, write_atomically
from sciml_bench.data.capabilities import Forecast
from sciml_bench.data.files.tables.text_lines import read_columns, taken_apart
from sciml_bench.data.files.tables.text_tables import read_csv
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import TimeOrigin, dates_of
from sciml_bench.data.trajectories.time_origin import OF_EVERY_DAY

ENDINGS = (".npz", ".csv")

FIRST_COLUMNS = ("trajectory", "time")
"""Of a table, before the states."""

DATE_COLUMN = "date"
"""Of a table, behind all others."""


def require_ending(path: PathType) -> None:
    """Stop with a ConfigurationError at a name that has none of the ENDINGS of what is written here."""
    if Path(path).suffix.lower() not in ENDINGS:
        raise ConfigurationError(f"output={path}: a forecast is written as {' or '.join(ENDINGS)}; give such a name")


def write_forecast(
    path: PathType, forecast: Forecast, spec: RecordSpec, origins: Sequence[TimeOrigin] | None = None
) -> None:
    """Write times, states and, of an ensemble, the spread: all members and their standard deviation.

    Where times count from a moment, their dates are written as well, by ISO 8601: 2020-02 for months, 2020-02-29 where
    all are midnights, else 2020-02-29T06:00:00; not of steps so short that two moments of a forecast would share one.

    Args:
        path: `.npz` gets arrays `times` (batch, time), `states` (batch, time, *state), `status` (batch,), `kind`,
            `component_names` and `time_unit`, and of an ensemble `members` and `deviation`; of dates `dates` (batch,
            time), `time_origin` (batch,) and, where one is another than that of every day, `calendar` (batch,); where
            the record's file tells positions along axes of a state, these by the name of the axis, and `state_axes`,
            the names of all axes of `states`. `.csv` gets one row for each trajectory and time, the date last.
        forecast: what is written.
        spec: of the record, which has the names.
        origins: of the times of every trajectory, where they stand for dates.

    Raises:
        ConfigurationError: another ending.
        DataError: the calendar needs a package that is missing.
    """
    require_ending(path)
    deviation = forecast.deviation
    dates = None if origins is None else dates_of(forecast.times, origins)
    if dates is not None and any(len({*row}) < len(row) for row in dates.tolist()):
        dates = None
    if Path(path).suffix.lower() == ".npz":
        arrays: dict[str, Any] = {"states": forecast.states, "times": forecast.times}
        arrays |= {} if deviation is None else {"deviation": deviation, "members": forecast.members}
        # the names first: a reader of arrays takes the first text of the right length for them
        arrays |= {"component_names": np.array(spec.component_names), "time_unit": np.array(spec.time_unit)}
        arrays |= {"status": np.array(forecast.status), "kind": np.array(forecast.kind)}
        if origins is not None:
            arrays |= {} if dates is None else {"dates": dates}
            arrays |= {"time_origin": np.array([origin.moment for origin in origins])}
            calendars = [origin.calendar for origin in origins]
            arrays |= {} if {*calendars} == {OF_EVERY_DAY} else {"calendar": np.array(calendars)}
        write_arrays(path, arrays | {name: part for name, part in _axes_of(spec).items() if name not in arrays})
        return
    names = list(spec.column_names)
    header = [*FIRST_COLUMNS, *names] + ([] if deviation is None else [f"{name}_deviation" for name in names])
    header += [] if dates is None else [DATE_COLUMN]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    for number, times in enumerate(forecast.times):
        parts = [part[number].reshape(len(times), -1) for part in (forecast.states, deviation) if part is not None]
        rows = np.concatenate(parts, axis=1).tolist()
        last = [[]] * len(times) if dates is None else dates[number, :, None].tolist()
        table.writerows([number, time, *row, *date] for time, row, date in zip(times.tolist(), rows, last, strict=True))
    write_atomically(path, lambda file: file.write(text.getvalue().encode()))


def _axes_of(spec: RecordSpec) -> dict[str, Any]:
    """The positions along the axes of a state, and what the axes of `states` are called; none where none are known."""
    if not spec.axes:
        return {}
    positions = {axis.name: np.array(axis.positions) for axis in spec.axes if axis.positions is not None}
    return positions | {"state_axes": np.array([*FIRST_COLUMNS, *(axis.name for axis in spec.axes)])}


class WrittenForecast(NamedTuple):
    """A forecast that is read from a table, with one entry for each trajectory.

    Args:
        times: (time,).
        states: (time, components).
        dates: by ISO 8601, where there are any.
    """

    times: list[np.ndarray]
    states: list[np.ndarray]
    dates: list[list[str]] | None = None


def forecast_table(path: Path, names: Sequence[str]) -> WrittenForecast:
    """A forecast that is written as a table.

    Args:
        path: of a table whose columns are `trajectory`, `time` and the components; the spread of an ensemble is left
            out.
        names: of the components.

    Raises:
        DataError: it has other columns, or cannot be read.
    """
    needed = f"{path} needs the columns {', '.join([*FIRST_COLUMNS, *names])}"
    lines = taken_apart(path)
    dated = lines.header[-1:] == [DATE_COLUMN] and DATE_COLUMN not in names
    try:
        table = read_csv(path, FIRST_COLUMNS[0], lines.header[1:-1] if dated else ())
    except ConfigurationError:
        raise DataError(needed) from None
    if list(table.names[: 1 + len(names)]) != [FIRST_COLUMNS[1], *names]:
        raise DataError(f"{needed}; it has {', '.join([FIRST_COLUMNS[0], *table.names])}")
    numbers = np.asarray(table.times)
    rows = [np.flatnonzero(numbers == number) for number in np.unique(numbers)]
    dates = None
    if dated:
        read_columns(lines)
        cells = [*map(str, lines.columns[-1])]
        dates = [[cells[row] for row in part.tolist()] for part in rows]
    parts = [table.states[part] for part in rows]
    return WrittenForecast([part[:, 0] for part in parts], [part[:, 1 : 1 + len(names)] for part in parts], dates)
