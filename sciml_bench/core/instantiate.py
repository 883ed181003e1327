"""The one door through which a configuration becomes objects; it opens for allow-listed targets alone."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import hydra.utils
from hydra.errors import InstantiationException
from omegaconf import DictConfig, OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError, SolverError

ALLOWED_PREFIXES = ("sciml_bench.", "torch.nn.", "torch.optim.", "sklearn.")
"""Packages whose classes a configuration may name in `_target_`."""


def instantiate(config: Any, *args: Any, trusted_packages: Sequence[str] = (), **overrides: Any) -> Any:
    """Build the object that `config` describes with `_target_` (Hydra's instantiate behind an allow-list).

    Args:
        config: a mapping with `_target_`, possibly nested.
        args: positional arguments for the outermost target.
        trusted_packages: further packages a person trusts for this call; never read from a run folder.
        overrides: keyword arguments for the outermost target.

    Raises:
        ConfigurationError: a target is missing, is not allow-listed or does not accept its arguments.
    """
    plain = OmegaConf.to_container(config, resolve=True) if OmegaConf.is_config(config) else config
    if not isinstance(plain, Mapping) or "_target_" not in plain:
        raise ConfigurationError(f"a configuration to instantiate needs a `_target_`; got {plain!r}")
    allowed = (*ALLOWED_PREFIXES, *(f"{name.rstrip('.')}." for name in trusted_packages))
    for key, target in _targets(plain):
        if not (isinstance(target, str) and target.startswith(allowed)):
            raise ConfigurationError(
                f"{key}={target!r} is not allow-listed: targets start with one of {', '.join(allowed)}; "
                "name your own package in `trusted_packages=[...]` if you trust it"
            )
        _require_own_object(key, target, allowed)
    try:
        return hydra.utils.instantiate(DictConfig(plain), *args, _convert_="all", **overrides)
    except InstantiationException as error:
        cause = error.__cause__
        if isinstance(cause, (ValueError, FileNotFoundError, SolverError, DataError)):
            raise cause from None
        raise ConfigurationError(f"{plain['_target_']} cannot be built: {cause or error}") from error


def _targets(config: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(config, Mapping):
        for key, value in config.items():
            where = f"{path}.{key}" if path else str(key)
            if key == "_target_":
                yield where, value
            else:
                yield from _targets(value, where)
    elif isinstance(config, Sequence) and not isinstance(config, str):
        for position, value in enumerate(config):
            yield from _targets(value, f"{path}[{position}]")


def _require_own_object(key: str, target: str, allowed: Sequence[str]) -> None:
    """Refuse to walk through an allow-listed package into another one (`torch.nn.functional.torch.load`)."""
    module_name, name = target, ""
    module = None
    while module is None and "." in module_name:
        module_name, _, last = module_name.rpartition(".")
        name = f"{last}.{name}" if name else last
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name is None or not module_name.startswith(error.name):
                raise ConfigurationError(
                    f"{key}={target!r} needs the package {error.name!r}, which is missing"
                ) from None
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if found is None:
        raise ConfigurationError(f"{key}={target!r} does not exist")
    if not f"{getattr(found, '__module__', '')}.".startswith(tuple(allowed)):
        raise ConfigurationError(f"{key}={target!r} is defined outside the allow-listed packages {', '.join(allowed)}")
