"""The benchmark from Python: the same runs, in the same folders, as benchmark.py makes."""

import fnmatch
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import yaml
from omegaconf import OmegaConf

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError, NotApplicableError, in_a_sentence
from sciml_bench.core.plain_types import PathType
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.suite.composition import BENCHMARK, composed_run
from sciml_bench.training.identity import name_of_overrides
from sciml_bench.training.run import run
from sciml_bench.training.script import EXPECTED_ERRORS

log = logging.getLogger(__name__)


def names_of(group: str) -> list[str]:
    """The tasks or methods that there are.

    Args:
        group: `task` or `method`.
    """
    return sorted(path.stem for path in (configuration_root() / BENCHMARK / group).glob("*.yaml"))


def chosen_names(group: str, patterns: Sequence[str] | str) -> list[str]:
    """The tasks or methods that some patterns mean.

    Args:
        group: `task` or `method`.
        patterns: names, in which `*` stands for anything.

    Raises:
        ConfigurationError: one of them means nothing.
    """
    known = names_of(group)
    found: dict[str, None] = {}
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        matching = fnmatch.filter(known, pattern)
        if not matching:
            raise ConfigurationError(f"{group}={pattern}: there is none; choose among {', '.join(known)}")
        found.update(dict.fromkeys(matching))
    return list(found)


def compare(
    record: str | Mapping[str, Any],
    methods: Sequence[str] | str = "*",
    seeds: Sequence[int] = (0,),
    cpu_seconds: float | int | None = None,
    folder: PathType = "outputs/benchmark",
    overrides: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Run every method with every seed; what is finished already is not run again.

    Args:
        record: the name of a task, or a task of one's own: `name`, `record` (overrides that choose the data, such as
            `["data=trajectories", "data.path=mine.csv"]`) and `evaluation`.
        methods: names or patterns.
        seeds: of the runs.
        cpu_seconds: of every fit; None: as the task says.
        folder: where the run folders go.
        overrides: `key=value` for all methods.

    Returns:
        a row for each run: `task`, `method`, `seed`, `status`, `reason`, `folder` and its metrics.

    Raises:
        ConfigurationError: there is no such task or method.
    """
    if isinstance(record, str):
        (name,) = chosen_names("task", record)
        written = OmegaConf.load(configuration_root() / BENCHMARK / "task" / f"{name}.yaml")
        task = cast(dict[str, Any], OmegaConf.to_container(OmegaConf.create({"task": written}), resolve=True))["task"]
    else:
        task, name = dict(record), str(record.get("name", "own_record"))
    rows, typed = [], [*overrides, *([] if cpu_seconds is None else [f"cpu_seconds={cpu_seconds}"])]
    for method in chosen_names("method", methods):
        node = yaml.safe_load((configuration_root() / BENCHMARK / "method" / f"{method}.yaml").read_text())
        for seed in seeds:
            place = Path(folder) / name / method / name_of_overrides(typed) / f"seed={seed}"
            seconds = task.get("cpu_seconds") if cpu_seconds is None else cpu_seconds
            choices = {"task": name, "method": method}
            options: dict[str, Any] = {"choices": choices, "seed": seed, "cpu_seconds": seconds}
            metrics: Mapping[str, float] = {}
            try:
                metrics = run(composed_run(task, node, place, overrides=["logger=none", *overrides], **options))
            except (*EXPECTED_ERRORS, NotApplicableError) as error:
                log.warning("%s, seed %d: %s", method, seed, in_a_sentence(error))
            told = RunFolder(place).record
            kept = {key: told.get(key) for key in ("status", "reason")}
            rows.append({**choices, "seed": seed, **kept, "folder": str(place), **metrics})
    return rows
