import codecs
import functools
import importlib
import inspect
import math
import pkgutil
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import yaml
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.instantiate import PACKAGE, ROLES, exported_class, instantiate, trusted_object
from sciml_bench.core.stored import files
from sciml_bench.systems import MarkovChain, OrnsteinUhlenbeck

CONFIGURATIONS = Path(__file__).parents[2] / "conf"
MARKOV = {"_target_": "sciml_bench.data.sources.MarkovTrajectories", "n_steps": 50}
CHAIN = {"_target_": "sciml_bench.systems.MarkovChain", "transition_matrix": [[0.5, 0.5], [1.0, 0.0]]}
PERCEPTRON = {"_target_": "sciml_bench.networks.MultilayerPerceptron", "_partial_": True, "hidden": [3]}


def test_a_configuration_becomes_the_object_it_names_with_everything_in_it() -> None:
    system = {"_target_": "sciml_bench.systems.OrnsteinUhlenbeck", "relaxation_rate": "${rate}"}
    whole = OmegaConf.create({"rate": 2.0, "data": {**MARKOV, "system": system}})
    data = instantiate(whole.data, role="data")
    assert data.n_steps == 50
    assert isinstance(data.system, OrnsteinUhlenbeck)
    assert data.system.relaxation_rate == 2.0


def test_lists_arrive_as_plain_lists() -> None:
    chain = instantiate({**MARKOV, "system": CHAIN}, role="data").system
    assert isinstance(chain, MarkovChain)
    np.testing.assert_array_equal(np.asarray(chain.transition_matrix), [[0.5, 0.5], [1.0, 0.0]])


def test_a_partial_node_becomes_a_factory_of_its_class() -> None:
    make = instantiate(PERCEPTRON, role="model")
    assert isinstance(make, functools.partial)
    assert make.func is exported_class("networks.MultilayerPerceptron")
    assert make.keywords == {"hidden": [3]}


def test_arguments_of_the_caller_reach_the_outermost_target() -> None:
    third = instantiate(
        {"_target_": "fractions.Fraction"}, 1, role="model", trusted_packages=["fractions"], denominator=3
    )
    assert third == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    "target",
    [
        "os.getcwd",
        "builtins.len",
        "torch.nn.Linear",
        "sklearn.linear_model.Ridge",
        "sciml_benchmark.Evil",
        "sciml_bench.core.stored.files.remove_incomplete",  # a function of the suite
        "sciml_bench.core.stored.files.os.getcwd",  # through the suite into another package
        "sciml_bench.core.RunFolder",
        "sciml_bench.training.run",
        "sciml_bench.report.sweep_summary.Table5OfSweep",
        "sciml_bench.koopman.losses.dp_loss",
        "sciml_bench.koopman.losses.dp.DPLoss",  # where it is defined, and not where its room exports it
        "sciml_bench.koopman.KoopmanOperator.fit",
        "sciml_bench..koopman.FeaturePair",
        "sciml_bench",
        "",
        3,
        ["os.getcwd"],
    ],
)
def test_no_role_builds_what_no_room_exports_as_a_class(target: object) -> None:
    for role in ROLES:
        with pytest.raises(
            ConfigurationError, match=rf"{role}\._target_=.* no class that the suite exports for {role}"
        ):
            instantiate({"_target_": target}, role=role)


@pytest.mark.parametrize(
    ("role", "target"),
    [
        ("data", "sciml_bench.systems.Lorenz63"),  # only a part of data
        ("data", "sciml_bench.koopman.FeaturePair"),
        ("pde", "sciml_bench.nsm.GridTraining"),
        ("model", "sciml_bench.data.sources.OrderedDigits"),
        ("training", "sciml_bench.networks.MultilayerPerceptron"),
        ("view", "sciml_bench.koopman.KoopmanLearning"),
        ("logger", "sciml_bench.data.sources.OrderedDigits"),
        ("callback", "sciml_bench.koopman.KoopmanLearning"),
    ],
)
def test_a_class_stands_only_where_its_room_belongs(role: str, target: str) -> None:
    assert exported_class(target.removeprefix("sciml_bench.")) is not None
    with pytest.raises(ConfigurationError, match=f"exports for {role}"):
        instantiate({"_target_": target}, role=role)


def test_nothing_is_built_or_called_before_everything_is_checked() -> None:
    config = {
        **MARKOV,
        "system": CHAIN,
        "more": [CHAIN, {"_target_": "sciml_bench.core.stored.files.remove_incomplete"}],
    }
    with (
        mock.patch.object(files, "remove_incomplete") as function,
        mock.patch.object(MarkovChain, "__post_init__") as built,
        pytest.raises(
            ConfigurationError, match=r"data\.more\[1\]\._target_='sciml_bench.core.stored.files.remove_incomplete'"
        ),
    ):
        instantiate(config, role="data")
    function.assert_not_called()
    built.assert_not_called()


def test_a_forbidden_package_is_not_even_imported() -> None:
    with mock.patch.object(importlib, "import_module") as imported:
        assert exported_class("training.__main__.main") is None
        assert trusted_object("my_package.Loss", ["other_package"]) is None
    imported.assert_not_called()


@pytest.mark.parametrize(
    ("node", "message"),
    [
        ({"n_steps": "${oc.env:HOME}"}, r"data\.n_steps='\$\{oc.env:HOME\}' holds an interpolation"),
        ({"system": {**CHAIN, "names": ["${seed}"]}}, r"data\.system\.names\[0\]='\$\{seed\}' holds an interpolation"),
        ({"_args_": [1]}, r"data\._args_ is no name of an argument"),
        ({"_recursive_": False}, r"data\._recursive_ is no name"),
        ({"system": {**CHAIN, "_convert_": "object"}}, r"data\.system\._convert_ is no name"),
        ({"_partial_": "yes"}, r"data\._partial_='yes' is neither"),
        ({"system": {1: 2}}, r"data\.system\.1 is no name"),
        ({"path": b"x"}, r"data\.path=b'x' is no plain value"),
        ({"path": "???"}, r"data\.path has no value; give it on the command line: data\.path=<value>"),
    ],
)
def test_only_plain_resolved_data_is_taken(node: dict, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        instantiate(MARKOV | node, role="data")


def test_what_a_configuration_refers_to_in_vain_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"data cannot be resolved.*'lag' not found"):
        instantiate(OmegaConf.create({**MARKOV, "n_steps": "${lag}"}), role="data")


def test_any_class_or_function_is_built_from_a_package_that_a_person_trusts() -> None:
    config = {"_target_": "fractions.Fraction", "numerator": 1, "denominator": 3}
    with pytest.raises(ConfigurationError, match="trusted_packages"):
        instantiate(config, role="training")
    assert instantiate(config, role="training", trusted_packages=["fractions"]) == pytest.approx(1 / 3)
    text = {"_target_": "textwrap.dedent", "text": "  x"}
    assert instantiate(text, role="callback", trusted_packages=["textwrap"]) == "x"
    with pytest.raises(ConfigurationError, match="no class"):
        instantiate({"_target_": "fractions_of_evil.Fraction"}, role="training", trusted_packages=["fractions"])
    with pytest.raises(ConfigurationError, match="no class"):  # what a trusted package imports is not its own
        instantiate({"_target_": "textwrap.re.compile"}, role="training", trusted_packages=["textwrap"])


def test_a_persons_own_part_stands_inside_what_the_suite_exports() -> None:
    node = PERCEPTRON | {"activation": {"_target_": "fractions.Fraction", "numerator": 2}}
    made = instantiate(node, role="model", trusted_packages=["fractions"])
    assert made.keywords["activation"] == 2


@pytest.mark.parametrize("config", [{}, {"n_steps": 3}, None, [1], "sciml_bench.systems.Lorenz63"])
def test_a_configuration_without_a_target_is_named(config: object) -> None:
    with pytest.raises(ConfigurationError, match=r"data=.*_target_"):
        instantiate(config, role="data")


def test_an_argument_that_is_not_accepted_is_named() -> None:
    system = {"_target_": "sciml_bench.systems.OrnsteinUhlenbeck", "relaxation_rat": 1.0}
    with pytest.raises(ConfigurationError, match=r"data\.system has no relaxation_rat\b"):
        instantiate({**MARKOV, "system": system}, role="data")


def test_the_error_of_a_constructor_arrives_with_the_key_of_its_argument() -> None:
    bad_number = {"_target_": "sciml_bench.systems.OrnsteinUhlenbeck", "relaxation_rate": -1.0}
    with pytest.raises(ValueError, match=r"^data\.system\.relaxation_rate=-1\.0: give a number"):
        instantiate({**MARKOV, "system": bad_number}, role="data")
    path = {"_target_": "sciml_bench.data.sources.TrajectoryFiles", "path": "/nowhere/at/all.npy"}
    with pytest.raises((FileNotFoundError, DataError), match=r"/nowhere/at/all\.npy"):
        instantiate(path, role="data").setup()


def test_numbers_survive_the_way_through_the_configuration() -> None:
    system = {"_target_": "sciml_bench.systems.OrnsteinUhlenbeck", "noise_strength": math.pi}
    assert instantiate({**MARKOV, "system": system}, role="data").system.noise_strength == math.pi


def test_a_room_that_needs_a_missing_package_names_it() -> None:
    with (
        mock.patch.object(importlib, "import_module", side_effect=ModuleNotFoundError(name="zarr")),
        pytest.raises(ConfigurationError, match=r"sciml_bench\.data\.sources needs the package 'zarr'"),
    ):
        instantiate(MARKOV, role="data")


def _targets(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["_target_"]] if isinstance(node.get("_target_"), str) else []
        return own + [target for part in node.values() for target in _targets(part)]
    return [target for part in node for target in _targets(part)] if isinstance(node, list) else []


def test_every_configuration_names_its_classes_where_their_rooms_export_them() -> None:
    named = {t for p in CONFIGURATIONS.rglob("*.yaml") for t in _targets(yaml.safe_load(p.read_text()))}
    built_by_hydra = {
        "sciml_bench.report.sweep_summary.Table5OfSweep",
        "hydra_plugins.sciml_bench_search.SearchSweeper",
    }
    rooms = {room for role in ROLES.values() for room in (*role.own, *role.parts)}
    assert len(named) > 50
    assert [t for t in sorted(named - built_by_hydra) if not exported_class(t.removeprefix(f"{PACKAGE}."), rooms)] == []


def test_the_rooms_of_every_role_exist() -> None:
    for room in {room for role in ROLES.values() for room in (*role.own, *role.parts)}:
        assert pkgutil.resolve_name(f"{PACKAGE}.{room}")


def test_a_package_whose_name_begins_like_that_of_a_trusted_one_is_not_trusted() -> None:
    assert trusted_object("codecs.Codec", ["codecs"]) is codecs.Codec
    assert trusted_object("codecs.Codec", ["code"]) is None


@pytest.mark.parametrize("value", ["no", "off", "false", "False", 0, 1, None])
def test_only_truth_values_switch_something_on_or_off(value) -> None:
    view = {"_target_": "sciml_bench.data.views.LaggedPairsView", "_partial_": True, "standardize": value}
    with pytest.raises(ConfigurationError, match=rf"training\.view\.standardize={value}: give true or false"):
        instantiate(view, role="view")
    network = {**PERCEPTRON, "batch_norm": value}
    with pytest.raises(ConfigurationError, match=rf"model\.parts\.batch_norm={value}: give true or false"):
        instantiate({"_target_": "sciml_bench.koopman.FeaturePair", "parts": network}, role="model")


@pytest.mark.parametrize("value", ["fast", "0,5", "1e-3x"])
def test_a_word_is_no_number(value: str) -> None:
    normalisation = {"_target_": "sciml_bench.koopman.FeaturePair", "_partial_": True}
    numeric = [
        name
        for name, parameter in inspect.signature(exported_class("koopman.FeaturePair") or dict).parameters.items()
        if parameter.annotation is int
    ]
    for name in numeric:
        with pytest.raises(ConfigurationError, match=rf"model\.{name}={value}: give a whole number"):
            instantiate({**normalisation, name: value}, role="model")
        assert instantiate({**normalisation, name: 3}, role="model").keywords == {name: 3}
    assert numeric
