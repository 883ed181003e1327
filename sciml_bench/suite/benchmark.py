"""What stands behind benchmark.py: tasks × methods × seeds as ordinary runs of Hydra's sweeps."""

import sys

from sciml_bench.suite.composition import BENCHMARK, of_job, own_keys
from sciml_bench.training.script import main as run_script


def main() -> None:
    """Run the jobs that the command line names; settings of the methods' own scripts are passed on to these."""
    sys.argv[1:] = [_passed_on(argument) for argument in sys.argv[1:]]
    run_script(BENCHMARK, of_job)


def _passed_on(argument: str) -> str:
    """An override of a key that the method's script knows and the benchmark does not."""
    key, assigned, _ = argument.partition("=")
    is_new = assigned and key[:1].isalpha() and "." in key and key.partition(".")[0] not in own_keys()
    return f"+{argument}" if is_new else argument
