"""A forecast as a file: arrays for programs (.npz), or a table for people (.csv)."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.plain_types import PathType
from sciml_bench.core.stored.files import write_arrays, write_atomically
from sciml_bench.data.capabilities import Forecast
from sciml_bench.data.files.tables.text_tables import read_csv
from sciml_bench.data.spec import RecordSpec

ENDINGS = (".npz", ".csv")

FIRST_COLUMNS = ("trajectory", "time")
"""Of a table, before the states."""


def require_ending(path: PathType) -> None:
    """Stop with a ConfigurationError at a name that has none of the ENDINGS of what is written here."""
    if Path(path).suffix.lower() not in ENDINGS:
        raise ConfigurationError(f"output={path}: a forecast is written as {' or '.join(ENDINGS)}; give such a name")


def write_forecast(path: PathType, forecast: Forecast, spec: RecordSpec) -> None:
    """Write times, states and, of an ensemble, the spread: all members and their standard deviation.

    Args:
        path: `.npz` gets arrays `times` (batch, time), `states` (batch, time, *state), `status` (batch,), `kind`,
            `component_names` and `time_unit`, and of an ensemble `members` and `deviation`; `.csv` one row for each
            trajectory and time.
        forecast: what is written.
        spec: of the record, which has the names.

    Raises:
        ConfigurationError: another ending.
    """
    require_ending(path)
    deviation = forecast.deviation
    if Path(path).suffix.lower() == ".npz":
        arrays: dict[str, Any] = {"states": forecast.states, "times": forecast.times}
        arrays |= {} if deviation is None else {"deviation": deviation, "members": forecast.members}
        arrays |= {"status": np.array(forecast.status), "kind": np.array(forecast.kind)}
        arrays |= {"component_names": np.array(spec.component_names), "time_unit": np.array(spec.time_unit)}
        write_arrays(path, arrays)
        return
    names = list(spec.column_names)
    header = [*FIRST_COLUMNS, *names] + ([] if deviation is None else [f"{name}_deviation" for name in names])
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(header)
    for number, times in enumerate(forecast.times):
        parts = [part[number].reshape(len(times), -1) for part in (forecast.states, deviation) if part is not None]
        rows = np.concatenate(parts, axis=1).tolist()
        table.writerows([number, time, *row] for time, row in zip(times.tolist(), rows, strict=True))
    write_atomically(path, lambda file: file.write(text.getvalue().encode()))


def forecast_table(path: Path, names: Sequence[str]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Times (time,) and states (time, components) of every trajectory of a forecast that is written as a table.

    Args:
        path: of a table whose columns are `trajectory`, `time` and the components; the spread of an ensemble is left
            out.
        names: of the components.

    Raises:
        DataError: it has other columns, or cannot be read.
    """
    needed = f"{path} needs the columns {', '.join([*FIRST_COLUMNS, *names])}"
    try:
        table = read_csv(path, FIRST_COLUMNS[0])
    except ConfigurationError:
        raise DataError(needed) from None
    if list(table.names[: 1 + len(names)]) != [FIRST_COLUMNS[1], *names]:
        raise DataError(f"{needed}; it has {', '.join([FIRST_COLUMNS[0], *table.names])}")
    numbers = np.asarray(table.times)
    parts = [table.states[numbers == number] for number in np.unique(numbers)]
    return [part[:, 0] for part in parts], [part[:, 1 : 1 + len(names)] for part in parts]
