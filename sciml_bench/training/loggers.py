"""Where the logged quantities go beside the run folder's own files: nowhere, csv, TensorBoard or Weights & Biases."""

import hashlib
from typing import Any, Literal

from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.run_folder import RunFolder

LoggerName = Literal["none", "csv", "tensorboard", "wandb"]


def make_logger(settings: dict[str, Any], folder: RunFolder, configuration: dict[str, Any]) -> Logger | None:
    """The logger that `settings["name"]` asks for, writing below the run's `logs/`.

    Args:
        settings: the `logger` node of the configuration.
        folder: the run's folder.
        configuration: the composed configuration, shown beside the curves in Weights & Biases.

    Raises:
        ConfigurationError: the name is unknown, or the logger's package is missing.
    """
    name = settings.get("name")
    if name == "none":
        return None
    folder.logs.mkdir(parents=True, exist_ok=True)
    if name == "csv":
        return CSVLogger(save_dir=folder.logs, name="csv", flush_logs_every_n_steps=1_000_000)
    if name == "tensorboard":
        try:
            return TensorBoardLogger(save_dir=folder.logs, name="tensorboard")
        except ModuleNotFoundError:
            raise ConfigurationError("logger=tensorboard needs: pip install tensorboard") from None
    if name == "wandb":
        return WandbLogger(
            project=settings["project"],
            entity=settings["entity"],
            name=settings["run_name"] or "/".join(folder.path.parts[-5:]),
            # the folder is the run's identity, so a resumed run continues its own curves
            id=hashlib.sha256(str(folder.path).encode()).hexdigest()[:16],
            resume="allow",
            offline=bool(settings["offline"]),
            save_dir=folder.logs,
            config=configuration,
            reinit="finish_previous",
        )
    raise ConfigurationError(f"logger.name={name!r} is unknown; choose one of none, csv, tensorboard, wandb")


def finish_logger(logger: Logger | None, status: str) -> None:
    """Close the logger; a Weights & Biases run must end here, or the next job of a multirun would write into it."""
    if logger is None:
        return
    logger.finalize(status)
    if isinstance(logger, WandbLogger):
        import wandb

        wandb.finish(exit_code=0 if status == "success" else 1)
