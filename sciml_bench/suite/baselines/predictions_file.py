"""The file in which somebody answers a forecast task: arrays, or a table."""

from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.capabilities import KINDS
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
            `kind` (`path`, or `expectation` without long-run statistics); or a table with the columns `trajectory` (the
            number of the start), `time` and the components. `sciml-bench forecast` writes such files.
        asked: by the task.
        spec: of the record, in the person's components.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: it holds something else than was asked for.
    """
    if not path.is_file():
        raise FileNotFoundError(f"data.predictions={path}: there is no such file")
    told: dict[str, Any] = {}
    if path.suffix.lower() in TEXT_SUFFIXES:
        times, parts = forecast_table(path, spec.column_names)
        lengths = {len(part) for part in parts}
        if len(lengths) > 1:
            raise DataError(f"data.predictions={path}: {min(lengths)} to {max(lengths)} rows; give as many from each start")
        arrays: dict[str, Any] = {"states": np.stack(parts), "times": np.stack(times)}
        arrays["states"] = arrays["states"].reshape(*arrays["states"].shape[:2], *spec.state_shape)
    else:
        content = read_content(path)
        arrays = dict(getattr(content, "arrays", {}))
        kind = getattr(content, "texts", {}).get("kind", KINDS[:0])
        if kind:
            told["kind"] = kind[0]
    shape = (*asked.times.shape, *spec.state_shape)
    wanted = {"states": shape, "times": asked.times.shape}
    if "states" not in arrays:
        raise DataError(f"data.predictions={path} has the arrays {', '.join(arrays)}; it needs `states` of the shape {shape}")
    for name, expected in wanted.items():
        if name in arrays and arrays[name].shape != expected:
            raise DataError(
                f"data.predictions={path}: {name} of the shape {arrays[name].shape}; this task asks for {expected}: "
                f"{shape[0]} starts, {shape[1]} rows from each"
            )
    if "times" in arrays:
        _require_times(path, np.asarray(arrays["times"], dtype=np.float64), asked, spec)
    told["states"] = np.asarray(arrays["states"], dtype=np.float64)
    if "members" in arrays:
        told["members"] = np.asarray(arrays["members"], dtype=np.float64)
        if told["members"].shape[1:] != shape:
            raise DataError(f"data.predictions={path}: members of the shape {told['members'].shape}; give (members, {shape})")
    if "long_run_states" in arrays:
        told["long_run"] = np.asarray(arrays["long_run_states"], dtype=np.float64)
        rows = (asked.long_run_rows or 0, *spec.state_shape)
        if told["long_run"].shape != rows:
            raise DataError(
                f"data.predictions={path}: long_run_states of the shape {told['long_run'].shape}; this task asks for {rows}"
            )
    return told


def _require_times(path: Path, times: np.ndarray, asked: Questions, spec: RecordSpec) -> None:
    off = np.abs(times - asked.times)
    if not (off <= OFF * spec.time_step).all():
        start, row = np.argwhere(~(off <= OFF * spec.time_step))[0].tolist()
        raise DataError(
            f"data.predictions={path}: row {row} of start {start} is predicted for the time {times[start, row]:g}, but "
            f"asked for at {asked.times[start, row]:g}"
        )
