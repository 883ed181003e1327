"""The file in which somebody answers a forecast task: arrays, or a table."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.readers import TEXT_SUFFIXES, read_content
from sciml_bench.data.forecast_file import forecast_table
from sciml_bench.data.spec import RecordSpec
from sciml_bench.suite.questions import Questions

OFF = 1e-3
"""How far, in steps, a time may be off that was asked for."""


def read_predictions(path: Path, asked: Questions, spec: RecordSpec) -> dict[str, Any]:
    """What was predicted, as `FittedPredictions` takes it.

    Args:
        path: `.npz` with `states` (starts, rows, *state) in the order of the starts and, where they are known, `times`
            (starts, rows), `members` (members, starts, rows, *state), `long_run_states` (long_run_rows, *state) and
            `kind` (`path`, or `expectation`, which has no long-run statistics); or a table with the columns
            `trajectory` (the number of the start), `time` and the components. `sciml-bench forecast` writes both.
        asked: by the task.
        spec: of the record, in the person's components.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it holds something else than was asked for.
    """
    if not path.is_file():
        raise FileNotFoundError(f"data.predictions={path}: there is no such file")
    arrays, told = _from_table(path, spec) if path.suffix.lower() in TEXT_SUFFIXES else _from_arrays(path)
    shape = (*asked.times.shape, *spec.state_shape)
    wanted = {"states": shape, "times": asked.times.shape}
    wanted |= {"long_run_states": (asked.long_run_rows or 0, *spec.state_shape)}
    wanted |= {"members": (len(arrays["members"]), *shape)} if "members" in arrays else {}
    if "states" not in arrays:
        raise DataError(f"data.predictions={path} has the arrays {', '.join(arrays)}; it needs `states` of {shape}")
    for name, expected in wanted.items():
        if name in arrays and arrays[name].shape != expected:
            raise DataError(
                f"data.predictions={path}: {name} of the shape {arrays[name].shape}; this task asks for {expected}: "
                f"{shape[0]} starts, {shape[1]} rows from each"
            )
    if "times" in arrays:
        _require_times(path, arrays["times"], asked.times, spec.time_step)
    kept = {"states": "states", "members": "members", "long_run_states": "long_run"}
    return told | {kept[name]: array for name, array in arrays.items() if name in kept}


def _from_table(path: Path, spec: RecordSpec) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    try:
        times, parts, _ = forecast_table(path, spec.column_names)
    except DataError as error:
        raise DataError(f"data.predictions={error}" if str(error).startswith(str(path)) else str(error)) from None
    lengths = {len(part) for part in parts}
    if len(lengths) > 1:
        rows = f"{min(lengths)} to {max(lengths)} rows"
        raise DataError(f"data.predictions={path}: {rows}; give as many from each start")
    states = np.stack(parts).reshape(len(parts), -1, *spec.state_shape)
    return {"states": states, "times": np.stack(times)}, {}


def _from_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    content = read_content(path)
    arrays, texts = (getattr(content, name, {}) for name in ("arrays", "texts"))
    numbers = {name: np.asarray(array, dtype=np.float64) for name, array in arrays.items()}
    return numbers, {"kind": texts["kind"][0]} if "kind" in texts else {}


def _require_times(
    path: Path, times: Float[np.ndarray, "starts rows"], asked: Float[np.ndarray, "starts rows"], step: float
) -> None:
    off = np.argwhere(~(np.abs(times - asked) <= OFF * step))
    if len(off):
        start, row = off[0].tolist()
        raise DataError(
            f"data.predictions={path}: row {row} of start {start} is predicted for the time {times[start, row]:g}, but "
            f"asked for at {asked[start, row]:g}"
        )
