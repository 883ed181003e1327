"""The only place where a run happens, as a list of steps."""

import logging
import math
import os
import time
from collections.abc import Mapping
from typing import Any, cast

import lightning.pytorch as pl
import numpy as np
import torch
from matplotlib.figure import Figure
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.method import Method
from sciml_bench.core.run_folder import FAILED, FINISHED, RUNNING, RunFolder
from sciml_bench.core.seeds import seed_everything
from sciml_bench.core.types import Metrics
from sciml_bench.drawing import Animation, pictures_of
from sciml_bench.drawing.style import save_figure
from sciml_bench.training.build import build
from sciml_bench.training.callbacks import Cost, History
from sciml_bench.training.checkpoints import load_best
from sciml_bench.training.ensemble import (
    averaged,
    build_members,
    ensemble_seeds,
    member_configuration,
    member_folder,
    member_record,
    remove_members,
)
from sciml_bench.training.fit import fit
from sciml_bench.training.forecast import forecast_file, forecast_is_missing, require_forecast, write_forecast
from sciml_bench.training.identity import differing_keys
from sciml_bench.training.loggers import finish_logger, make_logger
from sciml_bench.training.record import environment, n_trainable_parameters, peak_memory_mebibytes, utc_now
from sciml_bench.training.restored_run import give_fitted_weights

log = logging.getLogger(__name__)


def one_run(config: DictConfig | Mapping[str, Any]) -> Metrics:
    """Train and evaluate what `config` describes, or continue or return what its folder already holds.

    Args:
        config: a composed configuration (see conf/); `run_folder` is where everything goes.

    Returns:
        the content of metrics.json.

    Raises:
        ConfigurationError: a choice is wrong, or the folder holds a run of another configuration.
        DataError: the data cannot be used.
        TrainingError: the loss or the weights stopped being finite.
    """
    configuration = _plain(config)
    require_integer("seed", configuration["seed"], 0, "a seed is a whole number and not negative")
    seeds = ensemble_seeds(configuration)
    require_forecast(configuration)
    if configuration["trainer"]["threads"]:
        torch.set_num_threads(configuration["trainer"]["threads"])
    folder = RunFolder(configuration["run_folder"])
    if int(os.environ.get("LOCAL_RANK", 0)) > 0:  # a DDP worker: the folder belongs to rank 0
        _train(configuration, folder, {})
        return {}
    with folder.claimed():
        if not _prepare(configuration, folder):
            _add_forecast(configuration, folder)
            return folder.metrics
        record = _opened_record(configuration, folder, seeds)
        clock = time.perf_counter(), time.process_time()
        try:
            metrics = _train(configuration, folder, record)
        except BaseException as error:
            _close(folder, record, clock, FAILED, reason=f"{type(error).__name__}: {error}")
            raise
        _close(folder, record, clock, FINISHED)
        log.info("finished: %s", _shown_path(folder))
        return metrics


def _plain(config: DictConfig | Mapping[str, Any]) -> dict[str, Any]:
    """The configuration as plain containers, every value given and resolved."""
    if not isinstance(config, DictConfig):
        return dict(config)
    try:
        missing = sorted(OmegaConf.missing_keys(config))
        plain = cast(dict[str, Any], OmegaConf.to_container(config, resolve=True))
    except OmegaConfBaseException as error:
        raise ConfigurationError(str(error).splitlines()[0]) from error
    if missing:
        raise ConfigurationError(f"{missing[0]} has no value; give it on the command line: {missing[0]}=<value>")
    return plain


def _prepare(configuration: dict[str, Any], folder: RunFolder) -> bool:
    """Decide between a fresh start, a continuation and nothing to do (False)."""
    if configuration["force"]:
        folder.clear()
    earlier = folder.configuration if folder.status else None
    differing = differing_keys(earlier, configuration) if earlier else []
    resumable = folder.status == FINISHED or folder.last_checkpoint.exists()
    if differing and resumable:
        raise ConfigurationError(
            f"{_shown_path(folder)} holds a run of another configuration ({'; '.join(differing[:4])}); replace it with "
            "force=true, or give this run another folder with hydra.run.dir=<folder>"
        )
    if folder.status == FINISHED:
        log.info("already finished: %s (force=true starts over)", _shown_path(folder))
        return False
    if folder.last_checkpoint.exists():
        log.info("continuing: %s", _shown_path(folder))
    else:  # a fresh start: nothing that an earlier run left may count as its result
        remove_members(folder)
        forecast_file(folder).unlink(missing_ok=True)
    folder.write_configuration(configuration)
    return True


def _opened_record(configuration: dict[str, Any], folder: RunFolder, seeds: list[int] | None) -> dict[str, Any]:
    earlier = folder.record
    record = {
        "status": RUNNING,
        "seed": configuration["seed"],
        **({} if seeds is None else {"ensemble": seeds}),
        "started": earlier.get("started", utc_now()),
        "interruptions": earlier.get("interruptions", -1) + 1,
        # a run that was killed had no time to add its own seconds
        "earlier_wall_seconds": earlier.get("wall_seconds", earlier.get("earlier_wall_seconds", 0.0)),
        "earlier_cpu_seconds": earlier.get("cpu_seconds", earlier.get("earlier_cpu_seconds", 0.0)),
        **environment(),
    }
    folder.write_record(record)
    return record


def _close(
    folder: RunFolder, record: dict[str, Any], clock: tuple[float, float], status: str, reason: str | None = None
) -> None:
    record["status"] = status
    if reason is not None:
        record["reason"] = reason
    record["ended"] = utc_now()
    record["wall_seconds"] = record.pop("earlier_wall_seconds") + time.perf_counter() - clock[0]
    record["cpu_seconds"] = record.pop("earlier_cpu_seconds") + time.process_time() - clock[1]
    record["peak_memory_mebibytes"] = peak_memory_mebibytes()
    folder.write_record(record)


def _train(configuration: dict[str, Any], folder: RunFolder, record: dict[str, Any]) -> Metrics:
    """Build, fit, evaluate, draw; fills `record` on the way."""
    seeds = ensemble_seeds(configuration)
    if seeds is None:
        seed_everything(configuration["seed"], "build")
        data, method = build(configuration)
        methods, members = [method], None
    else:
        data, methods, method = build_members(configuration, folder, seeds)
        members = [member_folder(folder, seed) for seed in seeds]
    require_forecast(configuration, methods[0])
    record["parameters"] = n_trainable_parameters(method)

    logger = make_logger(configuration["logger"], folder, configuration)
    status = "failed"
    try:
        history, cost = History(), Cost()
        if hasattr(method, "fit_directly"):
            record.update(_fit_directly(method, data))
        else:
            seed = configuration["seed"] if seeds is None else seeds[0]
            trainer = fit(method, data, configuration["trainer"], folder, seed, logger, history, cost, members)
            record.update(cost.summary())
            record["resumed"] = trainer.ckpt_path is not None
            if trainer.global_rank > 0:
                return {}
        if seeds is not None:
            _evaluate_members(method, methods, seeds, data, configuration, folder, history, record)
            metrics = _evaluate_ensemble(seeds, folder, history)
        else:
            record.update(method.record_entries())
            if not hasattr(method, "fit_directly"):
                load_best(method, folder)
            metrics = _evaluate(method, data, configuration, folder, history)
            record.update(method.record_entries())  # again: what the evaluation of the selected weights added
        shown = [f"{name.replace('_', ' ')} {metrics[name]:.4g}" for name in method.headline if name in metrics]
        if shown:
            log.info("held-out scores: %s", ", ".join(shown))
        if logger is not None:
            logger.log_metrics(metrics, step=cost.steps)
        status = "success"
        return metrics
    finally:
        finish_logger(logger, status)


def _fit_directly(method: Any, data: pl.LightningDataModule) -> dict[str, float]:
    """Fit a method without epochs; the seconds it took, for the record."""
    started = time.perf_counter(), time.process_time()
    method.fit_directly(data)
    return {
        "fit_wall_seconds": time.perf_counter() - started[0],
        "fit_cpu_seconds": time.process_time() - started[1],
    }


def _evaluate_members(
    joined: Method,
    methods: list[Method],
    seeds: list[int],
    data: pl.LightningDataModule,
    configuration: dict[str, Any],
    folder: RunFolder,
    history: History,
    record: dict[str, Any],
) -> None:
    """Complete the run folder of each member that is not finished yet."""
    for index, (seed, method) in enumerate(zip(seeds, methods, strict=True)):
        member = member_folder(folder, seed)
        if member.status == FINISHED:
            continue
        clock = time.perf_counter(), time.process_time()
        load_best(method, member)
        joined.hand_over(index, method)
        own = member_configuration(configuration, folder, seed)
        member.write_configuration(own)
        own_record = member_record(record, seeds, seed, method)
        # a member alone would have spent its part of the fit and its own evaluation
        own_record["earlier_wall_seconds"] = own_record["fit_wall_seconds"]
        own_record["earlier_cpu_seconds"] = own_record["fit_cpu_seconds"]
        own_history = history.of_member(index, str(method.monitor)) if history.member_values else History()
        _evaluate(method, data, own, member, own_history)
        own_record.update(method.record_entries())
        _close(member, own_record, clock, FINISHED)
    record.update(joined.record_entries())


def _evaluate_ensemble(seeds: list[int], folder: RunFolder, history: History) -> Metrics:
    """The mean scores and the common learning curves."""
    metrics = averaged([member_folder(folder, seed).metrics for seed in seeds])
    arrays = _history_arrays(history, None)
    _write_results(folder, metrics, pictures_of(arrays), arrays)
    return metrics


def _evaluate(
    method: Method,
    data: pl.LightningDataModule,
    configuration: Mapping[str, Any],
    folder: RunFolder,
    history: History,
) -> Metrics:
    with torch.inference_mode():
        metrics = {name: float(value) for name, value in method.evaluate(data).items()}
        broken = [name for name, value in metrics.items() if not math.isfinite(value)]
        if broken:
            raise DataError(f"the evaluation gave numbers that are not finite: {', '.join(broken)}")
        figures = dict(method.figures(data))
        arrays = dict(method.arrays(data))
    curves = _history_arrays(history, method.monitor, method.monitor_mode)
    figures = pictures_of(curves) | figures
    names = [*arrays.get("pictures", ()), *curves.get("pictures", ())]
    if configuration.get("generate") is not None:
        write_forecast(method, data, configuration["generate"], folder)
    _write_results(folder, metrics, figures, arrays | curves | {"pictures": np.array(names, dtype=str)})
    return metrics


def _history_arrays(history: History, monitor: str | None, mode: str = "min") -> dict[str, Any]:
    """What the learning curves are drawn from, or nothing where there were no epochs."""
    if not history.rows:
        return {}
    names = sorted({name for row in history.rows for name in row})
    arrays: dict[str, Any] = {f"history_{name}": [row.get(name, math.nan) for row in history.rows] for name in names}
    sign = 1 if mode == "min" else -1
    monitored = [row for row in history.rows if monitor in row]
    if monitored:
        arrays["selected_epoch"] = min(monitored, key=lambda row: sign * row[str(monitor)])["epoch"]
    return arrays | {"pictures": ["learning_curves"]}


def _write_results(
    folder: RunFolder, metrics: Metrics, figures: Mapping[str, Figure | Animation], arrays: Mapping[str, Any]
) -> None:
    for name, figure in figures.items():
        if isinstance(figure, Animation):
            figure.save(folder.figures / f"{name}.gif")
        else:
            save_figure(figure, folder.figures / f"{name}.png")
    folder.write_arrays(arrays)
    folder.write_metrics(metrics)


def _add_forecast(configuration: dict[str, Any], folder: RunFolder) -> None:
    """Write the forecast that a finished run, or each member of a finished ensemble, does not hold yet."""
    for seed in ensemble_seeds(configuration) or []:
        _add_forecast(member_configuration(configuration, folder, seed), member_folder(folder, seed))
    if configuration.get("ensemble") is not None or not forecast_is_missing(configuration, folder):
        return
    seed_everything(configuration["seed"], "build")
    data, method = build(configuration)
    require_forecast(configuration, method)
    give_fitted_weights(method, data, folder)
    forecast_file(folder).unlink(missing_ok=True)  # the configuration must never describe another forecast
    folder.write_configuration({**(folder.configuration or {}), "generate": configuration["generate"]})
    write_forecast(method, data, configuration["generate"], folder)
    log.info("wrote the forecast: %s", _shown_path(folder))


def _shown_path(folder: RunFolder) -> str:
    return os.path.relpath(folder.path) if folder.path.is_relative_to(os.getcwd()) else str(folder.path)
