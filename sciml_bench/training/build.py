"""From a composed configuration to objects: the data module, set up, and the method with its model."""

from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.instantiate import instantiate
from sciml_bench.core.method import Method


def build(configuration: Mapping[str, Any]) -> tuple[pl.LightningDataModule, Method]:
    """The data module, set up, and the method with its model, from a composed configuration.

    The initial weights follow from the global random state, which a run makes a function of its seed before it builds.

    Raises:
        ConfigurationError: a choice is wrong.
        DataError: the data cannot be used.
    """
    trusted = configuration.get("trusted_packages") or ()
    data_node = "pde" if "pde" in configuration else "data"
    data = instantiate(configuration[data_node], role=data_node, trusted_packages=trusted)
    data.seed = configuration["seed"]
    known_beforehand = data_node == "pde"
    if not known_beforehand:
        data.setup()
    make_model = instantiate({**configuration["model"], "_partial_": True}, role="model", trusted_packages=trusted)
    make_method = instantiate(
        {**configuration["training"], "_partial_": True}, role="training", trusted_packages=trusted
    )
    model = _called(make_model, "model", data.spec)
    method = _called(make_method, "training", model, data.spec)
    if known_beforehand:
        # an equation is known without its reference solutions, so that a wrong choice is told before they are computed
        data.setup()
    return data, method


def _called(factory: Any, node: str, *args: Any) -> Any:
    try:
        return factory(*args)
    except TypeError as error:
        raise ConfigurationError(f"{node} cannot be built: {error}") from error
