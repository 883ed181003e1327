"""Loggers that write files of their own."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.checkpoint_file import load_checkpoint
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training.loggers.logging import Logging


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


def _step_of(checkpoint: Path) -> int:
    """The optimiser's step at which a fit goes on; -1 where it starts anew."""
    return int(load_checkpoint(checkpoint, keys=("global_step",))["global_step"]) if checkpoint.exists() else -1


def _rows_until(step: int, path: Path) -> list[dict[str, Any]]:
    """What was logged up to a step; what came later is about to be repeated."""
    with path.open(newline="") as file:
        rows = [{name: value for name, value in row.items() if value} for row in csv.DictReader(file)]
    return [row for row in rows if int(row.get("step", 0)) <= step]
