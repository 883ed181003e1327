"""Predict what the Common Task Framework for Science asks for: from the folder of its files to those it wants back.

Every part of the challenge is learned by one method, as benchmark.py does; what is finished already is not learned
again. Written are prediction_pair_<n>.npz, with the key `states`, and predictions.csv: id,pair_id,timestep,x,y,z.
"""

import argparse
from pathlib import Path

from sciml_bench.command_line._numbers import whole_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which files, by which method, and where to."""
    parser.add_argument("data", type=Path, metavar="FOLDER", help="holds X1train.mat, X2train.mat, ...")
    parser.add_argument(
        "--tasks",
        default="common_task_lorenz",
        metavar="PREFIX",
        help="with which their names begin (default: %(default)s)",
    )
    parser.add_argument(
        "--method", default="equation_discovery", metavar="NAME", help="of the benchmark (default: %(default)s)"
    )
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help="of the fits (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=Path("predictions"), metavar="FOLDER", help="(default: %(default)s)"
    )


def answer(asked: argparse.Namespace) -> None:
    """Learn and write.

    Raises:
        ConfigurationError: there is no such task, method or file.
        DataError: the method makes no prediction of any pair.
    """
    # imported late: torch would make the help wait
    from sciml_bench.core.errors import DataError
    from sciml_bench.suite.common_task.predictions import predictions_of, write_predictions
    from sciml_bench.suite.comparison import chosen_names, compare

    rows, data = [], f"data.path={asked.data.expanduser().resolve()}"
    for task in chosen_names("task", f"{asked.tasks}*"):
        rows += compare(task, [asked.method], [asked.seed], overrides=[data])
    for row in rows:
        if row["status"] != "finished":
            print(f"no prediction for {row['task']}, {row['status']}: {row['reason']}")
    finished = [row["folder"] for row in rows if row["status"] == "finished"]
    if not finished:
        raise DataError(f"method={asked.method} predicts nothing of {asked.tasks}*; the runs above say why")
    for path in write_predictions(*predictions_of(finished), asked.output):
        print(f"wrote {path}")
