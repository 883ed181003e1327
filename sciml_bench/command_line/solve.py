"""Solve a parametric equation for your own parameters with the operator that a finished run has learned."""

import argparse
from pathlib import Path

from sciml_bench.command_line._numbers import whole_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run, for what, how finely, and where to."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder of train_nsm.py")
    parser.add_argument(
        "parameters",
        type=Path,
        metavar="PARAMETERS.npz",
        help="holds an array `parameters`: sources or initial fields (batch, x) or (batch, x, y)",
    )
    parser.add_argument(
        "--resolution", type=whole_number, default=64, metavar="N", help="points per space axis (default: %(default)s)"
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="npz file (default: <parameters>_solutions.npz beside them)"
    )


def answer(asked: argparse.Namespace) -> None:
    """Solve and write.

    Raises:
        FileNotFoundError: the run or the parameters are missing.
        ConfigurationError: an output of another format, or a resolution that is none.
        DataError: the run has learned no operator, or the parameters do not fit.
    """
    # imported late: torch would make the help wait
    from sciml_bench.core.errors import ConfigurationError, DataError

    if asked.output is not None and asked.output.suffix.lower() != ".npz":
        raise ConfigurationError(f"output={asked.output}: solutions are written as .npz; give such a name")
    from sciml_bench.data.capabilities import Forecaster
    from sciml_bench.nsm import TrainedOperator, solve_file
    from sciml_bench.training.restore import restore

    learned = restore(asked.run, asked.trust).learned
    if not isinstance(learned, TrainedOperator):
        other = "; use `sciml-bench forecast`" if isinstance(learned, Forecaster) else ""
        raise DataError(f"{asked.run} has learned nothing that solves an equation for parameters{other}")
    print(f"wrote {solve_file(learned, asked.parameters, asked.resolution, asked.output)}")
