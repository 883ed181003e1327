"""Small runs that tests of verbs share."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sciml_bench.training import composed, run


def finished_runs(
    root: Path, runs: Mapping[str, tuple[str, Sequence[str]]], smaller: Mapping[str, Sequence[str]]
) -> Callable[[str], Path]:
    """The folder of a finished run by its name, which is made when it is asked for first.

    Args:
        root: of the folders.
        runs: by name the paradigm and what is chosen.
        smaller: what makes them quick.
    """

    def of(name: str) -> Path:
        folder = root / name.replace(" ", "_")
        if not folder.exists():
            paradigm, overrides = runs[name]
            cache = [f"pde.cache={root / 'cache'}"] if paradigm == "nsm" else []
            run(composed(paradigm, ["logger=none", *overrides, *smaller.get(name, []), *cache], folder=folder))
        return folder

    return of
