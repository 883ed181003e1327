"""What `logger=` chooses, and its life within a run: opened before the fit, told the scores, closed however it ends."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from lightning.pytorch.loggers import Logger

from sciml_bench.core.plain_types import Metrics
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training.build import optional


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

    def conclude(
        self, logger: Logger, folder: RunFolder, configuration: Mapping[str, Any], metrics: Metrics, step: int
    ) -> None:
        """Called with the scores, when everything is in the folder.

        Args:
            logger: as `opened` gave it.
            folder: of the run.
            configuration: of the run.
            metrics: the scores.
            step: of the optimiser, at the end of the fit.
        """
        logger.log_metrics(metrics, step=step)

    def closed(self, status: str) -> None:
        """Called when the run has ended.

        Args:
            status: `success` or `failed`.
        """


@dataclass(frozen=True)
class OpenLogger:
    """The logger of a run that is on.

    Args:
        configuration: of the run.
        folder: of the run.
        logging: what opened it; None without one.
        logger: Lightning's.
    """

    configuration: Mapping[str, Any]
    folder: RunFolder
    logging: Logging | None = None
    logger: Logger | None = None

    def conclude(self, metrics: Metrics, step: int) -> None:
        """Tell it the scores, as in `Logging`."""
        if self.logging is not None and self.logger is not None:
            self.logging.conclude(self.logger, self.folder, self.configuration, metrics, step)


@contextmanager
def opened_logger(configuration: Mapping[str, Any], folder: RunFolder) -> Iterator[OpenLogger]:
    """The logger that the node `logger` of a configuration describes, closed when the run ends."""
    logging: Logging | None = optional(configuration, "logger")
    if logging is None:
        yield OpenLogger(configuration, folder)
        return
    folder.logs.mkdir(parents=True, exist_ok=True)
    logger = logging.opened(folder, configuration)
    status = "failed"
    try:
        yield OpenLogger(configuration, folder, logging, logger)
        status = "success"
    finally:
        logger.finalize(status)
        logging.closed(status)
