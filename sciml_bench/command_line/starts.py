"""Write what a forecast task of the benchmark asks, for a forecaster outside the suite.

The file holds the training and validation parts, the past of every start and the times to forecast, and nothing of what
came. The answer enters the leaderboard with `python benchmark.py task=<task> method=external data.predictions=<file>`.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which task, with which settings, and where to."""
    parser.add_argument("task", metavar="TASK", help="of the benchmark, such as lorenz63_forecast")
    parser.add_argument(
        "overrides",
        nargs="*",
        metavar="KEY=VALUE",
        help="settings of the record or of the evaluation, as for benchmark.py",
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="a name ending in .npz")
    parser.add_argument("--config-dir", action="append", default=[], metavar="FOLDER", help="holds tasks of your own")


def answer(asked: argparse.Namespace) -> None:
    """Write the file.

    Raises:
        ConfigurationError: there is no such task, it asks for no forecasts, or an output of another format.
        DataError: the data cannot be used.
    """
    # imported late: torch would make the help wait
    from sciml_bench.core.errors import ConfigurationError
    from sciml_bench.suite import ForecastTask
    from sciml_bench.suite.comparison import composed_task
    from sciml_bench.suite.questions import write_questions
    from sciml_bench.training.build import build_evaluation, build_record

    if asked.output.suffix.lower() != ".npz":
        raise ConfigurationError(f"output={asked.output}: starts are written as .npz; give such a name")
    trust = [f"trusted_packages=[{','.join(asked.trust)}]"] if asked.trust else []
    configuration = composed_task(asked.task, [*asked.overrides, *trust], asked.config_dir)
    evaluation = build_evaluation(configuration)
    if not isinstance(evaluation, ForecastTask):
        raise ConfigurationError(f"task={asked.task} asks for no forecasts; choose one that ends in _forecast")
    record = build_record(configuration)
    record.setup()
    questions = evaluation.questions(record)
    write_questions(asked.output, questions, record)
    n_starts, n_rows = questions.times.shape
    print(f"wrote {asked.output}: {n_starts} starts, {n_rows} rows to forecast from each")
