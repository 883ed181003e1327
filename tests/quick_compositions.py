"""Hydra reads and parses the same files for every configuration; the tests compose thousands of them in one process.

What is remembered is what a fresh reading would give, which tests/test_quick_compositions.py says.
"""

import pickle
from copy import copy, deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra._internal import defaults_list
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository, ConfigRepository
from hydra._internal.hydra import Hydra
from hydra.core.default_element import ResultDefault
from hydra.core.object_type import ObjectType
from omegaconf import grammar_parser

chosen_so_far = defaults_list._create_interpolation_map
read = ConfigRepository.load_config
asked_mode = Hydra.get_mode
copying = CachingConfigRepository.__init__
together = ConfigLoaderImpl._compose_config_from_defaults_list


def remember(patch: pytest.MonkeyPatch) -> None:
    """Parse an interpolation, read a file, merge the same files and compose a single command once."""
    parse = cache(grammar_parser.parse)
    for module in ("base", "_utils"):
        patch.setattr(f"omegaconf.{module}.parse", parse)
    known: dict[tuple[Any, ...], Any] = {}
    merged: dict[tuple[Any, ...], bytes] = {}
    merging: list[bool] = []

    def version_of(repository: ConfigRepository, config_path: str) -> tuple[Any, ...] | None:
        source = repository._find_object_source(config_path, ObjectType.CONFIG)
        if source is None:
            return None
        key: tuple[Any, ...] = (source.provider, source.path, config_path)
        if source.scheme() == "file":
            file = Path(source.path, source._normalize_file_name(config_path)).stat()
            key += file.st_mtime_ns, file.st_size, file.st_ino
        return key

    def once(repository: ConfigRepository, config_path: str) -> Any:
        key = version_of(repository, config_path)
        if key is None:
            return None
        if key not in known:
            known[key] = read(repository, config_path)
        result = copy(known[key])  # a composition writes into what it has read
        result.defaults_list = deepcopy(result.defaults_list)
        if merging:
            result.config = deepcopy(result.config)
        return result

    def merge(loader: ConfigLoaderImpl, defaults: list[ResultDefault], repo: Any) -> Any:
        """What the same files made up before; overrides of values come later."""
        inner = repo.delegate
        key = tuple(
            (default.config_path, default.package, default.parent, default.is_self, default.primary)
            + (version_of(inner, default.config_path or "") or ())
            for default in defaults
        )
        if key not in merged:
            merging.append(True)
            try:
                merged[key] = pickle.dumps(together(loader, defaults, inner))
            finally:
                merging.pop()
        return pickle.loads(merged[key])

    def beside(caching: CachingConfigRepository, delegate: ConfigRepository) -> None:
        """Own sources, which hydra.searchpath may replace, in place of a copy of all that they hold."""
        caching.delegate = copy(delegate)
        caching.cache = {}

    def mode(hydra: Hydra, config_name: str | None, overrides: list[str]) -> Any:
        """Whether a configuration asks for a sweep by itself, for which Hydra composes it; none of ours does."""
        return asked_mode(hydra, config_name, overrides) if "hydra.mode" in " ".join(overrides) else None

    def choices(overrides: Any, defaults: list[Any], self_added: bool) -> Any:
        """What a default may refer to, which Hydra collects for files of which none refers to anything, too."""
        asked = any(default.is_interpolation() for default in defaults)
        return chosen_so_far(overrides, defaults, self_added) if asked else None

    patch.setattr(ConfigRepository, "load_config", once)
    patch.setattr(CachingConfigRepository, "__init__", beside)
    patch.setattr(ConfigLoaderImpl, "_compose_config_from_defaults_list", merge)
    patch.setattr(defaults_list, "_create_interpolation_map", choices)
    patch.setattr(Hydra, "get_mode", mode)
