"""Export what a finished run has learned as one file for programs that need not have this package.

The file is checked against the run's own answers before it is written, and its time is told beside theirs.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sciml_bench.command_line._numbers import whole_number

_SECONDS = 0.1
"""Of one measurement."""
_CAN = "vector fields, found equations, Koopman operators, operators of equations and sequence models can be exported"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run, which function of it, how, and where to."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument(
        "--format",
        choices=("torch", "onnx"),
        required=True,
        help="a program of plain PyTorch (.pt2), or a graph for onnxruntime and its like (.onnx)",
    )
    parser.add_argument(
        "--function",
        metavar="NAME",
        help="derivative (default) or next_state of a field or equations; expected_state (default), features or "
        "eigenfunctions of a Koopman run; solution of an operator; next_states of a sequence model",
    )
    parser.add_argument(
        "--resolution", type=whole_number, metavar="N", help="points per space axis of a solution (default: 64)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="(default: exported/<function>.pt2 or .onnx within the run)"
    )
    parser.add_argument("--force", action="store_true", help="replace a file that is there")


def answer(asked: argparse.Namespace) -> None:
    """Export, check, time and tell.

    Raises:
        ConfigurationError: a function or a resolution that this run has not, or an output that is there already.
        DataError: the folder holds no finished run, what it has learned cannot be exported, or the export differs.
    """
    # imported late: torch would make the help wait
    from sciml_bench.core.errors import ConfigurationError, DataError
    from sciml_bench.core.stored.exported_file import FORMATS, require_packages, write_exported
    from sciml_bench.core.stored.exported_function import LARGEST_DIFFERENCE
    from sciml_bench.data.capabilities import Exportable, SolutionOperator
    from sciml_bench.training.restore import restore

    ending = FORMATS[asked.format][0]
    if asked.output is not None:
        _require_new(asked.output, ending, asked)
    require_packages(asked.format)
    learned = restore(asked.run, asked.trust).learned
    if not isinstance(learned, Exportable):
        raise DataError(f"{asked.run} has learned {type(learned).__name__}, which cannot be exported; {_CAN}")
    options = {} if asked.resolution is None else {"resolution": asked.resolution}
    if options and not isinstance(learned, SolutionOperator):
        raise ConfigurationError(f"resolution={asked.resolution}: {asked.run} has no grid to choose; leave it out")
    functions = learned.exported(**options)
    name = asked.function or next(iter(functions))
    if name not in functions:
        raise ConfigurationError(f"function={name}: {asked.run} has {', '.join(functions)}; give one of these")
    output = asked.output or asked.run / "exported" / f"{name}{ending}"
    _require_new(output, ending, asked)
    function = functions[name]()
    difference, evaluated = write_exported(output, function, asked.format)
    print(f"wrote {output}")
    signature = function.signature
    takes = ", ".join(f"{key} {_axes(axes)}" for key, axes in signature["inputs"].items())
    print(f"{name}({takes}) -> {_axes(signature['output'][name])}: {function.facts['meaning']}")
    _tell_coordinates(learned)
    rows = list(function.inputs.values())
    why = "; its single precision rounds as much" if difference > LARGEST_DIFFERENCE else ""
    print(f"differs from the run's own answers by at most {difference:.2g} deviations in {len(rows[0])} rows{why}")
    runtime = {"torch": "the file", "onnx": "onnxruntime"}[asked.format]
    for count in (1, len(rows[0])):
        part = [each[:count] for each in rows]
        ours, theirs = (_microseconds(one, part) for one in (function.answer, evaluated))
        print(f"{count} row{'s'[: count - 1]}: {theirs:.3g} µs in {runtime}, {ours:.3g} µs in the run's own object")
    if len(functions) > 1:
        others = [other for other in functions if other != name]
        print(f"--function exports {' or '.join(others)} of this run")


def _require_new(output: Path, ending: str, asked: argparse.Namespace) -> None:
    from sciml_bench.core.errors import ConfigurationError

    if output.suffix.lower() != ending:
        raise ConfigurationError(f"output={output}: --format {asked.format} writes {ending}; give such a name")
    if output.exists() and not asked.force:
        raise ConfigurationError(f"output={output}: this file is there already; give --force to replace it, or another")


def _axes(axes: Sequence[object]) -> str:
    return f"({', '.join(map(str, axes))})"


def _tell_coordinates(learned: Any) -> None:
    """That a program has to form what was learned from itself, where that is not what the person's file holds."""
    spec = getattr(learned, "spec", None)
    if spec is not None and spec.observed is not None:
        print(f"states are not those of the file but what was learned from: {', '.join(spec.component_names)}")


def _microseconds(function: Callable[..., object], rows: Sequence[object]) -> float:
    """Of a call on one thread."""
    import torch

    threads, calls = torch.get_num_threads(), 0
    torch.set_num_threads(1)
    try:
        function(*rows)
        began = time.perf_counter()
        while (passed := time.perf_counter() - began) < _SECONDS:
            function(*rows)
            calls += 1
    finally:
        torch.set_num_threads(threads)
    return 1e6 * passed / max(calls, 1)
