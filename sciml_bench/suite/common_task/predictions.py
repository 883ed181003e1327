"""Predictions of the Common Task Framework as the files that it asks for, from run folders."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from sciml_bench.core.errors import DataError
from sciml_bench.core.plain_types import PathType
from sciml_bench.core.stored.files import read_arrays, write_arrays, write_atomically

PAIR, COMPONENTS = "prediction_pair_", "component_names"
CHALLENGE_FILE = "predictions.csv"
_PAIR = re.compile(rf"{PAIR}(\d+)")


def predictions_of(folders: Sequence[PathType]) -> tuple[dict[int, Float[np.ndarray, "_ dim"]], tuple[str, ...]]:
    """The predictions by pair, and the names of their components.

    Args:
        folders: of finished runs, no two of the same pair.

    Raises:
        DataError: a run holds none, or two hold the same.
    """
    found: dict[int, np.ndarray] = {}
    names: tuple[str, ...] = ()
    for folder in folders:
        path = Path(folder) / "arrays.npz"
        arrays = read_arrays(path)
        pairs = [name for name in arrays if _PAIR.fullmatch(name)]
        if not pairs:
            raise DataError(f"{path}: no {PAIR}<n>; give runs of tasks of the Common Task Framework")
        for name in pairs:
            number = int(name.removeprefix(PAIR))
            if number in found:
                raise DataError(f"{path}: pair {number} stands in another run as well; give runs of one method")
            found[number] = arrays[name]
            if len(arrays.get(COMPONENTS, ())) == found[number].shape[1]:  # those of a field have one name
                names = tuple(arrays[COMPONENTS].tolist())
    dim = max(states.shape[1] for states in found.values())
    names = names or tuple(f"x{place}" for place in range(dim))
    return dict(sorted(found.items())), names


def write_predictions(
    predictions: Mapping[int, Float[np.ndarray, "_ dim"]], names: Sequence[str], output: PathType
) -> list[Path]:
    """`prediction_pair_<n>.npz` with the key `states` (time, dim), and `predictions.csv` with all of them.

    The csv has a line for each predicted row, in the order of the pairs: `id` counts lines from 0, `timestep` the rows
    of a pair from 0.

    Args:
        predictions: by pair.
        names: of the components.
        output: folder, made where it is missing.

    Returns:
        the files.

    Raises:
        StorageError: a file cannot be written.
    """
    output, files = Path(output), []
    text = io.StringIO()
    table, line = csv.writer(text, lineterminator="\n"), 0
    table.writerow(["id", "pair_id", "timestep", *names])
    for pair, states in predictions.items():
        files.append(output / f"{PAIR}{pair}.npz")
        write_arrays(files[-1], {"states": states})
        for step, row in enumerate(states.tolist()):
            table.writerow([line, pair, step, *map(repr, row)])
            line += 1
    files.append(output / CHALLENGE_FILE)
    write_atomically(files[-1], lambda file: file.write(text.getvalue().encode()))
    return files
