import numpy as np
import pytest
import torch
from node_cases import DEVIATION, MEAN, perceptron, spec

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node import SecondOrderBlackbox, solve


@pytest.mark.parametrize("standardize", [False, True])
def test_velocities_are_the_derivatives_of_positions_and_accelerations_are_learned(standardize):
    torch.manual_seed(0)
    field = SecondOrderBlackbox(spec(4), 2, 6, standardize=standardize)
    x = np.random.default_rng(0).standard_normal((7, 4))
    derivative = field(0.0, torch.from_numpy(x)).detach().numpy()
    np.testing.assert_array_equal(derivative[:, :2], x[:, 2:])
    network = perceptron(field)
    expected = DEVIATION[2:] * network((x - MEAN) / DEVIATION) if standardize else network(x)
    np.testing.assert_allclose(derivative[:, 2:], expected, rtol=1e-12, atol=1e-12)


def test_without_acceleration_bodies_move_in_straight_lines():
    field = SecondOrderBlackbox(4, 1, 3)
    field.set_members({name: torch.zeros_like(p) for name, p in field.named_parameters()})
    x0 = torch.tensor([[1.0, 2.0, 0.5, -1.0]], dtype=torch.float64)
    states = solve(field, x0, np.array([0.0, 1.0, 3.0])).states[0].detach()
    np.testing.assert_allclose(states, [[1, 2, 0.5, -1], [1.5, 1, 0.5, -1], [2.5, -1, 0.5, -1]], atol=1e-14)


def test_an_odd_number_of_components_has_no_velocities():
    with pytest.raises(
        ConfigurationError, match=r"model=second_order .*the data have 3 components; take model=blackbox"
    ):
        SecondOrderBlackbox(3)
