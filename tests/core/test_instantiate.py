import math

import numpy as np
import pytest
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.instantiate import instantiate
from sciml_bench.systems import MarkovChain, OrnsteinUhlenbeck


def test_a_configuration_becomes_the_object_it_names_with_everything_in_it() -> None:
    config = OmegaConf.create(
        {
            "_target_": "sciml_bench.data.MarkovTrajectories",
            "system": {"_target_": "sciml_bench.systems.OrnsteinUhlenbeck", "relaxation_rate": 2.0},
            "n_steps": "${length}",
            "length": 50,
        }
    )
    node = {key: value for key, value in OmegaConf.to_container(config, resolve=True).items() if key != "length"}
    data = instantiate(OmegaConf.create(node))
    assert data.n_steps == 50
    assert isinstance(data.system, OrnsteinUhlenbeck)
    assert data.system.relaxation_rate == 2.0


def test_lists_arrive_as_plain_lists() -> None:
    chain = instantiate({"_target_": "sciml_bench.systems.MarkovChain", "transition_matrix": [[0.5, 0.5], [1.0, 0.0]]})
    assert isinstance(chain, MarkovChain)
    np.testing.assert_array_equal(np.asarray(chain.transition_matrix), [[0.5, 0.5], [1.0, 0.0]])


def test_arguments_of_the_caller_reach_the_outermost_target() -> None:
    linear = instantiate({"_target_": "torch.nn.Linear"}, 3, out_features=2)
    assert tuple(linear.weight.shape) == (2, 3)


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "subprocess.run",
        "sciml_benchmark.Evil",
        "sciml_bench.core.files.os.system",  # through an allow-listed package into another one
        "sciml_bench.core.files.os",
        "torch.nn.functional.torch.load",
        "torch.load",
        "sklearn.os.system",
        3,
    ],
)
def test_only_allow_listed_targets_are_built(target: object) -> None:
    with pytest.raises(ConfigurationError, match=r"allow-listed|does not exist"):
        instantiate({"_target_": target, "command": "true"})


def test_a_forbidden_target_deep_inside_is_found_and_named_with_its_key() -> None:
    config = {"_target_": "torch.nn.Sequential", "layers": [{"_target_": "torch.nn.ReLU"}, {"_target_": "os.getcwd"}]}
    with pytest.raises(ConfigurationError, match=r"layers\[1\]\._target_='os.getcwd' is not allow-listed.*trusted"):
        instantiate(config)


def test_a_package_is_built_from_once_a_person_trusts_it() -> None:
    config = {"_target_": "fractions.Fraction", "numerator": 1, "denominator": 3}
    with pytest.raises(ConfigurationError, match="trusted_packages"):
        instantiate(config)
    assert instantiate(config, trusted_packages=["fractions"]) == pytest.approx(1 / 3)
    with pytest.raises(ConfigurationError, match="allow-listed"):
        instantiate({"_target_": "fractions_of_evil.Fraction"}, trusted_packages=["fractions"])


@pytest.mark.parametrize("config", [{}, {"n_steps": 3}, None, [1], "sciml_bench.systems.Lorenz63"])
def test_a_configuration_without_a_target_is_named(config: object) -> None:
    with pytest.raises(ConfigurationError, match="_target_"):
        instantiate(config)


def test_a_target_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"Lorenz64.*does not exist"):
        instantiate({"_target_": "sciml_bench.systems.Lorenz64"})


def test_an_argument_that_is_not_accepted_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"OrnsteinUhlenbeck.*relaxation_rat\b"):
        instantiate({"_target_": "sciml_bench.systems.OrnsteinUhlenbeck", "relaxation_rat": 1.0})


def test_the_error_of_a_constructor_arrives_as_it_was_raised() -> None:
    bad_number = {"_target_": "sciml_bench.systems.OrnsteinUhlenbeck", "relaxation_rate": -1.0}
    with pytest.raises(ValueError, match="relaxation_rate") as raised:
        instantiate({"_target_": "sciml_bench.data.MarkovTrajectories", "n_steps": 10, "system": bad_number})
    assert "Error in call to target" not in str(raised.value)
    path = {"_target_": "sciml_bench.data.TrajectoryFiles", "path": "/nowhere/at/all.npy"}
    with pytest.raises((FileNotFoundError, DataError), match=r"/nowhere/at/all\.npy"):
        instantiate(path).setup()


def test_numbers_survive_the_way_through_the_configuration() -> None:
    system = instantiate({"_target_": "sciml_bench.systems.OrnsteinUhlenbeck", "noise_strength": math.pi})
    assert system.noise_strength == math.pi
