"""Where the logged quantities go beside the run folder's own files; a person's own logger is a class like these."""

import csv
import hashlib
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.checkpoint_file import load_checkpoint
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training.build import optional

__all__ = ["CSVLogging", "Logging", "TensorBoardLogging", "WeightsAndBiasesLogging"]


class Logging:
    """Base of the loggers that `logger=` chooses."""

    @abstractmethod
    def opened(self, folder: RunFolder, configuration: Mapping[str, Any]) -> Logger:
        """Lightning's logger, writing below the run's `logs/`.

        Args:
            folder: of the run.
            configuration: shown beside the curves, where a logger can.

        Raises:
            ConfigurationError: a package is missing.
        """

    def closed(self, status: str) -> None:
        """Called when the run has ended.

        Args:
            status: `success` or `failed`.
        """


@dataclass(frozen=True)
class CSVLogging(Logging):
    """One csv file, in which an interrupted run goes on from its last checkpoint."""

    def opened(self, folder: RunFolder, configuration: Mapping[str, Any]) -> Logger:
        """Below `logs/csv`."""
        logger = CSVLogger(save_dir=folder.logs, name="csv", version=0, flush_logs_every_n_steps=1_000_000)
        path = Path(logger.log_dir) / "metrics.csv"
        earlier = folder.logs / "csv" / "metrics.earlier"  # Lightning's writer begins with an empty folder
        if path.exists():
            path.replace(earlier)
        if earlier.exists():
            logger.experiment.metrics = _rows_until(_step_of(folder.last_checkpoint), earlier)
            logger.save()
            earlier.unlink()
        return logger


@dataclass(frozen=True)
class TensorBoardLogging(Logging):
    """TensorBoard's event files."""

    def opened(self, folder: RunFolder, configuration: Mapping[str, Any]) -> Logger:
        """Below `logs/tensorboard`."""
        try:
            return TensorBoardLogger(save_dir=folder.logs, name="tensorboard")
        except ModuleNotFoundError:
            raise ConfigurationError("logger=tensorboard needs: pip install tensorboard") from None


@dataclass(frozen=True)
class WeightsAndBiasesLogging(Logging):
    """Weights & Biases.

    Args:
        project: where runs are collected.
        entity: team or user.
        run_name: of the run; its folder's path by default.
        offline: needs no account; send the run later with `wandb sync`.
    """

    project: str = "sciml-bench"
    entity: str | None = None
    run_name: str | None = None
    offline: bool = False

    def opened(self, folder: RunFolder, configuration: Mapping[str, Any]) -> Logger:
        """The folder is the run's identity, so a resumed run continues its own curves."""
        try:
            import wandb
        except ModuleNotFoundError:
            raise ConfigurationError("logger=wandb needs: pip install wandb") from None
        # Lightning's own `offline` sets the environment, which wandb reads once in a process
        options: dict[str, Any] = {"mode": "offline"} if self.offline else {}
        logger = WandbLogger(
            project=self.project,
            entity=self.entity,
            name=self.run_name or "/".join(folder.path.parts[-5:]),
            id=hashlib.sha256(str(folder.path).encode()).hexdigest()[:16],
            resume="allow",
            **options,
            save_dir=folder.logs,
            config=dict(configuration),
            reinit="finish_previous",
        )
        try:
            _ = logger.experiment  # signs in now, and not in the middle of a fit
        except wandb.Error as error:
            raise ConfigurationError(
                f"logger=wandb cannot begin ({' '.join(str(error).split())}); sign in with `wandb login`, or work "
                "without an account by WANDB_MODE=offline or logger.offline=true"
            ) from None
        return logger

    def closed(self, status: str) -> None:
        """End the run here, or the next job of a multirun would write into it."""
        import wandb

        wandb.finish(exit_code=0 if status == "success" else 1)


def _step_of(checkpoint: Path) -> int:
    """The optimiser's step at which a fit goes on; -1 where it starts anew."""
    return int(load_checkpoint(checkpoint, keys=("global_step",))["global_step"]) if checkpoint.exists() else -1


def _rows_until(step: int, path: Path) -> list[dict[str, Any]]:
    """What was logged up to a step; what came later is about to be repeated."""
    with path.open(newline="") as file:
        rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]
    return [row for row in rows if int(row.get("step", 0)) <= step]


@contextmanager
def opened_logger(configuration: Mapping[str, Any], folder: RunFolder) -> Iterator[Logger | None]:
    """The logger that the node `logger` of a configuration describes, closed when the run ends; None without one."""
    logging: Logging | None = optional(configuration, "logger")
    if logging is None:
        yield None
        return
    folder.logs.mkdir(parents=True, exist_ok=True)
    logger = logging.opened(folder, configuration)
    status = "failed"
    try:
        yield logger
        status = "success"
    finally:
        logger.finalize(status)
        logging.closed(status)
