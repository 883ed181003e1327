"""A finished run back in memory: its data and its method with the best weights."""

import lightning.pytorch as pl

from sciml_bench.core.errors import DataError
from sciml_bench.core.method import Method
from sciml_bench.core.run_folder import RunFolder
from sciml_bench.core.types import PathType
from sciml_bench.training.checkpoints import load_checkpoint
from sciml_bench.training.one_run import build


def restore(path: PathType) -> tuple[pl.LightningDataModule, Method]:
    """Rebuild what a run folder describes; only allow-listed classes are built, whatever the folder says.

    Args:
        path: a run folder.

    Returns:
        the data module, set up, and the method; its weights are the best ones, in evaluation mode. A method without
        epochs is fitted again.

    Raises:
        DataError: the folder holds no run, or no checkpoint.
    """
    folder = RunFolder(path)
    configuration = folder.configuration
    if configuration is None:
        raise DataError(f"{folder.path} holds no run: .hydra/config.yaml is missing")
    data, method = build({**configuration, "trusted_packages": ()})
    direct = getattr(method, "fit_directly", None)
    if direct is not None:
        direct(data)
        return data, method.eval()
    if not folder.best_checkpoint.exists():
        raise DataError(f"{folder.path} holds no checkpoint; repeat its command first")
    method.load_state_dict(load_checkpoint(folder.best_checkpoint)["state_dict"])
    return data, method.eval()
