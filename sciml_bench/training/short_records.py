"""What a short record needs other values of: batches, modes, windows and parts that nobody chose, and that do not fit.

Only values that were not typed change, and the record says so; one that was typed stays, and is refused where it does
not fit.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.short_files import FEWEST_LEARNED, FEWEST_ROWS, WITHOUT_VALIDATION, too_few_to_choose_by
from sciml_bench.data.record import Record
from sciml_bench.data.split import DEFAULT_SPLIT, TIME

PAIRS_PER_MODE, FEWEST_MODES = 5, 3
BATCH_SIZE = "training.view.batch_size"


def adapted(configuration: Mapping[str, Any], record: Any, needs_validation: bool = False) -> dict[str, Any]:
    """The configuration, with smaller values where nobody chose them and the record is too short for the default.

    Args:
        configuration: composed; `given` holds what was typed.
        record: loaded.
        needs_validation: whether the method chooses by held-out rows, so that a few of them are kept.

    Raises:
        DataError: too few rows for any method, or for a part to choose by.

    Returns:
        the same values where nothing has to change; `record.adaptation` tells what did. `data.split` changes for a
        record that is built again.
    """
    if not isinstance(record, Record):  # a person's own, which may have no parts
        return dict(configuration)
    changes = _parts(configuration, record, needs_validation)
    changes |= {**_pairs(configuration, record), **_windows(configuration, record)}
    typed = [str(override).lstrip("+").partition("=")[0] for override in configuration.get("given") or ()]
    found = {key: values for key, values in changes.items() if not any(_is_typed(key, name) for name in typed)}
    if "data.split" in found:  # the record is built again, and what else has to change is seen then
        found = {"data.split": found["data.split"]}
    n_rows = record.splits["train"].n_states
    if n_rows < FEWEST_LEARNED and "data.split" not in found:
        raise DataError(
            f"data: {n_rows} rows to learn from are too few for any method; give a longer record, or a larger "
            f"data.split.train: at least {FEWEST_LEARNED} rows."
        )
    if not found:
        return dict(configuration)
    record.adaptation = _told(found, n_rows)
    result = dict(configuration)
    for key, (_, value) in found.items():
        result = _with(result, key.split("."), value)
    loss = result["training"].get("loss")
    if "model.n_modes" in found and isinstance(loss, Mapping) and "n_modes" in loss:
        result = _with(result, ["training", "loss", "n_modes"], found["model.n_modes"][1])
    return result


Changes = dict[str, tuple[Any, Any]]


def _told(found: Changes, n_rows: int) -> str:
    """A batch that holds all there is makes no record short."""
    others = ", ".join(f"{key}={now} (default {was})" for key, (was, now) in found.items() if key != BATCH_SIZE)
    said = [f"short record, {n_rows} rows to learn from: {others}"] if others else []
    if BATCH_SIZE in found:
        was, now = found[BATCH_SIZE]
        kind = "windows" if "training.view.n_inputs" in found else "pairs"
        said.append(f"one batch of all {now} {kind} instead of {was} ({BATCH_SIZE})")
    return "; ".join(said)


def _parts(configuration: Mapping[str, Any], record: Record, needs_validation: bool) -> Changes:
    """No validation part where it would have hardly a row; the fewest rows that will do where one is needed."""
    own = dict(configuration["data"].get("split") or {})
    smallest = min((min(part.lengths) for name, part in record.splits.items() if name != "train"), default=FEWEST_ROWS)
    if record.split_by != TIME or own != DEFAULT_SPLIT or smallest >= FEWEST_ROWS:
        return {}
    if not needs_validation:
        return {"data.split": (own, WITHOUT_VALIDATION)}
    length = min(map(sum, zip(*(part.lengths for part in record.splits.values()), strict=True)))
    enough = FEWEST_LEARNED + 2 * FEWEST_ROWS
    if length < enough:
        raise too_few_to_choose_by(f"{length} rows", enough)
    learned, chosen = (round((length - n * FEWEST_ROWS + 0.5) / length, 3) for n in (2, 1))  # between two rows
    parts = {"train": learned, "validation": round(chosen - learned, 3), "test": round(1 - chosen, 3)}
    return {"data.split": (own, parts)}


def _pairs(configuration: Mapping[str, Any], record: Record) -> Changes:
    """Batches no larger than the pairs, and few modes for few pairs."""
    training, model = configuration["training"], configuration["model"]
    view = training.get("view") or {}
    if "loss" not in training or "lag" not in view or not isinstance(view["lag"], int):
        return {}
    train = record.splits["train"]
    n_pairs = sum(max(0, length - view["lag"]) for length in train.between_gaps().lengths)
    if n_pairs < 1:  # the lag is too long, which the view tells
        return {}
    changes: Changes = {}
    if isinstance(view.get("batch_size"), int) and view["batch_size"] > n_pairs:
        changes[BATCH_SIZE] = view["batch_size"], n_pairs
        most = max(FEWEST_MODES, n_pairs // PAIRS_PER_MODE)
        if isinstance(model.get("n_modes"), int) and model["n_modes"] > most:
            changes["model.n_modes"] = model["n_modes"], most
    return changes


def _windows(configuration: Mapping[str, Any], record: Record) -> Changes:
    """Windows no longer than the shortest trajectory, and a fraction of the rows that is at least one."""
    training, model = configuration["training"], configuration["model"]
    view, train = training.get("view") or {}, record.splits["train"]
    shortest = min(int(np.diff(train.edges(number)).max()) for number in range(train.n_trajectories))
    changes: Changes = {}
    if isinstance(model.get("window"), int) and model["window"] > shortest:
        changes["model.window"] = model["window"], shortest
    fraction, n_rows = training.get("validation_fraction"), shortest - 2
    if isinstance(fraction, float) and 0 < fraction * n_rows < 2 <= n_rows:
        changes["training.validation_fraction"] = fraction, round(2 / n_rows, 3)
    if {"n_inputs", "n_outputs"} <= view.keys():
        longest = min(min(part.lengths) for part in record.splits.values())
        sizes = {name: view[name] for name in ("n_inputs", "n_outputs")}
        if all(isinstance(size, int) for size in sizes.values()):
            if sum(sizes.values()) > longest > 1:  # never longer
                shorter = {name: min(size, longest // 2) for name, size in sizes.items()}
                changes |= {f"training.view.{name}": (sizes[name], n) for name, n in shorter.items() if n < sizes[name]}
                sizes = shorter
            n_windows = sum(max(1, length - sum(sizes.values()) + 1) for length in record.splits["train"].lengths)
            if isinstance(view.get("batch_size"), int) and view["batch_size"] > n_windows:
                changes[BATCH_SIZE] = view["batch_size"], n_windows
    return changes


def _is_typed(key: str, typed: str) -> bool:
    """Whether a key, or one below it, was typed; `data=trajectories` chooses a group and no key below it."""
    return key == typed or typed.startswith(f"{key}.")


def _with(configuration: Mapping[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    first, *rest = path
    return {**configuration, first: _with(configuration[first], rest, value) if rest else value}
