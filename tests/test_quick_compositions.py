"""Configurations that are composed from remembered files are those that Hydra composes from the files themselves."""

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal import defaults_list
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository, ConfigRepository
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from omegaconf import OmegaConf, _utils, base, grammar_parser
from quick_compositions import asked_mode, chosen_so_far, copying, read, together
from scripts import CONF

from sciml_bench.training.script import register

EVERY_KIND = {
    "koopman": [
        "data=ordered_digits",
        "training.learning_rate=3",
        "extend=run",
        "seed=7",
        "experiment=logistic_map",
        "hydra/launcher=joblib",
    ],
    "mechnn": ["data=two_body", "trainer.max_epochs=3", "~callbacks", "hydra.run.dir=here"],
    "node_homotopy": ["data=kdv", "debug=fast"],
    "nsm": ["pde=burgers"],
}


def composed_text(script: str, overrides: list[str], folder: Path = CONF) -> str:
    register(script)
    with initialize_config_dir(str(folder / script), version_base="1.3"):
        return OmegaConf.to_yaml(compose("config", overrides=overrides, return_hydra_config=True))


def test_what_is_remembered_is_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = [*EVERY_KIND.items(), *((script, []) for script in EVERY_KIND)]
    quick = [composed_text(*command) for command in commands]
    assert ConfigRepository.load_config is not read
    quick += [composed_text(*command) for command in commands]  # merged before
    monkeypatch.setattr(ConfigRepository, "load_config", read)
    monkeypatch.setattr(CachingConfigRepository, "__init__", copying)
    monkeypatch.setattr(ConfigLoaderImpl, "_compose_config_from_defaults_list", together)
    monkeypatch.setattr(defaults_list, "_create_interpolation_map", chosen_so_far)
    monkeypatch.setattr(base, "parse", grammar_parser.parse)
    monkeypatch.setattr(_utils, "parse", grammar_parser.parse)
    assert quick == 2 * [composed_text(*command) for command in commands]


def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    file = tmp_path / "own" / "config.yaml"
    for number in (1, 22):
        file.write_text(f"number: {number}\n")
        with initialize_config_dir(str(file.parent), version_base="1.3"):
            assert compose("config").number == number


@pytest.mark.parametrize("script", EVERY_KIND)
def test_no_script_asks_for_a_sweep_by_itself(script: str) -> None:
    register(script)
    hydra = Hydra.create_main_hydra2(script, create_config_search_path(str(CONF / script)))
    try:
        assert asked_mode(hydra, "config", EVERY_KIND[script]) is None
        assert str(hydra.get_mode("config", ["hydra.mode=MULTIRUN"])).endswith("MULTIRUN")
    finally:
        GlobalHydra.instance().clear()
