"""Hydra reads and parses the same files for every configuration; the tests compose thousands of them in one process.

What is remembered is what a fresh reading would give, which tests/test_quick_compositions.py says.
"""

from copy import copy, deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hydra._internal import defaults_list
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.hydra import Hydra
from hydra.core.object_type import ObjectType
from omegaconf import grammar_parser

chosen_so_far = defaults_list._create_interpolation_map
read = ConfigRepository.load_config
asked_mode = Hydra.get_mode


def remember(patch: pytest.MonkeyPatch) -> None:
    """Parse an interpolation once, read a file once, compose a single command once, and only what is asked for."""
    parse = cache(grammar_parser.parse)
    for module in ("base", "_utils"):
        patch.setattr(f"omegaconf.{module}.parse", parse)
    known: dict[tuple[str, ...], tuple[Any, Any]] = {}

    def once(repository: ConfigRepository, config_path: str) -> Any:
        source = repository._find_object_source(config_path, ObjectType.CONFIG)
        if source is None:
            return None
        key, version = (source.provider, source.path, config_path), None
        if source.scheme() == "file":
            file = Path(source.path, source._normalize_file_name(config_path)).stat()
            version = file.st_mtime_ns, file.st_size, file.st_ino
        if key not in known or known[key][0] != version:
            known[key] = version, read(repository, config_path)
        result = copy(known[key][1])  # a composition writes into what it has read
        result.config, result.defaults_list = deepcopy(result.config), deepcopy(result.defaults_list)
        return result

    def mode(hydra: Hydra, config_name: str | None, overrides: list[str]) -> Any:
        """Whether a configuration asks for a sweep by itself, for which Hydra composes it; none of ours does."""
        return asked_mode(hydra, config_name, overrides) if "hydra.mode" in " ".join(overrides) else None

    def choices(overrides: Any, defaults: list[Any], self_added: bool) -> Any:
        """What a default may refer to, which Hydra collects for files of which none refers to anything, too."""
        asked = any(default.is_interpolation() for default in defaults)
        return chosen_so_far(overrides, defaults, self_added) if asked else None

    patch.setattr(ConfigRepository, "load_config", once)
    patch.setattr(defaults_list, "_create_interpolation_map", choices)
    patch.setattr(Hydra, "get_mode", mode)
