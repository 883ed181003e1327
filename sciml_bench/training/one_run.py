"""run(config): the only place where a run happens, as a list of steps."""

import logging
import math
import os
import time
import warnings
from collections.abc import Mapping
from typing import Any, cast

import lightning.pytorch as pl
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import EarlyStopping
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.figures import save_figure
from sciml_bench.core.instantiate import instantiate
from sciml_bench.core.method import Method
from sciml_bench.core.run_folder import FAILED, FINISHED, RUNNING, RunFolder
from sciml_bench.core.seeds import seed_everything
from sciml_bench.core.types import Metrics
from sciml_bench.data.field_checks import require_integer
from sciml_bench.training.callbacks import Cost, History, SeedEveryEpoch, StopOnNonFinite
from sciml_bench.training.checkpoints import AtomicCheckpointIO, Checkpointing, load_checkpoint
from sciml_bench.training.figures import learning_curves
from sciml_bench.training.identity import differing_keys
from sciml_bench.training.loggers import finish_logger, make_logger
from sciml_bench.training.progress import EpochProgress
from sciml_bench.training.record import environment, peak_memory_mebibytes, utc_now

log = logging.getLogger(__name__)


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
    """
    configuration = _plain(config)
    require_integer("seed", configuration["seed"], 0, "a seed is a whole number and not negative")
    folder = RunFolder(configuration["run_folder"])
    if int(os.environ.get("LOCAL_RANK", 0)) > 0:  # a DDP worker: the folder belongs to rank 0
        _train(configuration, folder, {})
        return {}
    with folder.claimed():
        if not _prepare(configuration, folder):
            return folder.metrics
        record = _opened_record(configuration, folder)
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
    folder.write_configuration(configuration)
    return True


def _opened_record(configuration: dict[str, Any], folder: RunFolder) -> dict[str, Any]:
    earlier = folder.record
    record = {
        "status": RUNNING,
        "seed": configuration["seed"],
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
    settings = dict(configuration["trainer"])
    if settings["threads"]:
        torch.set_num_threads(settings["threads"])
    seed = configuration["seed"]
    seed_everything(seed, "build")
    data, method = build(configuration)
    record["parameters"] = sum(p.numel() for p in method.parameters() if p.requires_grad)

    logger = make_logger(configuration["logger"], folder, configuration)
    status = "failed"
    try:
        history, cost = History(), Cost()
        direct = getattr(method, "fit_directly", None)
        if direct is not None:
            started = time.perf_counter(), time.process_time()
            direct(data)
            record["fit_wall_seconds"] = time.perf_counter() - started[0]
            record["fit_cpu_seconds"] = time.process_time() - started[1]
        else:
            trainer = _fit(method, data, settings, folder, seed, logger, [history, cost])
            record.update(cost.summary())
            record["resumed"] = trainer.ckpt_path is not None
            if trainer.global_rank > 0:
                return {}
            _load_best(method, folder)
        metrics = _evaluate(method, data, folder, history)
        shown = [f"{name.replace('_', ' ')} {metrics[name]:.4g}" for name in method.headline if name in metrics]
        if shown:
            log.info("held-out scores: %s", ", ".join(shown))
        if logger is not None:
            logger.log_metrics(metrics, step=cost.steps)
        status = "success"
        return metrics
    finally:
        finish_logger(logger, status)


def build(configuration: Mapping[str, Any]) -> tuple[pl.LightningDataModule, Method]:
    """The data module, set up, and the method with its model, from a composed configuration.

    Raises:
        ConfigurationError: a choice is wrong.
        DataError: the data cannot be used.
    """
    trusted = configuration.get("trusted_packages") or ()
    data_node = "pde" if "pde" in configuration else "data"
    data = instantiate(configuration[data_node], trusted_packages=trusted)
    data.seed = configuration["seed"]
    data.setup()
    make_model = instantiate({**configuration["model"], "_partial_": True}, trusted_packages=trusted)
    make_method = instantiate({**configuration["training"], "_partial_": True}, trusted_packages=trusted)
    model = _called(make_model, "model", data.spec)
    return data, _called(make_method, "training", model, data.spec)


def _called(factory: Any, node: str, *args: Any) -> Any:
    try:
        return factory(*args)
    except TypeError as error:
        raise ConfigurationError(f"{node} cannot be built: {error}") from error


def _fit(
    method: Method,
    data: pl.LightningDataModule,
    settings: dict[str, Any],
    folder: RunFolder,
    seed: int,
    logger: Any,
    extra_callbacks: list[pl.Callback],
) -> pl.Trainer:
    for name in ("lightning.pytorch.utilities.rank_zero", "lightning.fabric.utilities.seed"):
        logging.getLogger(name).setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", message=".*does not have many workers.*")
    warnings.filterwarnings("ignore", message=".*Total length of `list` across ranks is zero.*")  # no validation split
    warnings.filterwarnings("ignore", message=".*smaller than the logging interval.*")  # all we log is per epoch
    warnings.filterwarnings("ignore", message=".*Checkpoint directory .* exists and is not empty.*")
    warnings.filterwarnings("ignore", message=".*isinstance.*LeafSpec.*")
    settings.pop("threads")
    require_integer("trainer.max_epochs", settings["max_epochs"], 1, "train at least 1 epoch")
    if not method.automatic_optimization:  # Lightning leaves clipping to a method that steps by itself
        method.gradient_clip_val = settings.pop("gradient_clip_val")
    stopping = settings.pop("early_stopping")
    shown = (*method.shown, *([method.monitor] if method.monitor and method.monitor not in method.shown else []))
    callbacks: list[pl.Callback] = [
        SeedEveryEpoch(seed),
        StopOnNonFinite(),
        *extra_callbacks,
        EpochProgress(type(method).__name__, shown),
    ]
    early = None
    if stopping["patience"] is not None:
        if method.monitor is None:
            raise ConfigurationError("trainer.early_stopping.patience is set, but this method has no quantity to watch")
        early = EarlyStopping(
            method.monitor, mode=method.monitor_mode, patience=stopping["patience"], min_delta=stopping["min_delta"]
        )
        callbacks.append(early)
    checkpointing = Checkpointing(
        folder, method.monitor, method.monitor_mode, seconds_between=settings.pop("seconds_between_checkpoints")
    )
    callbacks.append(checkpointing)
    try:
        trainer = pl.Trainer(
            **settings,
            default_root_dir=folder.logs,
            logger=logger if logger is not None else False,
            callbacks=callbacks,
            plugins=[AtomicCheckpointIO()],
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
    except (MisconfigurationException, TypeError, ValueError) as error:
        raise ConfigurationError(f"the settings in trainer do not suit this machine or each other: {error}") from error
    checkpoint = folder.last_checkpoint if folder.last_checkpoint.exists() else None
    if checkpoint is not None and early is not None and _stopped_early(checkpoint, early):
        states = load_checkpoint(checkpoint)["callbacks"]
        for callback in (*extra_callbacks, checkpointing):
            callback.load_state_dict(states[callback.state_key])
        checkpointing.write_best()
        return trainer
    trainer.fit(method, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    if trainer.is_global_zero:
        checkpointing.write_best()
    if torch.distributed.is_initialized():
        trainer.strategy.barrier()
        torch.distributed.destroy_process_group()
    return trainer


def _stopped_early(checkpoint: Any, early: EarlyStopping) -> bool:
    """Whether the fit that wrote the checkpoint had already decided to stop (it was killed before evaluating)."""
    state = load_checkpoint(checkpoint)["callbacks"].get(early.state_key, {})
    return state.get("wait_count", 0) >= early.patience


def _load_best(method: Method, folder: RunFolder) -> None:
    method.load_state_dict(load_checkpoint(folder.best_checkpoint)["state_dict"])
    method.to("cpu")
    method.eval()


def _evaluate(method: Method, data: pl.LightningDataModule, folder: RunFolder, history: History) -> Metrics:
    with torch.inference_mode():
        metrics = {name: float(value) for name, value in method.evaluate(data).items()}
        broken = [name for name, value in metrics.items() if not math.isfinite(value)]
        if broken:
            raise DataError(f"the evaluation gave numbers that are not finite: {', '.join(broken)}")
        figures = method.figures(data)
        arrays = dict(method.arrays(data))
    if history.rows:
        figures = {"learning_curves": learning_curves(history.rows, method.monitor, method.monitor_mode), **figures}
        names = sorted({name for row in history.rows for name in row})
        arrays |= {f"history_{name}": [row.get(name, math.nan) for row in history.rows] for name in names}
    for name, figure in figures.items():
        save_figure(figure, folder.figures / f"{name}.png")
    folder.write_arrays(arrays)
    folder.write_metrics(metrics)
    return metrics


def _shown_path(folder: RunFolder) -> str:
    return os.path.relpath(folder.path) if folder.path.is_relative_to(os.getcwd()) else str(folder.path)
