import pytest
from torch import nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks import activation_module


def test_every_call_makes_a_module_of_its_own() -> None:
    one, other = activation_module("silu"), activation_module("silu")
    assert isinstance(one, nn.SiLU)
    assert one is not other


def test_an_unknown_activation_is_named_with_the_choices() -> None:
    with pytest.raises(ConfigurationError, match=r"activation='swish'.*relu"):
        activation_module("swish")
