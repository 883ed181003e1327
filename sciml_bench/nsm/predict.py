"""Solve your own parameters with a trained run: `python -m sciml_bench.nsm.predict run=FOLDER parameters=FILE.npz`."""

import math
import os
import sys
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.files import read_arrays, write_atomically
from sciml_bench.nsm.equations.parameter_checks import require_positions, warn_of_unfamiliar_fields
from sciml_bench.nsm.trained_operator import TrainedOperator

USAGE = """python -m sciml_bench.nsm.predict run=FOLDER parameters=FILE.npz [resolution=64] [output=FILE.npz]

  run          folder of a finished run of train_nsm.py
  parameters   npz file with an array `parameters` (batch, n) or (batch, n, n): sources or initial fields at the points
               j/n of periodic axes, without the end point; at Chebyshev nodes (1 - cos(pi j/(n-1)))/2 of bounded ones,
               whose positions `axis_x` and `axis_y` must be in the file as well (on periodic axes they may be)
  resolution   points per space axis of the solutions
  output       by default <parameters>_solutions.npz beside the parameters: `solutions`, `residual_l2` of each, and
               `axis_<name>` with the positions"""

_KEYS = ("run", "parameters", "resolution", "output")
_BYTES_PER_VALUE = 12
"""Of a solution in single precision: its parts, all of them together, and room for what is being computed."""
_BYTES_PER_SAMPLED_MODE = 40
"""Of the functions of a basis at the points of an axis, in double precision, while they are being formed."""


def predict(run: str | Path, parameters: str | Path, resolution: int = 64, output: str | Path | None = None) -> Path:
    """Read parameters, solve, write; nothing is written where something is wrong.

    Args:
        run: folder of a finished run.
        parameters: npz file with an array `parameters`, and with the positions `axis_<name>` of bounded axes.
        resolution: points per space axis.
        output: npz file to write.

    Returns:
        the file that was written.

    Raises:
        FileNotFoundError: no such run or file.
        DataError: the file cannot be used.
        ConfigurationError: the run cannot be used, a resolution that is none or takes more memory than there is, or an
            output that would replace the parameters.
    """
    source = Path(parameters)
    if not source.is_file():
        raise FileNotFoundError(f"parameters={source}: there is no such file")
    target = source.with_name(f"{source.stem}_solutions.npz") if output is None else Path(output)
    if target.exists() and target.samefile(source):
        raise ConfigurationError(f"output={target}: this file holds the parameters; give another name")
    operator = TrainedOperator.load(run)
    arrays = _arrays(source)
    fields, key = _fields(source, arrays), f"{source}: parameters"
    given = {axis.name: arrays[f"axis_{axis.name}"] for axis in operator.equation.axes if f"axis_{axis.name}" in arrays}
    require_positions(operator.equation, fields.shape, given, key)
    operator.equation.require_parameters(fields, key)
    _require_memory(operator, len(fields), resolution)
    warn_of_unfamiliar_fields(operator.equation, fields, key)
    solutions, axes = operator.solve(fields, resolution)
    content: dict[str, Any] = {"solutions": solutions, "residual_l2": operator.residual_l2(fields)}
    _require_finite_solutions(content, key)
    content |= {f"axis_{name}": points for name, points in axes.items()}
    write_atomically(target, lambda file: np.savez(file, **content))
    return target


def _arrays(source: Path) -> dict[str, np.ndarray]:
    try:
        return read_arrays(source)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{source} is no npz file of plain arrays ({error}); write it with numpy.savez(file, parameters=fields)"
        ) from error


def _fields(source: Path, arrays: dict[str, np.ndarray]) -> np.ndarray:
    if "parameters" not in arrays:
        raise DataError(f"{source} holds {', '.join(arrays) or 'nothing'}; name the array `parameters`")
    fields = arrays["parameters"]
    if not np.issubdtype(fields.dtype, np.number) or np.iscomplexobj(fields):
        raise DataError(f"{source}: `parameters` is of type {fields.dtype}; give real numbers")
    return np.asarray(fields, dtype=np.float64)


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


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code.

    Args:
        arguments: as `key=value`; those of the process by default.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or any(argument in ("-h", "--help") for argument in given):
        print(USAGE)
        return 0 if given else 2
    try:
        path = predict(**_options(given))
    except (ConfigurationError, DataError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"wrote {path}")
    return 0


def _options(given: Sequence[str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for argument in given:
        key, separator, value = argument.partition("=")
        if not separator or key not in _KEYS:
            raise ConfigurationError(f"{argument}: give key=value with one of the keys {', '.join(_KEYS)}")
        options[key] = value
    for key in ("run", "parameters"):
        if key not in options:
            raise ConfigurationError(f"{key} is missing; give {key}=<path>")
    if "resolution" in options:
        if not options["resolution"].isdecimal() or int(options["resolution"]) < 3:
            raise ConfigurationError(f"resolution={options['resolution']}: give a whole number of at least 3")
        options["resolution"] = int(options["resolution"])
    return options


if __name__ == "__main__":
    raise SystemExit(main())
