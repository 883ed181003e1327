"""What may go along with any run: a callback, a logger, a view and an evaluation of a person's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import CSVLogger, Logger

from sciml_bench.core.results import Results
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data import LaggedPairsView, Record
from sciml_bench.training.loggers import Logging


class EpochCounter(Callback):
    """Writes the number of epochs to a file.

    Args:
        path: of the file.
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self.path.write_text(str(trainer.current_epoch + 1))


@dataclass(frozen=True)
class DiaryLogging(Logging):
    """A csv file of another name.

    Args:
        title: of the file's folder.
    """

    title: str

    def opened(self, folder: RunFolder, configuration: Mapping[str, Any]) -> Logger:
        return CSVLogger(save_dir=folder.logs, name=self.title)

    def closed(self, status: str) -> None:
        Path(f"{self.title}.txt").write_text(status)


class EverySecondRow(LaggedPairsView):
    """Pairs twice as far apart as asked.

    Args:
        record: what was observed.
        lag: in steps, to be doubled.
        **options: of `LaggedPairsView`.
    """

    def __init__(self, record: Record, lag: int = 1, **options: Any) -> None:
        super().__init__(record, 2 * lag, **options)


@dataclass(frozen=True)
class LargestState:
    """A score that is a person's own.

    Args:
        horizon: steps.
    """

    horizon: int = 5

    def __call__(self, learned: Any, record: Record) -> Results:
        return Results({"largest_state": float(abs(learned.forecast(learned.past, self.horizon).states).max())})
