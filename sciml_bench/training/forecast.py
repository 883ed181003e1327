"""A forecast from the last observation, written beside a run's results when `generate=<n_steps>` asks for it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.files import write_arrays
from sciml_bench.core.method import Method
from sciml_bench.core.run_folder import RunFolder


def forecast_file(folder: RunFolder) -> Path:
    """Where the forecast of a run is."""
    return folder.path / "forecast.npz"


def require_forecast(configuration: Mapping[str, Any], method: Method | None = None) -> None:
    """Stop before training where `generate` cannot be answered.

    Args:
        configuration: of the run.
        method: of the run; None where it is not built yet.

    Raises:
        ConfigurationError: `generate` is not a number of steps, or the method makes no forecast from the end.
    """
    n_steps = configuration.get("generate")
    if n_steps is None:
        return
    require_integer("generate", n_steps, 1, "give the number of steps to forecast, or null")
    if method is not None and not hasattr(method, "forecast_from_end"):
        raise ConfigurationError(
            f"generate={n_steps} asks for a forecast from the last observation, which {type(method).__name__} does not "
            "make; leave `generate` out, or learn a vector field with train_node_homotopy.py"
        )


def write_forecast(method: Method, data: pl.LightningDataModule, n_steps: int, folder: RunFolder) -> None:
    """Forecast with fitted weights and replace forecast.npz.

    Args:
        method: in evaluation mode; it has `forecast_from_end`.
        data: the data module, set up.
        n_steps: number of steps after the last observation.
        folder: of the run.
    """
    forecast_from_end: Any = method.forecast_from_end
    with torch.inference_mode():
        arrays = forecast_from_end(data, n_steps)
    write_arrays(forecast_file(folder), arrays)


def forecast_is_missing(configuration: Mapping[str, Any], folder: RunFolder) -> bool:
    """Whether a finished run of one seed is asked for a forecast that it does not hold."""
    n_steps = configuration.get("generate")
    earlier = folder.configuration or {}
    return n_steps is not None and (earlier.get("generate") != n_steps or not forecast_file(folder).exists())
