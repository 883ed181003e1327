"""run(config), importable at once: torch and lightning are loaded when a run is asked for, so `--help` is quick."""

from collections.abc import Mapping
from typing import Any

from omegaconf import DictConfig

from sciml_bench.core.plain_types import Metrics


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
    from sciml_bench.training.one_run import one_run

    return one_run(config)
