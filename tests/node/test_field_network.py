"""The network inside a field, in the units of states and rates."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import RecordSpec
from sciml_bench.node.fields.field_network import FieldNetwork

STATES = np.random.default_rng(0).standard_normal((1, 5, 2)) + 3.0
MEAN, DEVIATION, COMPONENTS = np.array([3.0, -1.0]), np.array([2.0, 0.5]), (1, 0, 1)


@pytest.fixture
def scaled():
    torch.manual_seed(0)
    scale = RecordSpec((2,), 0.1, "time", ("x", "y"), MEAN, DEVIATION, (10,))
    return FieldNetwork(2, COMPONENTS, 2, 4, "tanh", scale=scale)


def written_out(weights, biases, values):
    for position, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        values = (np.tanh(values) if position else values) @ weight[0].detach().numpy() + bias[0].detach().numpy()
    return values


def test_states_and_outputs_are_scaled(scaled):
    layers = scaled.layers
    inner = written_out(layers.weights, [bias[:, 0] for bias in layers.biases], (STATES[0] - MEAN) / DEVIATION)
    np.testing.assert_allclose(scaled(torch.from_numpy(STATES))[0].detach(), DEVIATION[[1, 0, 1]] * inner, rtol=1e-10)


def test_affine_layers_hold_the_scales(scaled):
    found = written_out(*scaled.affine_layers(), STATES[0])
    np.testing.assert_allclose(found, scaled(torch.from_numpy(STATES))[0].detach(), rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "message"), [({"hidden_layers": 0}, "hidden_layers=0"), ({"dtype": "half"}, "dtype=half")]
)
def test_bad_sizes_and_types_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=rf"model\.{message}"):
        FieldNetwork(2, COMPONENTS, **{"hidden_layers": 1, "nodes_per_layer": 4, **options})
