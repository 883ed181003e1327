import pytest
import torch
from torch import nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.networks import MultilayerPerceptron


@pytest.mark.parametrize("shape", [(1,), (3,), (2, 4), (1, 5, 6)])
def test_states_of_any_shape_become_vectors(shape: tuple[int, ...]) -> None:
    assert MultilayerPerceptron(shape, 7)(torch.zeros(5, *shape)).shape == (5, 7)


def test_without_hidden_layers_it_is_affine() -> None:
    network = MultilayerPerceptron((3,), 2, hidden=())
    x, y = torch.randn(2, 10, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(network(x) + network(y) - network(torch.zeros(10, 3)), network(x + y))


def test_hidden_layers_are_the_ones_asked_for() -> None:
    network = MultilayerPerceptron((3,), 2, hidden=(8, 5), activation="tanh", batch_norm=True)
    assert [tuple(layer.weight.shape) for layer in network.layers if isinstance(layer, nn.Linear)] == [
        (8, 3),
        (5, 8),
        (2, 5),
    ]
    assert [type(layer).__name__ for layer in network.layers] == [*["Linear", "BatchNorm1d", "Tanh"] * 2, "Linear"]


@pytest.mark.parametrize("hidden", [(0,), (8, -1)])
def test_a_layer_without_units_is_named(hidden: tuple[int, ...]) -> None:
    with pytest.raises(ConfigurationError, match=r"layer sizes must be positive.*model\.encoder\.hidden"):
        MultilayerPerceptron((3,), 2, hidden=hidden)
