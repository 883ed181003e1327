"""What stands between the command line and run(): composition, sweeps, and errors a person can act on."""

import difflib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, cast

import hydra
import yaml
from hydra.conf import HydraConf
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.search_path_plugin import SearchPathPlugin
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import (
    ConfigurationError,
    DataError,
    NotApplicableError,
    SolverError,
    TrainingError,
    in_a_sentence,
)
from sciml_bench.core.interruption import Interrupted, interruption_behind, listening
from sciml_bench.core.processes.workers import rank
from sciml_bench.training.failures.choices import GROUPS, require_choices
from sciml_bench.training.failures.explanations import explain, near_keys
from sciml_bench.training.failures.sweep_failures import SweepFailures
from sciml_bench.training.identity import name_of_overrides

EXPECTED_ERRORS = (ConfigurationError, DataError, SolverError, TrainingError, ValueError, OSError, MemoryError)
"""Errors whose message tells a person what to do; anything else is a defect of ours and shows its traceback."""

_SCORING = ("training", "evaluation")
_SETTINGS = "settings"
_FITTING = "fitting"

_TRACEBACK = "SCIML_BENCH_TRACEBACK"
_PARADIGM = "SCIML_BENCH_PARADIGM"


class SharedConfigurations(SearchPathPlugin):
    """Puts conf/shared on the search path of every script."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Append conf/shared."""
        search_path.append("sciml-bench", f"file://{configuration_root() / 'shared'}")


def register(paradigm: str | None = None) -> None:
    """Make the resolvers and the shared configurations known to Hydra; safe to call twice.

    The paradigm's `settings/` say what fits a record; by default it is that of the script that started this process.
    """
    if paradigm is not None:
        os.environ[_PARADIGM] = paradigm  # where the processes of a sweep find it
    OmegaConf.register_new_resolver("run_path", _run_path, replace=True)
    OmegaConf.register_new_resolver("fitting", _fitting, replace=True)
    OmegaConf.register_new_resolver("specialised", _specialised, replace=True)
    Plugins.instance().register(SharedConfigurations)


def _fitting(group: str, data: str, *, _root_: Any) -> str:
    """The choice that suits a record unless one is given: `fitting.<group>` in its settings, else in config.yaml.

    A choice may be a mapping, from what is chosen for `training`, or from `otherwise`.
    """
    chosen = _root_.get(group)
    if isinstance(chosen, str) and "${" not in chosen:
        return chosen
    folder = configuration_root() / os.environ[_PARADIGM]
    for path in (folder / _SETTINGS / f"{data}.yaml", folder / "config.yaml"):
        choices = _said_to_fit(path, path.stat().st_mtime_ns) if path.exists() else {}
        if group in choices:
            choice = choices[group]
            if isinstance(choice, dict):
                choice = choice.get(_fitting("training", data, _root_=_root_), choice.get("otherwise"))
            if choice is not None:
                return str(choice)
    raise ConfigurationError(f"nothing says which {group} suits data={data}; choose one with {group}=<choice>")


@cache
def _said_to_fit(path: Path, _changed: int) -> dict[str, Any]:
    """What a file says under `fitting`, which is asked for many times by every composition."""
    return (yaml.safe_load(path.read_text()) or {}).get(_FITTING, {})


def _specialised(data: str, *groups: str, _root_: Any) -> str:
    """The name of the settings of a record for what it is combined with, such as `<data>_<model>_<training>`."""
    return "_".join([data, *(_fitting(group, data, _root_=_root_) for group in groups)])


def _run_path(choices: Any, overrides: Any) -> str:
    """`<data>/<model>/<training>/<overrides>`: the path of a run's folder below its script's, but for the seed."""
    groups = ("task", "data", "pde", "model", "training", "method")
    chosen = [str(choices[group]) for group in groups if group in choices]
    typed = [str(override) for override in overrides]
    if "method" in choices:  # a benchmark passes on settings of methods, which are new keys to it
        typed = [override.lstrip("+") for override in typed]
    return "/".join([*chosen, name_of_overrides(typed)])


Prepared = Callable[[DictConfig, Sequence[str]], DictConfig]
"""From the configuration of a job, and its overrides, to that of the run that it stands for."""


def main(paradigm: str, prepare: Prepared | None = None) -> None:
    """Run one of the scripts.

    Args:
        paradigm: the folder below conf/ that holds its config.yaml.
        prepare: the run that a job stands for, where it is not the job's own configuration.
    """

    def job(config: DictConfig) -> float | None:
        with listening():
            return _job(config, prepare)

    register(paradigm)
    root = configuration_root()
    failures = SweepFailures()
    try:
        require_choices(sys.argv[1:], paradigm)
        if prepare is None:  # what a job of a benchmark stands for extends nothing, and says so
            _send_extension_below_its_run()
    except (ConfigurationError, DataError) as error:
        _stop(str(error))
    sys.argv[1:] = _sweep_first([*map(_quoted, sys.argv[1:])])
    wrapped = hydra.main(version_base="1.3", config_path=str(root / paradigm), config_name="config")(job)
    with _one_sentence_errors() as show_tracebacks:
        try:
            wrapped()
        except (HydraException, OmegaConfBaseException, ValueError) as error:
            if show_tracebacks:
                raise
            _stop(explain(error, paradigm, root))
        except (Interrupted, KeyboardInterrupt):  # the jobs that are left go unrun
            failures.tell()
            raise
        except OSError as error:  # Hydra makes the run's folder
            if show_tracebacks:
                raise
            _stop(in_a_sentence(error))
    failures.report()


def _send_extension_below_its_run() -> None:
    """Add to the command of an extended run what was chosen for the run, and its folder, unless a person gives them."""
    overrides = dict(argument.split("=", 1) for argument in sys.argv[1:] if "=" in argument)
    if "extend" in overrides:
        from sciml_bench.training.extension import earlier_choices, extension_folder

        if {"-m", "--multirun"} & set(sys.argv):
            raise ConfigurationError("extend= goes on with one run; repeat the command for each, without --multirun")
        run = overrides["extend"].strip("'\"")
        choices = earlier_choices(run)
        if "hydra.run.dir" not in overrides:
            given = [argument for argument in sys.argv[1:] if "=" in argument or argument.startswith("~")]
            sys.argv.append(f"hydra.run.dir={extension_folder(run, given)}")
        sys.argv += [f"{key}={choice}" for key, choice in choices.items() if key not in overrides]


def _sweep_first(arguments: list[str]) -> list[str]:
    """Hydra takes overrides on one side of a flag alone."""
    return sorted(arguments, key=lambda argument: argument not in ("--multirun", "-m"))


def _quoted(argument: str) -> str:
    """A folder whose path holds equals signs, as that of every run, in the quotes that Hydra asks for."""
    key, _, value = argument.partition("=")
    needed = key in ("extend", "hydra.run.dir") and "=" in value and value[0] not in "'\""
    return f"{key}='{value}'" if needed else argument


@contextmanager
def _one_sentence_errors() -> Iterator[bool]:
    """Let Hydra raise what it would otherwise print in many lines; whether the person asked for tracebacks.

    The choice is in the environment, where the processes of a sweep and of a distributed run find it.
    """
    asked = os.environ.get("HYDRA_FULL_ERROR"), os.environ.get(_TRACEBACK)
    show = asked[1] == "1" if asked[1] is not None else asked[0] == "1"
    os.environ["HYDRA_FULL_ERROR"], os.environ[_TRACEBACK] = "1", "1" if show else "0"
    try:
        yield show
    finally:
        for name, value in zip(("HYDRA_FULL_ERROR", _TRACEBACK), asked, strict=True):
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _job(config: DictConfig, prepare: Prepared | None = None) -> float | None:
    """One job: run() and return the objective; what a person can mend ends with one paragraph."""
    from sciml_bench.data.files.short_files import require_enough_rows
    from sciml_bench.training.run import plain, run
    from sciml_bench.training.threads import cap_threads

    multirun = HydraConfig.get().mode == RunMode.MULTIRUN
    try:
        _require_known([*HydraConfig.get().overrides.task, *HydraConfig.get().overrides.hydra], config)
        _require_objective(config)
        if not (multirun or HydraConfig.get().run.dir):
            raise ConfigurationError("hydra.run.dir='': give a folder, or leave it out")
        if prepare is not None:
            config = prepare(config, HydraConfig.get().overrides.task)
        elif config.get("extend") is not None:
            from sciml_bench.training.extension import extended

            return _objective(config, run(extended(config, HydraConfig.get().overrides.task)))
        require_enough_rows(plain(config))
        if multirun:
            cap_threads(HydraConfig.get().launcher)
        return _objective(config, run(config))
    except Exception as error:
        if (interruption := interruption_behind(error)) is not None:
            raise interruption from None
        expected = isinstance(error, EXPECTED_ERRORS)
        if os.environ.get(_TRACEBACK) == "1" if expected else not multirun:
            raise
        if not multirun:
            _stop(in_a_sentence(error))
        if isinstance(error, NotApplicableError):  # an answer, and no failure of the sweep
            print(f"does not apply: {in_a_sentence(error)}", file=sys.stderr)
            return None
        if not expected:
            traceback.print_exc()
        reason = in_a_sentence(error) if expected else f"{type(error).__name__}: {error}"
        SweepFailures.note(config.run_folder, reason)
        print(f"this job failed: {reason}", file=sys.stderr)
    return None


def _require_known(overrides: Sequence[str], config: DictConfig) -> None:
    """Stop at a new key that nothing would read; those within what is built, its class knows."""
    for override in overrides:
        key = override.lstrip("+~").partition("=")[0]
        root = re.split(r"[./@]", key, maxsplit=1)[0]
        if root == _FITTING:
            group = key.rpartition(".")[2]
            raise ConfigurationError(f"{override}: this only says what suits a record; choose with {group}=<choice>")
        unread = override.startswith("+") and root not in GROUPS
        if unread and root == "hydra" and "." in key:
            root, known = key.split(".")[1].partition("@")[0], sorted(field.name for field in fields(HydraConf))
            if root.partition("/")[0] not in known:
                raise ConfigurationError(f"{override}: Hydra has no such key; choose among {', '.join(known)}")
        elif unread and root != "hydra":
            folder = configuration_root()
            own = (folder / os.environ[_PARADIGM] / "config.yaml", folder / "shared" / "run.yaml")
            known = sorted({str(name) for path in own for name in yaml.safe_load(path.read_text())} - {"defaults"})
            if root not in known:
                raise ConfigurationError(
                    f"{override}: there is no configuration key {key!r}, and nothing would read it; "
                    f"{near_keys(key, config, os.environ[_PARADIGM])}remove it, or choose among {', '.join(known)}"
                )


def _require_objective(config: DictConfig) -> None:
    """Stop at the name of a metric that no method of ours has; a person's own may have others."""
    from sciml_bench.scores.catalogue import find_score, near_names

    name, targets = config.get("objective"), [(config.get(node) or {}).get("_target_", "") for node in _SCORING]
    if name is None or not all(str(target).startswith("sciml_bench.") for target in targets):
        return
    if not isinstance(name, str) or find_score(name) is None:
        near = f"did you mean {' or '.join(names)}? " if (names := near_names(str(name))) else ""
        raise ConfigurationError(
            f"objective={name}: there is no such metric; {near}Give a name of metrics.json, as `sciml-bench show` "
            "lists them"
        )


def _objective(config: DictConfig, metrics: dict[str, float]) -> float | None:
    name = config.get("objective")
    if name is None or not metrics:
        return None
    if name not in metrics:
        near = difflib.get_close_matches(name, metrics, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise ConfigurationError(f"objective={name!r} is not a metric of this run; {hint}It has {', '.join(metrics)}")
    return metrics[name]


def _stop(message: str) -> None:
    if not rank():  # the first process meets it as well
        print(f"error: {message}", file=sys.stderr)
    raise SystemExit(1)


def composed(paradigm: str, overrides: Sequence[str] = (), folder: str | Path | None = None) -> DictConfig:
    """Compose a configuration without the command line, for notebooks and tests.

    Args:
        paradigm: such as `koopman`.
        overrides: as on the command line.
        folder: the run folder; by default the one that the same command would have below the working directory.
    """
    register(paradigm)
    require_choices(overrides, paradigm)
    given = dict(override.split("=", 1) for override in overrides if "=" in override)
    run, typed = given.get("extend", "null").strip("'\""), list(overrides)
    overrides = [_quoted(override) for override in overrides]
    if run != "null":
        from sciml_bench.training.extension import earlier_choices, extended, extension_folder

        overrides += [f"{key}={choice}" for key, choice in earlier_choices(run).items() if key not in given]
        folder = extension_folder(run, typed) if folder is None else folder
    with hydra.initialize_config_dir(str(configuration_root() / paradigm), version_base="1.3"):
        config = cast(DictConfig, hydra.compose("config", overrides=overrides, return_hydra_config=True))
    choices, job = config.hydra.runtime.choices, config.hydra.job.name
    with open_dict(config):
        del config.hydra
    if folder is None:
        folder = Path("outputs") / job / _run_path(choices, overrides) / f"seed={config.seed}"
    config.run_folder, config.script, config.choices = str(folder), str(job), dict(choices)
    config.given = typed
    return config if run == "null" else OmegaConf.create(extended(config, typed))
