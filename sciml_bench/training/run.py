"""run(config): the only place where a run happens, as steps: claim, open, build, fit, learn, score, draw, close."""

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sciml_bench.core.checks import require_boolean, require_integer
from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError, memory_errors
from sciml_bench.core.instantiate import exported_class
from sciml_bench.core.interruption import TOLD, interruption_behind
from sciml_bench.core.kinds import fits
from sciml_bench.core.plain_types import Metrics
from sciml_bench.core.processes.workers import rank, working
from sciml_bench.core.stored.run_folder import FAILED, FINISHED, INTERRUPTED, NOT_APPLICABLE, RUNNING, RunFolder
from sciml_bench.training.failures.as_typed import as_typed
from sciml_bench.training.identity import changed_evaluation, differing_keys

log = logging.getLogger(__name__)


@memory_errors()
def run(config: DictConfig | Mapping[str, Any]) -> Metrics:
    """Train and evaluate what `config` describes, or continue or return what its folder already holds.

    Args:
        config: a composed configuration (see conf/); `run_folder` is where everything goes.

    Returns:
        the content of metrics.json.

    Raises:
        ConfigurationError: a choice is wrong, or the folder holds a run of another configuration.
        DataError: the data cannot be used.
        TrainingError: the loss or the weights stopped being finite.
        MemoryError: there is not enough of it, of processor or device.
    """
    import torch

    from sciml_bench.training.ensemble import ensemble_seeds
    from sciml_bench.training.evaluate import score_again
    from sciml_bench.training.loop.trainer_settings import require_trainer

    configuration = plain(config)
    for node in ("seed", "trainer", "model", "training"):
        if configuration.get(node) is None:
            raise ConfigurationError(f"{node}={configuration.get(node)}: a run needs one; leave it as it is")
    if configuration.get("extend"):  # one name, however it was typed
        configuration["extend"] = os.path.abspath(os.path.expanduser(configuration["extend"]))
    require_integer("seed", configuration["seed"], 0, "a seed is a whole number and not negative")
    for switch in ("force", "continue_schedule"):
        require_boolean(switch, configuration.get(switch, False))
    packages = configuration.get("trusted_packages") or []
    if fits(packages, Sequence[str]) is not True:
        raise ConfigurationError(f"trusted_packages={packages}: give a list of names: trusted_packages=[my_package].")
    ensemble_seeds(configuration)
    require_trainer(configuration["trainer"])
    if configuration["trainer"]["threads"]:
        torch.set_num_threads(configuration["trainer"]["threads"])
    folder = RunFolder(configuration["run_folder"])
    if rank():
        logging.getLogger("sciml_bench").setLevel(logging.ERROR)  # the first process says it all
        while configuration["force"] and folder.last_checkpoint.exists():  # until the first process has cleared it
            time.sleep(0.1)
        if folder.status != FINISHED or configuration["force"]:
            with working(folder.logs):
                _train(configuration, folder, {})
        return {}
    with folder.claimed(), as_typed(configuration, config):
        if _is_finished(configuration, folder):
            if changed_evaluation(folder.configuration or {}, configuration):
                log.info("scored again with other settings of the evaluation: %s", _shown_path(folder))
                return score_again(configuration, folder)
            log.info("already finished: %s (force=true starts over)", _shown_path(folder))
            _judge(folder)
            return folder.metrics
        with _recorded(configuration, folder) as record, as_typed(configuration, config):
            metrics = _train(configuration, folder, record)
        log.info("finished: %s", _shown_path(folder))
        _judge(folder)
        return metrics


def _train(configuration: dict[str, Any], folder: RunFolder, record: dict[str, Any]) -> Metrics:
    """Build, fit, learn, score, draw; fills `record` on the way."""
    from sciml_bench.core.method import DirectMethod
    from sciml_bench.core.seeds import seed_everything
    from sciml_bench.data.record import Record
    from sciml_bench.training.build import (
        build,
        build_callbacks,
        build_evaluation,
        build_schedule,
        require_scorable,
        scored_record,
    )
    from sciml_bench.training.ensemble import Ensemble
    from sciml_bench.training.extension import first_step
    from sciml_bench.training.loggers.logging import opened_logger
    from sciml_bench.training.loop.allotment import allotted_settings
    from sciml_bench.training.loop.fit import fit, fit_directly
    from sciml_bench.training.record import n_trainable_parameters
    from sciml_bench.training.scoring import conclude

    evaluation = build_evaluation(configuration)  # a wrong choice is told before anything is trained
    ensemble = Ensemble.of(configuration, folder)
    if ensemble is None:
        seed_everything(configuration["seed"], "build")
        observed, method = build(configuration)
    else:
        observed, method = ensemble.build()
    require_scorable(evaluation, method, scored_record(configuration, observed))
    if isinstance(observed, Record):
        log.info("data: %s", observed.reading)
        record["data_reading"] = observed.reading
        if observed.adaptation:
            log.info(observed.adaptation)
        if not observed.single_records:
            record["time_unit"] = observed.spec.time_unit
    if not isinstance(method, DirectMethod):
        record["parameters"] = n_trainable_parameters(method)
    record["data_files"] = list(getattr(observed, "files", ()))  # an equation reads none
    if record.get("status"):  # now: whoever goes on after a kill has to know
        folder.write_record(record)
    with opened_logger(configuration, folder) as opened:
        if isinstance(method, DirectMethod):
            done = fit_directly(method, configuration["trainer"].get("cpu_seconds"))
        else:
            seed = configuration["seed"] if ensemble is None else ensemble.seeds[0]
            callbacks, members = build_callbacks(configuration), None if ensemble is None else ensemble.folders
            schedule, settings = build_schedule(configuration), configuration["trainer"]
            begin = first_step(configuration)
            settings = allotted_settings(method, schedule, settings, record, seed)
            if record.get("status"):
                folder.write_record(record)
            done = fit(method, schedule, settings, folder, seed, opened.logger, callbacks, members, begin)
        if not done.is_first_process:
            return {}
        record.update(done.record)
        if not isinstance(method, DirectMethod):
            record["fit_cpu_seconds"] += method.cpu_seconds_before
        if ensemble is None:
            metrics = conclude(configuration, folder, observed, method, done, record)
        else:
            metrics = ensemble.conclude(observed, method, done, record)
        opened.conclude(metrics, done.steps)
        return metrics


def plain(config: DictConfig | Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as plain containers, every value given and resolved."""
    if not isinstance(config, DictConfig):
        return dict(config)
    try:
        missing = sorted(OmegaConf.missing_keys(config))
        plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    except OmegaConfBaseException as error:
        if told := re.search(r"node `([\w.]+)` is not a container", str(error)):
            value = OmegaConf.select(config, told[1])
            raise ConfigurationError(f"{told[1]}={value}: give what it is built from, with `_target_`.") from None
        raise ConfigurationError(str(error).splitlines()[0]) from error
    if missing:
        target = str((plain.get(missing[0].partition(".")[0]) or {}).get("_target_")).removeprefix("sciml_bench.")
        where = getattr(exported_class(target), "source", None)  # of data that a person has to download
        said = f"{missing[0]} has no value; give it on the command line: {missing[0]}=<value>"
        raise ConfigurationError(said if where is None else f"{said}; {where}")
    return plain


def _is_finished(configuration: dict[str, Any], folder: RunFolder) -> bool:
    """Whether there is nothing to train; else the folder is made ready for a fresh start or a continuation."""
    from sciml_bench.training.build import build, build_evaluation, build_schedule
    from sciml_bench.training.data_files import changed_data
    from sciml_bench.training.ensemble import remove_members
    from sciml_bench.training.extension import begin_extension

    if configuration["force"]:
        if folder.status == FINISHED:  # a choice that is wrong may not cost what is there
            build(configuration)
            build_schedule(configuration)
            build_evaluation(configuration)
        folder.clear()
    earlier = folder.configuration if folder.status else None
    differing = differing_keys(earlier, configuration) if earlier else []
    resumable = folder.status == FINISHED or folder.last_checkpoint.exists()
    if differing and resumable:
        raise ConfigurationError(
            f"{_shown_path(folder)} holds a run of another configuration ({'; '.join(differing[:4])}); replace it with "
            "force=true, or give this run another folder with hydra.run.dir=<folder>"
        )
    if resumable and (changed := changed_data(folder, configuration)):
        begun, keep = ("has learned", "keep") if folder.status == FINISHED else ("has begun to learn", "go on with")
        raise DataError(
            f"{_shown_path(folder)} {begun} from other data, since {changed}; train again with force=true, or {keep} "
            "what it has learned: put the old file back, or give this run another folder with hydra.run.dir=<folder>"
        )
    if folder.status == FINISHED:
        return True
    if folder.last_checkpoint.exists():
        log.info("continuing: %s", _shown_path(folder))
    else:  # a fresh start: nothing that an earlier run left may count as its result
        remove_members(folder)
        if configuration.get("extend"):
            begin_extension(configuration, folder)
    folder.write_configuration(configuration)
    return False


@contextmanager
def _recorded(configuration: dict[str, Any], folder: RunFolder) -> Iterator[dict[str, Any]]:
    """record.json from the start of a run to its end, however it ends."""
    from sciml_bench.training.record import closed_record, opened_record

    clock = time.perf_counter(), time.process_time()
    record = opened_record(configuration, folder.record) | {"status": RUNNING}
    folder.write_record(record)
    status, reason = FAILED, None
    try:
        yield record
        status = FINISHED
    except NotApplicableError as error:
        status, reason = NOT_APPLICABLE, str(error)
        raise
    except SystemExit:  # a launcher ends its job, and requeues it
        status, reason = INTERRUPTED, TOLD
        raise
    except BaseException as error:
        interruption = interruption_behind(error)
        if interruption is not None:
            status, reason = INTERRUPTED, TOLD
            raise interruption from None
        reason = f"{type(error).__name__}: {error}"
        raise
    finally:
        folder.write_record(closed_record(record, clock, status, reason))


def _judge(folder: RunFolder) -> None:
    """Say in the last line whether the forecast is better than persistence and the mean."""
    from sciml_bench.training.judgement import judgement

    said = judgement(folder.metrics, folder.record.get("time_unit") or "time")
    if said is not None:
        log.info("%s", said)


def _shown_path(folder: RunFolder) -> str:
    return os.path.relpath(folder.path) if folder.path.is_relative_to(os.getcwd()) else str(folder.path)
