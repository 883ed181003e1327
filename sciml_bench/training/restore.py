"""A finished run back in memory: its data and its method with the best weights."""

from collections.abc import Sequence

import lightning.pytorch as pl

from sciml_bench.core.errors import DataError
from sciml_bench.core.method import Method
from sciml_bench.core.run_folder import RunFolder
from sciml_bench.core.types import PathType
from sciml_bench.training.build import build
from sciml_bench.training.checkpoints import load_best


def restore(path: PathType, trusted_packages: Sequence[str] = ()) -> tuple[pl.LightningDataModule, Method]:
    """Rebuild what a run folder describes; only classes that the suite exports are built, whatever the folder says.

    Args:
        path: a run folder; of an ensemble, that of one member.
        trusted_packages: your own packages, whose classes may be built as well.

    Returns:
        the data module, set up, and the method; its weights are the best ones, in evaluation mode. A method without
        epochs is fitted again.

    Raises:
        DataError: the folder holds no run, or no checkpoint, or a whole ensemble.
    """
    folder = RunFolder(path)
    configuration = folder.configuration
    if configuration is None:
        raise DataError(f"{folder.path} holds no run: .hydra/config.yaml is missing")
    if configuration.get("ensemble") is not None:
        raise DataError(f"{folder.path} holds an ensemble; restore one of the runs in {folder.path / 'members'}")
    data, method = build({**configuration, "trusted_packages": tuple(trusted_packages)})
    give_fitted_weights(method, data, folder)
    return data, method


def give_fitted_weights(method: Method, data: pl.LightningDataModule, folder: RunFolder) -> None:
    """Load the best weights of a run into its method, or fit a method without epochs again.

    Raises:
        DataError: the folder holds no checkpoint.
    """
    direct = getattr(method, "fit_directly", None)
    if direct is not None:
        direct(data)
        method.eval()
    elif folder.best_checkpoint.exists():
        load_best(method, folder)
    else:
        raise DataError(f"{folder.path} holds no checkpoint; repeat its command first")
