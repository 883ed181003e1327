"""The benchmark from Python: the same runs, in the same folders, as benchmark.py makes."""

import difflib
import fnmatch
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml
from omegaconf import OmegaConf

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError, NotApplicableError, in_a_sentence
from sciml_bench.core.interruption import interruption_behind
from sciml_bench.core.plain_types import PathType
from sciml_bench.core.stored.run_folder import FAILED, NOT_APPLICABLE, RunFolder
from sciml_bench.suite.composition import BENCHMARK, composed_run
from sciml_bench.training.identity import name_of_overrides
from sciml_bench.training.run import plain, run
from sciml_bench.training.script import EXPECTED_ERRORS

log = logging.getLogger(__name__)

_ANY = "persistence"
"""A method that every record of trajectories composes with."""


def names_of(group: str, search_path: Sequence[PathType] = ()) -> list[str]:
    """The tasks or methods that there are.

    Args:
        group: `task` or `method`.
        search_path: folders of a person's own that hold such groups.
    """
    return sorted(_choices(group, search_path))


def _choices(group: str, search_path: Sequence[PathType]) -> dict[str, Path]:
    """The yaml of every choice; the suite's own go before others of the same name."""
    folders = [Path(folder) for folder in search_path]
    if missing := [folder for folder in folders if not folder.is_dir()]:
        raise FileNotFoundError(f"there is no folder {missing[0]}; give one that holds {group}/<name>.yaml")
    roots = [*reversed(folders), configuration_root() / BENCHMARK]
    return {path.stem: path for root in roots for path in (root / group).glob("*.yaml")}


def chosen_names(group: str, patterns: Sequence[str] | str, search_path: Sequence[PathType] = ()) -> list[str]:
    """The tasks or methods that some patterns mean.

    Args:
        group: `task` or `method`.
        patterns: names, in which `*` stands for anything.
        search_path: as in `names_of`.

    Raises:
        ConfigurationError: one of them means nothing.
    """
    known = names_of(group, search_path)
    found: dict[str, None] = {}
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        matching = fnmatch.filter(known, pattern)
        if not matching:
            near = difflib.get_close_matches(pattern, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ConfigurationError(f"{group}={pattern}: there is none; {hint}choose among {', '.join(known)}")
        found.update(dict.fromkeys(matching))
    return list(found)


def composed_task(name: str, overrides: Sequence[str] = (), search_path: Sequence[PathType] = ()) -> dict[str, Any]:
    """The record and the evaluation of a task, as a plain configuration.

    Args:
        name: of the task.
        overrides: `key=value`.
        search_path: as in `names_of`.

    Raises:
        ConfigurationError: there is no such task, a key is misspelt, or a value is missing.
    """
    places = [_choices("task", search_path), _choices("method", ())]
    (task,) = chosen_names("task", [name], search_path)
    nodes = [yaml.safe_load(files[choice].read_text()) for files, choice in zip(places, (task, _ANY), strict=True)]
    choices = {"task": task, "method": _ANY}
    urls = _urls(search_path)
    return plain(composed_run(*nodes, folder=".", choices=choices, overrides=overrides, search_path=urls))


def written_task(name: str, search_path: Sequence[PathType] = ()) -> dict[str, Any]:
    """What the yaml of a task says, whose settings may name one another.

    Args:
        name: of the task.
        search_path: as in `names_of`.
    """
    return yaml.safe_load(_choices("task", search_path)[name].read_text())


def _urls(search_path: Sequence[PathType]) -> list[str]:
    return [f"file://{Path(folder).absolute()}" for folder in search_path]


def _resolved(task: Any, seed: int) -> dict[str, Any]:
    """A task whose settings may name one another, and the seed of the run."""
    settings = OmegaConf.create({"task": task, "seed": seed})
    return cast(dict[str, Any], OmegaConf.to_container(settings, resolve=True))["task"]


def compare(
    record: str | Mapping[str, Any],
    methods: Sequence[str] | str = "*",
    seeds: Sequence[int] = (0,),
    cpu_seconds: float | int | None = None,
    folder: PathType = "outputs/benchmark",
    overrides: Sequence[str] = (),
    search_path: Sequence[PathType] = (),
) -> list[dict[str, Any]]:
    """Run every method with every seed; what is finished already is not run again, and what fails stops no other.

    Args:
        record: the name of a task, or a task of one's own: `name`, `record` (overrides that choose the data, such as
            `["data=trajectories", "data.path=mine.csv"]`), `evaluation`, and a `title` for the report.
        methods: names or patterns.
        seeds: of the runs.
        cpu_seconds: of every fit; None: as the task says.
        folder: where the run folders go.
        overrides: `key=value` for all methods.
        search_path: folders of one's own that hold `method/<name>.yaml`, `task/<name>.yaml`, `data/<name>.yaml`, …

    Returns:
        a row for each run: `task`, `method`, `seed`, `status`, `reason`, `folder` and its metrics.

    Raises:
        ConfigurationError: there is no such task or method.
        FileNotFoundError: a folder of the search path does not exist.
    """
    if isinstance(record, str):
        (name,) = chosen_names("task", record, search_path)
        written = written_task(name, search_path)
    else:
        written, name = dict(record), str(record.get("name", "own_record"))
    rows, typed = [], [*overrides, *([] if cpu_seconds is None else [f"cpu_seconds={cpu_seconds}"])]
    urls = _urls(search_path)
    for method in chosen_names("method", methods, search_path):
        node = yaml.safe_load(_choices("method", search_path)[method].read_text())
        for seed in seeds:
            place = Path(folder) / name / method / name_of_overrides(typed) / f"seed={seed}"
            task = _resolved(written, seed)
            seconds = task.get("cpu_seconds") if cpu_seconds is None else cpu_seconds
            choices = {"task": name, "method": method}
            options: dict[str, Any] = {"choices": choices, "seed": seed, "cpu_seconds": seconds}
            metrics, lost = {}, {}
            try:
                typed_here = ["logger=none", *overrides]
                options |= {"overrides": typed_here, "command": typed, "search_path": urls}
                metrics = run(composed_run(task, node, place, **options))
            except Exception as error:
                if (interruption := interruption_behind(error)) is not None:
                    raise interruption from None
                expected = isinstance(error, EXPECTED_ERRORS)
                reason = in_a_sentence(error) if expected else f"{type(error).__name__}: {error}"
                log.warning("%s, seed %d: %s", method, seed, reason, exc_info=not expected)
                lost = {"status": NOT_APPLICABLE if isinstance(error, NotApplicableError) else FAILED, "reason": reason}
            kept = {"status": RunFolder(place).record.get("status"), "reason": None}
            rows.append({**choices, "seed": seed, **kept, **lost, "folder": str(place), **metrics})
    return rows
