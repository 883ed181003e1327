"""Solve your own parameters with a trained run: `python -m sciml_bench.nsm.predict run=FOLDER parameters=FILE.npz`."""

import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.files import read_arrays, write_atomically
from sciml_bench.nsm.trained_operator import TrainedOperator

USAGE = """python -m sciml_bench.nsm.predict run=FOLDER parameters=FILE.npz [resolution=64] [output=FILE.npz]

  run          folder of a finished run of train_nsm.py
  parameters   npz file with one array `parameters` (batch, n) or (batch, n, n): sources or initial fields at the points
               j/n of periodic axes, without the end point; at Chebyshev nodes (1 - cos(pi j/(n-1)))/2 of bounded ones
  resolution   points per space axis of the solutions
  output       by default <parameters>_solutions.npz beside the parameters: `solutions`, `residual_l2` of each, and
               `axis_<name>` with the positions"""

_KEYS = ("run", "parameters", "resolution", "output")


def predict(run: str | Path, parameters: str | Path, resolution: int = 64, output: str | Path | None = None) -> Path:
    """Read parameters, solve, write; nothing is written where something is wrong.

    Args:
        run: folder of a finished run.
        parameters: npz file with one array `parameters`.
        resolution: points per space axis.
        output: npz file to write.

    Returns:
        the file that was written.

    Raises:
        FileNotFoundError: no such run or file.
        DataError: the file cannot be used.
        ConfigurationError: the run cannot be used, or a resolution that is none.
    """
    source = Path(parameters)
    if not source.is_file():
        raise FileNotFoundError(f"parameters={source}: there is no such file")
    operator = TrainedOperator.load(run)
    fields = _fields(source)
    operator.equation.require_parameters(fields, f"{source}: parameters")
    solutions, axes = operator.solve(fields, resolution)
    target = source.with_name(f"{source.stem}_solutions.npz") if output is None else Path(output)
    content: dict[str, Any] = {"solutions": solutions, "residual_l2": operator.residual_l2(fields)}
    content |= {f"axis_{name}": points for name, points in axes.items()}
    write_atomically(target, lambda file: np.savez(file, **content))
    return target


def _fields(source: Path) -> np.ndarray:
    try:
        arrays = read_arrays(source)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{source} is no npz file of plain arrays ({error}); write it with numpy.savez") from error
    if "parameters" not in arrays:
        raise DataError(f"{source} holds {', '.join(arrays) or 'nothing'}; name the array `parameters`")
    fields = arrays["parameters"]
    if not np.issubdtype(fields.dtype, np.number) or np.iscomplexobj(fields):
        raise DataError(f"{source}: `parameters` is of type {fields.dtype}; give real numbers")
    return np.asarray(fields, dtype=np.float64)


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
        if not options["resolution"].isdigit() or int(options["resolution"]) < 3:
            raise ConfigurationError(f"resolution={options['resolution']}: give a whole number of at least 3")
        options["resolution"] = int(options["resolution"])
    return options


if __name__ == "__main__":
    raise SystemExit(main())
