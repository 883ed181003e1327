"""From a task and a method to the configuration of one ordinary run, composed by the method's own script."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import yaml
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sciml_bench.core.checks import require_number
from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.core.stored.run_folder import NOT_APPLICABLE, RunFolder
from sciml_bench.training.identity import variants
from sciml_bench.training.script import composed, explain, register

BENCHMARK = "benchmark"
_PASSED_ON = ("ensemble", "continue_schedule", "objective", "scored_on", "trusted_packages")
"""Keys of every run that a benchmark passes on as they were typed."""

_ELSEWHERE = ("task", "method", "seed", "force", "logger", "trusted_packages")
"""Keys that a record tells, or that change nothing of a run."""


def composed_run(
    task: Mapping[str, Any],
    method: Mapping[str, Any],
    folder: str | Path,
    *,
    choices: Mapping[str, str],
    seed: int = 0,
    cpu_seconds: float | int | None = None,
    overrides: Sequence[str] = (),
    command: Sequence[str] = (),
    search_path: Sequence[str] = (),
) -> DictConfig:
    """The configuration of a method on a task.

    Args:
        task: `record`, overrides that choose the record and its split, of which the split alone holds for another
            record that was typed; `evaluation`, the node that scores; `group` and `title`, of a report, where
            there are such.
        method: `paradigm`, whose script it is of; `overrides`, its choices and settings; `settings_of`, the method
            whose settings on a task it takes, itself by default; `model`, where its model is described here and in no
            yaml of the paradigm; `renamed`, other names for keys that it has; `evaluation`,
            settings of the kind of task that it is made for, where there is only one.
        folder: of the run.
        choices: names of the task and the method.
        seed: of the run.
        cpu_seconds: of the fit; None: as long as the method plans.
        overrides: `key=value` of the method's own configuration, or of the task's `evaluation`, which win.
        command: what benchmark.py was asked beside task, method and seed, from which a report tells the command.
        search_path: folders of a person's own, as URLs, in which choices are looked for as well.

    Raises:
        ConfigurationError: a key is missing, or there is no such paradigm.
        NotApplicableError: the paradigm learns from other records; the folder says so.
    """
    for node, name, keys in ((task, "task", ("record", "evaluation")), (method, "method", ("paradigm",))):
        if missing := [key for key in keys if not node.get(key)]:
            raise ConfigurationError(f"{name}={choices.get(name)}: its yaml lacks {missing[0]}")
    if cpu_seconds is not None:
        require_number("cpu_seconds", cpu_seconds, "give the CPU seconds of every fit, a number above 0, or null")
    choices = {**choices, **variants(command, list(method.get("renamed") or ()))}
    # tasks of one group have their scores in one table
    choices |= {name: str(task[name]) for name in ("group", "title") if task.get(name)}
    paradigm = str(method["paradigm"])
    if not (configuration_root() / paradigm / "config.yaml").is_file():
        raise ConfigurationError(f"method.paradigm={paradigm}: there is no conf/{paradigm}/config.yaml")
    kinds = {str(override).partition("=")[0] for override in task["record"]} & {"data", "pde"}
    known = (configuration_root() / paradigm / "config.yaml").read_text()
    if unknown := [kind for kind in kinds if f"- {kind}: " not in known]:
        learns = "equations" if unknown == ["data"] else "trajectories"
        reason = f"method={choices.get('method')} learns from {learns}, which task={choices.get('task')} has none of"
        raise _not_applicable(folder, choices, seed, reason)
    of_method = method.get("evaluation") or {}
    if of_method and of_method["_target_"] != task["evaluation"]["_target_"]:
        places = (configuration_root() / BENCHMARK / "task").glob("*.yaml")
        fitting = [path.stem for path in places if of_method["_target_"] in path.read_text()]
        fitting = min(fitting, key=lambda name: (len(name), name), default="another")
        reason = f"method={choices.get('method')} is made for tasks such as task={fitting} alone"
        raise _not_applicable(folder, choices, seed, reason)
    typed = [_renamed(text, method.get("renamed") or {}) for text in overrides]
    own = {
        "evaluation": {**task["evaluation"], **of_method},
        **({"model": method["model"]} if method.get("model") else {}),
    }
    settings = {node: [text.partition(".")[2] for text in typed if text.startswith(f"{node}.")] for node in own}
    others = [text for text in typed if not text.startswith(tuple(f"{node}." for node in own))]
    given = [
        *_of_record(task["record"], others),
        *(method.get("overrides") or ()),
        *_for_method(choices["task"], str(method.get("settings_of") or choices["method"])),
        f"seed={seed}",
        *others,
    ]
    given = [str(override) for override in given]
    given += [f"hydra.searchpath=[{','.join(repr(place) for place in search_path)}]"] if search_path else []
    try:
        config = composed(paradigm, given, folder)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(explain(error, paradigm, configuration_root(), given)) from None
    for node, content in own.items():
        config[node] = OmegaConf.merge(dict(content), OmegaConf.from_dotlist(settings[node]))
    described = {"model": choices["method"]} if "model" in own else {}
    config.script, config.choices = BENCHMARK, {**config.choices, **described, **choices, "paradigm": paradigm}
    config.command = list(command)
    if config.trainer.threads is None:
        config.trainer.threads = 1
    config.trainer.cpu_seconds = cpu_seconds
    return config


def _not_applicable(folder: str | Path, choices: Mapping[str, str], seed: int, reason: str) -> NotApplicableError:
    """What to raise, when the folder has told it."""
    RunFolder(folder).write_record(
        {"script": BENCHMARK, **choices, "seed": seed, "status": NOT_APPLICABLE, "reason": reason}
    )
    return NotApplicableError(reason)


def _of_record(settings: Sequence[str], typed: Sequence[str]) -> list[str]:
    """What a task says of its record; where another one was typed it may not have these keys, and the split stays."""
    if not any(text.startswith("data=") for text in typed):
        return list(settings)
    kept = [text for text in settings if not text.lstrip("+").startswith("data.")]
    return kept + [text for text in settings if text.lstrip("+").startswith("data.split=")]


def _renamed(override: str, names: Mapping[str, str]) -> str:
    key, assigned, value = override.partition("=")
    return f"{names.get(key, key)}{assigned}{value}"


def _for_method(task: str, method: str) -> list[str]:
    """Settings of a method on a task, found by a search on its validation part."""
    settings = configuration_root() / BENCHMARK / "settings" / f"{task}.yaml"
    found = yaml.safe_load(settings.read_text()) or {} if settings.is_file() else {}
    return list(found.get(method, ()))


def own_keys() -> set[str]:
    """The keys of benchmark.py, passed on or not; all others belong to the methods' scripts."""
    files = (
        configuration_root() / folder / name for folder, name in ((BENCHMARK, "config.yaml"), ("shared", "run.yaml"))
    )
    return {"task", "method", "logger", *(str(key) for path in files for key in yaml.safe_load(path.read_text()))}


def of_job(config: DictConfig, overrides: Sequence[str]) -> DictConfig:
    """The run that a job of benchmark.py stands for.

    Args:
        config: as Hydra composed it.
        overrides: of the job, as typed.

    Raises:
        ConfigurationError: a choice is wrong.
    """
    plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    if plain["extend"] is not None:
        raise ConfigurationError(f"extend={plain['extend']}: a benchmark begins every run; extend it by its own script")
    own, passed = own_keys() - set(_PASSED_ON), [text.lstrip("+") for text in overrides]
    of_logger = [text for text in passed if text.startswith("logger.")]
    typed = [text for text in passed if text.partition("=")[0] not in _ELSEWHERE and text not in of_logger]
    passed = [text for text in passed if text.partition("=")[0].partition(".")[0] not in own]
    passed += [f"logger={plain['choices']['logger']}", *of_logger, f"force={str(plain['force']).lower()}"]
    with _beside_the_job():
        return composed_run(
            plain["task"],
            plain["method"],
            plain["run_folder"],
            choices={name: plain["choices"][name] for name in ("task", "method")},
            seed=plain["seed"],
            cpu_seconds=plain["cpu_seconds"],
            overrides=passed,
            command=typed,
            search_path=_typed_search_path(),
        )


def _typed_search_path() -> list[str]:
    """The folders that the command names with `--config-dir` or `hydra.searchpath`, as URLs."""
    sources = HydraConfig.get().runtime.config_sources
    return [f"{source.schema}://{source.path}" for source in sources if source.provider.endswith("command-line")]


@contextmanager
def _beside_the_job() -> Iterator[None]:
    """Hydra composes one configuration at a time; the job's own is set aside."""
    own, running = GlobalHydra.instance(), GlobalHydra.instance().hydra
    own.clear()
    try:
        yield
    finally:
        own.clear()
        if running is not None:
            own.initialize(running)
        register(BENCHMARK)
