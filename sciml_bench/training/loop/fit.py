"""The fit of one method, or of an ensemble joined into one: Lightning's trainer with what every fit carries along."""

import logging
import signal
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import lightning.pytorch as pl
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import EarlyStopping
from lightning.pytorch.loggers import Logger
from lightning.pytorch.strategies.launchers.subprocess_script import _SubprocessScriptLauncher

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.interruption import Interrupted, interruption_behind
from sciml_bench.core.method import DirectMethod, Method
from sciml_bench.core.processes.workers import is_connection_lost, raise_reason, rank
from sciml_bench.core.schedules import LearningRateSchedule
from sciml_bench.core.stored.checkpoint_file import load_checkpoint
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.networks.batch_norm import join_batch_norms
from sciml_bench.training.loop.callbacks import AfterMethod, Cost, History, SeedEveryEpoch, StopOnNonFinite
from sciml_bench.training.loop.checkpoints import AtomicCheckpointIO, Checkpointing
from sciml_bench.training.loop.gradient_training import VALIDATION_LOSS, GradientTraining
from sciml_bench.training.loop.progress import EpochProgress

log = logging.getLogger(__name__)


class EarlyStoppingAfterMethod(EarlyStopping, AfterMethod):
    """Lightning's early stopping, which also sees a quantity that the method logs at the end of the epoch."""

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Compare.

        Raises:
            ConfigurationError: the method does not log the quantity.
        """
        if self.monitor not in trainer.callback_metrics:
            raise ConfigurationError(_nothing_to_watch(self.patience, self.monitor))
        super().on_train_epoch_end(trainer, pl_module)


@dataclass
class Fit:
    """A fit that has come to its end.

    Args:
        record: its cost, for record.json.
        history: what every epoch logged; empty for a method without epochs.
        steps: of the optimiser.
        is_first_process: whether this process goes on to learn, score and draw.
    """

    record: dict[str, Any] = field(default_factory=dict)
    history: History = field(default_factory=History)
    steps: int = 0
    is_first_process: bool = True


def fit_directly(method: DirectMethod, cpu_seconds: float | int | None = None) -> Fit:
    """Fit a method without epochs.

    Args:
        method: what is fitted.
        cpu_seconds: `trainer.cpu_seconds`, within which a search is to end; the record tells by how much it was missed.
    """
    method.cpu_seconds = cpu_seconds
    started = time.perf_counter(), time.process_time()
    method.fit()
    wall, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    told: dict[str, Any] = {"fit_wall_seconds": wall, "fit_cpu_seconds": cpu}
    if cpu_seconds is not None and cpu > cpu_seconds:
        told["cpu_seconds_over_budget"] = cpu - cpu_seconds
    return Fit(told, is_first_process=not rank())


def fit(
    method: Method,
    schedule: LearningRateSchedule,
    trainer_settings: Mapping[str, Any],
    folder: RunFolder,
    seed: int,
    logger: Logger | None,
    callbacks: Sequence[pl.Callback] = (),
    members: Sequence[RunFolder] | None = None,
    first_step: int = 0,
) -> Fit:
    """Fit, from the start or from the folder's last checkpoint.

    Args:
        method: what is trained.
        schedule: of the learning rate.
        trainer_settings: the `trainer` node of the configuration.
        folder: the run's folder.
        seed: of the random numbers that are drawn during the fit.
        logger: where logged quantities go beside the history.
        callbacks: a person's own.
        members: where each member of an ensemble keeps its best weights; None where one seed is trained.
        first_step: at which the schedule begins, for a fit that extends another.

    Raises:
        ConfigurationError: a setting does not suit the machine, the method or another setting.
        TrainingError: the loss, the selection metric or the weights stopped being finite.
    """
    _quieten_lightning()
    settings = dict(trainer_settings)
    settings.pop("threads")
    settings.pop("cpu_seconds", None)  # `allotted_settings` has made a number of steps of it
    settings["max_epochs"] = _number_of_epochs(settings["max_epochs"], method, settings["max_steps"])
    module = GradientTraining(method, schedule, seed, settings.pop("gradient_clip_val"), first_step)
    early = _early_stopping(settings, method, alone=members is None)
    history, cost = History(), Cost()
    seconds_between = settings.pop("seconds_between_checkpoints")
    checkpointing = Checkpointing(folder, members or [folder], method.monitor_mode, seconds_between)
    shown = (*method.shown, *([method.monitor] if method.monitor and method.monitor not in method.shown else []))
    carried = [SeedEveryEpoch(seed), StopOnNonFinite(), history, cost, *([] if early is None else [early])]
    carried += [EpochProgress(type(method).__name__, shown), *callbacks, checkpointing]
    try:
        trainer = pl.Trainer(
            **settings,
            default_root_dir=folder.logs,
            logger=logger if logger is not None else False,
            callbacks=carried,
            plugins=[AtomicCheckpointIO()],
            num_sanity_val_steps=0,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )
    except (MisconfigurationException, TypeError, ValueError) as error:
        raise ConfigurationError(f"the settings in trainer do not suit this machine or each other: {error}") from error
    # Lightning takes a limit in steps to mean that checkpoints lie within epochs, and would go on there; ours never do,
    # and it offers no public switch
    trainer.fit_loop._iteration_based_training = lambda: False
    if members is not None and trainer.world_size > 1:
        raise ConfigurationError(
            f"trainer.strategy={settings['strategy']} has {trainer.world_size} processes, but an ensemble is trained "
            "by one; leave `ensemble` out, or choose trainer=cpu or trainer=gpu"
        )
    if _starts_processes(trainer) and HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN:
        raise ConfigurationError(
            f"trainer.strategy={settings['strategy']}: each of its processes would repeat the whole sweep; run the "
            "jobs one by one, without --multirun, or give each one process (trainer=cpu or trainer=gpu)"
        )
    if trainer.world_size > 1:
        join_batch_norms(method)
        if not rank():
            log.info("%d processes train; the first one evaluates", trainer.world_size)
    dtypes = {name: tensor.dtype for name, tensor in method.state_dict().items()}
    checkpoint = folder.last_checkpoint if folder.last_checkpoint.exists() else None
    earlier, waited = {}, 0
    if checkpoint is not None and early is not None:
        earlier = load_checkpoint(checkpoint, keys=("state_dict", "callbacks"))
        waited = earlier["callbacks"].get(early.state_key, {}).get("wait_count", 0)
    if early is not None and waited >= early.patience:  # it had decided to stop, and was killed before its evaluation
        for callback in (history, cost, checkpointing):
            callback.load_state_dict(earlier["callbacks"][callback.state_key])
        module.on_load_checkpoint(earlier)
    else:
        try:
            trainer.fit(module, ckpt_path=checkpoint, weights_only=True)
        except SystemExit as error:
            if isinstance(error.__context__, KeyboardInterrupt):  # what Lightning makes of Ctrl-C, as in a notebook
                raise KeyboardInterrupt from error
            raise  # of a launcher that requeues
        except MisconfigurationException as error:
            raise ConfigurationError(f"the settings in trainer do not suit each other: {error}") from error
        except BaseException as error:
            launcher, interruption = trainer.strategy.launcher, interruption_behind(error)
            if trainer.is_global_zero and interruption is None and is_connection_lost(error):
                raise_reason(folder.logs, error)
            if isinstance(launcher, _SubprocessScriptLauncher):  # it does so for Ctrl-C alone
                launcher.kill(interruption.number if isinstance(interruption, Interrupted) else signal.SIGTERM)
            raise
    if not method.keeps_precision:
        _return_to(dtypes, method)
    if trainer.is_global_zero:
        checkpointing.write_best()
    if torch.distributed.is_initialized():
        trainer.strategy.barrier()
        torch.distributed.destroy_process_group()
    told = {"resumed": checkpoint is not None, "processes": trainer.world_size}
    return Fit(cost.summary() | told, history, cost.steps, trainer.global_rank == 0)


def _starts_processes(trainer: pl.Trainer) -> bool:
    launcher = trainer.strategy.launcher
    if not isinstance(launcher, _SubprocessScriptLauncher) or trainer.world_size == 1:
        return False
    return not launcher.cluster_environment.creates_processes_externally


def _return_to(dtypes: Mapping[str, torch.dtype], method: Method) -> None:
    """What `trainer.precision=64-true` made of the weights does not fit the states that are evaluated."""
    for name, tensor in method.state_dict(keep_vars=True).items():
        tensor.data = tensor.data.to(dtypes[name])


def _quieten_lightning() -> None:
    signals = "lightning.pytorch.trainer.connectors.signal_connector"  # of which we tell ourselves
    both = [
        f"{package}.utilities.rank_zero" for package in ("lightning.pytorch", "pytorch_lightning")
    ]  # or schnetpack's
    for name in (*both, *(f"lightning.fabric.utilities.{name}" for name in ("seed", "distributed")), signals):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in (
        ".*does not have many workers.*",
        ".*Total length of `list` across ranks is zero.*",  # no validation split
        ".*have no `validation_step`.*",  # a method that computes its selection metric by itself
        ".*smaller than the logging interval.*",  # all we log is per epoch
        ".*Checkpoint directory .* exists and is not empty.*",
        ".*isinstance.*LeafSpec.*",
        ".*Grad strides do not match bucket view strides.*",  # of weights that are stored transposed
    ):
        warnings.filterwarnings("ignore", message=message)


def _number_of_epochs(given: int | None, method: Method, max_steps: int) -> int:
    if given is None and max_steps != -1:
        return -1  # as many as the steps need
    epochs = method.planned_epochs if given is None else given
    if epochs is None:
        raise ConfigurationError(
            f"trainer.max_epochs=null leaves the number of epochs to the method, and {type(method).__name__} plans "
            "none; give trainer.max_epochs=<number>"
        )
    return int(epochs)


def _early_stopping(trainer_settings: dict[str, Any], method: Method, alone: bool) -> EarlyStoppingAfterMethod | None:
    settings = trainer_settings.pop("early_stopping")
    patience = settings["patience"]
    if patience is None:
        return None
    if not alone:
        raise ConfigurationError(
            f"trainer.early_stopping.patience={patience} with `ensemble`: its members would have to stop "
            "together, unlike single runs; set trainer.early_stopping.patience=null or sweep with --multirun seed=0,1,2"
        )
    if method.monitor is None:
        raise ConfigurationError("trainer.early_stopping.patience is set, but this method has no quantity to watch")
    validated = trainer_settings["limit_val_batches"] and method.view.validation_loader(0, 1) is not None
    if method.monitor == VALIDATION_LOSS and not validated:
        raise ConfigurationError(_nothing_to_watch(patience, method.monitor))
    return EarlyStoppingAfterMethod(
        method.monitor, mode=method.monitor_mode, patience=patience, min_delta=settings["min_delta"]
    )


def _nothing_to_watch(patience: int, monitor: str) -> str:
    return (
        f"trainer.early_stopping.patience={patience} watches {monitor}, which nothing tells without held-out data; "
        "give data.split.validation and trainer.limit_val_batches above 0, or trainer.early_stopping.patience=null"
    )
