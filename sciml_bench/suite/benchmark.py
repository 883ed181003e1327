"""What stands behind benchmark.py: tasks × methods × seeds as ordinary runs of Hydra's sweeps."""

import sys
from collections.abc import Sequence

from sciml_bench.suite.composition import BENCHMARK, of_job, own_keys
from sciml_bench.training.script import main as run_script


def main() -> None:
    """Run the jobs that the command line names; settings of the methods' own scripts are passed on to these.

    A sweep takes one method after the other on a task and a seed, in whatever order they were typed, since these share
    a record, which is simulated once where that takes long.
    """
    sys.argv[1:] = [_passed_on(argument) for argument in _with_methods_last(sys.argv[1:])]
    run_script(BENCHMARK, of_job)


def _with_methods_last(arguments: Sequence[str]) -> list[str]:
    """Overrides in the order in which the last one changes first; options stay where they are."""
    places = [place for place, argument in enumerate(arguments) if "=" in argument and not argument.startswith("-")]
    ordered, given = list(arguments), [arguments[place] for place in places]
    for place, argument in zip(places, sorted(given, key=lambda argument: argument.startswith("method=")), strict=True):
        ordered[place] = argument
    return ordered


def _passed_on(argument: str) -> str:
    """An override of a key that the method's script knows and the benchmark does not."""
    key, assigned, _ = argument.partition("=")
    is_new = assigned and key[:1].isalpha() and "." in key and key.partition(".")[0] not in own_keys()
    return f"+{argument}" if is_new else argument
