"""Forecast from a finished run that has learned a dynamics, and write the states to come.

Of an ensemble, the mean of its members with their standard deviation.
"""

import argparse
import math
import sys
from pathlib import Path
from typing import Any, cast

from sciml_bench.command_line._numbers import steps

MOST_BYTES = 2**32
"""Of the states of one forecast."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run, from where, how far, and where to."""
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run, or of an ensemble")
    parser.add_argument(
        "--past",
        metavar="FILE",
        help="observations to go on from, in the states of the record (default: the end of the run's own record)",
    )
    parser.add_argument(
        "--inputs",
        metavar="FILE",
        help="what will act on the states, a row for each step, where the run has learned with inputs: a table in "
        "which they have their names, or arrays",
    )
    parser.add_argument("--horizon", type=steps, required=True, metavar="N", help="steps of the record's clock")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="a name ending in .npz (arrays) or .csv (a table)"
    )


def answer(asked: argparse.Namespace) -> None:
    """Forecast and write.

    Raises:
        FileNotFoundError: a run or the past is missing.
        ConfigurationError: an output of another format, or a horizon that the method cannot reach.
        DataError: the run has learned nothing that forecasts, or the past or the inputs do not fit.
    """
    # imported late: torch would make the help wait
    from sciml_bench.core.errors import ConfigurationError, DataError
    from sciml_bench.data.capabilities import OK, Forecaster, KnowsRecord, SolutionOperator
    from sciml_bench.data.forecast_file import require_ending, write_forecast
    from sciml_bench.data.own_components import in_own_components
    from sciml_bench.data.past_file import read_inputs, read_past
    from sciml_bench.training.restore import names_in_files, restore

    require_ending(asked.output)
    if asked.horizon == 0:
        raise ConfigurationError("horizon=0: ask for at least one step")
    if asked.past is not None and asked.output.resolve() == Path(asked.past).resolve():
        raise ConfigurationError(f"output={asked.output}: this file holds the past; give another name")
    run = restore(asked.run, asked.trust)
    if not isinstance(run.learned, Forecaster) or not isinstance(run.learned, KnowsRecord):
        kind = "an operator of equations; use `sciml-bench solve`"
        told = kind if isinstance(run.learned, SolutionOperator) else "nothing that forecasts"
        raise DataError(f"{asked.run} has learned {told}")
    learned = in_own_components(cast(Any, run.learned))
    kept = getattr(learned, "past", None)
    past = kept if asked.past is None else read_past(asked.past, run.learned.spec, names_in_files(run))
    if past is None:
        raise DataError(f"{asked.run} has not kept the end of its record; give --past FILE")
    bytes_needed = 8 * abs(asked.horizon) * past.n_trajectories * math.prod(past.state_shape)
    if bytes_needed > MOST_BYTES:
        raise ConfigurationError(
            f"horizon={asked.horizon}: so many states of {past.n_trajectories} trajectories are "
            f"{bytes_needed / 2**30:.3g} GiB; ask for fewer steps, and go on from the end of the file with --past"
        )
    driven = asked.inputs is not None
    acting = {"inputs": read_inputs(asked.inputs, learned.spec, past, abs(asked.horizon))} if driven else {}
    forecast = learned.forecast(past, asked.horizon, **acting)
    write_forecast(asked.output, forecast, learned.spec, past.time_origins)
    print(f"wrote {asked.output}")
    for number, word in enumerate(forecast.status):
        if word != OK:
            print(f"{past.name(number)}: {word}", file=sys.stderr)
