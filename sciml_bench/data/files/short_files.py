"""Whether a person's files hold enough rows for any method, from their readers alone: told before torch is imported."""

import math
from collections.abc import Mapping
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from sciml_bench.core.checks import is_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.formats.signal_files import parts_of
from sciml_bench.data.files.named_trajectory import NamedTrajectory
from sciml_bench.data.files.trajectory_arrays import find_files, read_trajectories

FEWEST_LEARNED = 5
"""Rows to learn from, of all trajectories together; a smoothing spline needs as many."""

FEWEST_ROWS = 3
"""Of a part that is held out, for a pair to be compared with another; with less there is no validation part."""

WITHOUT_VALIDATION = {"train": 0.75, "test": 0.25}
LARGEST_READ, MOST_SEARCHED = 2**20, 10_000
"""Bytes of files, of which larger ones are not read twice; rows up to which is looked for how many are enough."""


def require_enough_rows(configuration: Mapping[str, Any]) -> None:
    """Stop at files with too few rows to learn from. Of what else is wrong with them or with options, the run tells.

    Args:
        configuration: composed; `given` holds what was typed.

    Raises:
        DataError: too few rows.
    """
    data = configuration.get("data") or {}
    if data.get("_target_") != "sciml_bench.data.sources.TrajectoryFiles":
        return
    try:
        found = _small_trajectories(data)
        lengths = [_cut(part.states.shape[0], data) for part in found]
        typed = any(str(each).lstrip("+").startswith("data.split") for each in configuration.get("given") or ())
        split, by_time = data["split"], data["split_by"] == "time"
        used_up = {key: data[key] for key in ("delays", "difference") if data[key]}
        learned = [_learned(length, split, typed) for length in lengths]
        whole = lengths[: _cuts(len(lengths), split)[1]]
        n_rows = sum(max(0, length - sum(used_up.values())) for length in (learned if by_time else whole))
        needed, whose = _needed(configuration, found)
        if not found or not all(lengths) or n_rows >= needed:  # of rows that were chosen away the reader tells
            return
        if not by_time and (not whole or data["missing"] == "split"):  # of which pieces there are, the split tells
            return
        asked = needed + sum(used_up.values())
        alone = len(found) == 1 and sum(split.values()) <= 1
        enough = next((n for n in range(MOST_SEARCHED) if _learned(n, split, typed) >= asked), None) if alone else None
    except (AttributeError, ConfigurationError, DataError, LookupError, OSError, TypeError, ValueError):
        return
    left = f"{n_rows} to learn from, after data.split" + "".join(f" and data.{key}={n}" for key, n in used_up.items())
    more = "" if enough is None else f": give {enough} rows or more"
    raise DataError(f"data.path={data['path']} has {sum(lengths)} rows and {left}; {whose} at least {needed}{more}")


def too_few_to_choose_by(rows: str, needed: int) -> DataError:
    """What is raised where nothing can be chosen by held-out `rows`, such as "6 rows to learn from"."""
    return DataError(
        f"data: {rows} are too few to choose by held-out ones (training=held_out_choice), for which {needed} are "
        "needed; give more, or choose training=closed_form model=polynomials model.degree=1"
    )


def _small_trajectories(data: Mapping[str, Any]) -> list[NamedTrajectory]:
    files = find_files(data["path"])
    n_bytes = sum(part.stat().st_size for path in files for part in parts_of(path))
    if n_bytes > LARGEST_READ or any(map(Path.is_dir, files)):
        return []
    how = [data[name] for name in ("key", "layout", "time_column", "times_key", "topology")]
    return [part for path in files for part in read_trajectories(path, *how)]


def _cut(length: int, data: Mapping[str, Any]) -> int:
    return max(0, length - data["first_row"]) if data["n_rows"] is None else data["n_rows"]


def _learned(length: int, split: Mapping[str, Any], typed: bool) -> int:
    """The rows of a trajectory that are learned from; there are more where a short record has no validation part."""
    _, *borders = _cuts(length, split)
    is_short = not typed and any(stop - start < FEWEST_ROWS for start, stop in pairwise(borders))
    return max(borders[0], int(WITHOUT_VALIDATION["train"] * length)) if is_short else borders[0]


def _cuts(length: int, split: Mapping[str, Any]) -> list[int]:
    """The borders of the parts, as `data.split` has them."""
    sizes = [split.get(name) or 0 for name in ("train", "validation", "test")]
    if any(size > 1 and not is_integer(size) for size in sizes):
        raise ConfigurationError("neither a fraction nor a number of rows, of which the run tells")
    share = length if sum(sizes) <= 1 + 1e-9 else 1
    return [min(length, int(border * share + 1e-9)) for border in accumulate(sizes, initial=0)]


def _needed(configuration: Mapping[str, Any], found: list[NamedTrajectory]) -> tuple[int, str]:
    """The rows that are needed, and by what: two for each candidate term of an equation, where its number is known."""
    model, plain = configuration["model"], not any(configuration["data"][key] for key in ("observe", "delays"))
    targets = configuration["training"].get("_target_"), model.get("_target_")
    if found and plain and targets == ("sciml_bench.mechnn.EquationDiscovery", "sciml_bench.mechnn.BasisLibrary"):
        dim, degree = math.prod(found[0].states.shape[1:]), model["degree"]
        n_terms = math.comb(dim + degree, degree) + 2 * model["frequencies"] * dim
        if 2 * n_terms > FEWEST_LEARNED:
            return 2 * n_terms, f"the {n_terms} candidate terms of model.degree={degree} need"
    return FEWEST_LEARNED, "every method needs"
