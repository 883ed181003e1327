"""A file of a person's own parameters in, a file of solutions out; nothing is written where something is wrong."""

import math
import os
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.files import read_arrays, write_atomically
from sciml_bench.core.types import PathType
from sciml_bench.nsm.equations.parameter_checks import require_fields, require_positions, warn_of_unfamiliar_fields
from sciml_bench.nsm.trained_operator import TrainedOperator

_BYTES_PER_VALUE = 12
"""Of a solution in single precision: its parts, all of them together, and room for what is being computed."""
_BYTES_PER_SAMPLED_MODE = 40
"""Of the functions of a basis at the points of an axis, in double precision, while they are being formed."""


def solve_file(
    operator: TrainedOperator, parameters: PathType, resolution: ConfiguredInteger = 64, output: PathType | None = None
) -> Path:
    """Read parameters, solve, and write `solutions`, `residual_l2` of each, and the positions `axis_<name>`.

    Args:
        operator: what a run has learned.
        parameters: npz file with an array `parameters` (batch, n) or (batch, n, n): sources or initial fields at the
            points j/n of periodic axes, without the end point; at Chebyshev nodes (1 − cos(πj/(n−1)))/2 of bounded
            ones, whose positions `axis_x` and `axis_y` must be in the file as well (on periodic axes they may be).
        resolution: points per space axis.
        output: npz file to write, by default <parameters>_solutions.npz beside the parameters.

    Returns:
        the file that was written.

    Raises:
        FileNotFoundError: no such file.
        DataError: the file cannot be used.
        ConfigurationError: a resolution that is none or takes more memory than there is, or an output that would
            replace the parameters.
    """
    require_integer("resolution", resolution, 3, "give a whole number of at least 3")
    source = Path(parameters)
    if not source.is_file():
        raise FileNotFoundError(f"parameters={source}: there is no such file")
    target = source.with_name(f"{source.stem}_solutions.npz") if output is None else Path(output)
    if target.exists() and target.samefile(source):
        raise ConfigurationError(f"output={target}: this file holds the parameters; give another name")
    equation, arrays = operator.equation, _arrays(source)
    fields, key = np.asarray(arrays["parameters"], dtype=np.float64), f"{source}: parameters"
    given = {axis.name: arrays[f"axis_{axis.name}"] for axis in equation.axes if f"axis_{axis.name}" in arrays}
    require_positions(equation, fields.shape, given, key)
    require_fields(equation, fields, key)
    _require_memory(operator, len(fields), resolution)
    warn_of_unfamiliar_fields(equation, fields, key)
    solutions, axes = operator.solve(fields, resolution)
    content: dict[str, Any] = {"solutions": solutions, "residual_l2": operator.residual_l2(fields)}
    _require_finite_solutions(content, key)
    content |= {f"axis_{name}": points for name, points in axes.items()}
    write_atomically(target, lambda file: np.savez(file, **content))
    return target


def _arrays(source: Path) -> dict[str, np.ndarray]:
    try:
        arrays = read_arrays(source)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{source} is no npz file of plain arrays ({error}); write it with numpy.savez(file, parameters=fields)"
        ) from error
    if "parameters" not in arrays:
        raise DataError(f"{source} holds {', '.join(arrays) or 'nothing'}; name the array `parameters`")
    fields = arrays["parameters"]
    if not np.issubdtype(fields.dtype, np.number) or np.iscomplexobj(fields):
        raise DataError(f"{source}: `parameters` is of type {fields.dtype}; give real numbers")
    return arrays


def _require_memory(operator: TrainedOperator, n_fields: int, resolution: int) -> None:
    size = operator.equation.test_grid(resolution).size
    n_modes = max(*operator.equation.parameter_modes, *operator.model.equation_basis.n_modes)
    needed = _BYTES_PER_VALUE * n_fields * math.prod(size) + _BYTES_PER_SAMPLED_MODE * n_modes * max(size)
    there = _memory_of_this_machine()
    if there is not None and needed > there:
        raise ConfigurationError(
            f"resolution={resolution}: solutions of {n_fields} fields on {' × '.join(map(str, size))} points take "
            f"about {needed / 2**30:.3g} GiB of memory and this machine has {there / 2**30:.3g}; give a smaller "
            "resolution or fewer fields"
        )


def _memory_of_this_machine() -> int | None:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not every system tells
        return None


def _require_finite_solutions(content: dict[str, np.ndarray], key: str) -> None:
    for name, values in content.items():
        wrong = ~np.isfinite(values.reshape(len(values), -1)).all(axis=1)
        if wrong.any():
            raise DataError(
                f"{key}[{int(wrong.argmax())}]: its {name} is not finite, for the field is far from those that the "
                "run was trained on; scale it down"
            )
