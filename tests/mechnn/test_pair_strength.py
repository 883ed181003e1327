"""Attraction of pairs before training: a power law of the distance."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.mechnn.sequence_models.pair_strength import DistanceLaw, WindowStrength

LENGTH, EXPONENT = 1.7, 3.0
DISTANCES = torch.from_numpy(np.random.default_rng(0).uniform(0.5, 3.0, (2, 6, 4)))


def power_law(distances):
    return LENGTH**-3 * (distances / LENGTH) ** -EXPONENT


@pytest.mark.parametrize("hidden", [[], [5]])
def test_gravity_falls_with_the_third_power_of_the_distance(hidden):
    law = DistanceLaw(LENGTH, EXPONENT, hidden, "silu")
    np.testing.assert_allclose(law(DISTANCES).detach(), power_law(DISTANCES.numpy()), rtol=1e-7)
    # so that times the mass and the displacement it is the attraction m d⁻²
    np.testing.assert_allclose(law(DISTANCES).detach(), DISTANCES**-3, rtol=1e-7)


def test_what_the_network_writes_multiplies_the_law_as_an_exponential():
    law = DistanceLaw(LENGTH, EXPONENT, [5], "silu")
    torch.nn.init.constant_(law.network.layers[-1].bias, 0.4)
    np.testing.assert_allclose(law(DISTANCES).detach(), np.exp(0.4) * power_law(DISTANCES.numpy()), rtol=1e-6)


@pytest.mark.parametrize(("network", "hidden"), [("perceptron", [5]), ("convolution", [3, 4])])
def test_a_network_of_windows_begins_with_the_law_at_the_last_distance(network, hidden):
    strength = WindowStrength(LENGTH, EXPONENT, 6, 8, network, hidden, "silu")
    expected = np.broadcast_to(power_law(DISTANCES.numpy())[:, -1:], (2, 8, 4))
    np.testing.assert_allclose(strength(DISTANCES).detach(), expected, rtol=1e-6)


@pytest.mark.parametrize(("network", "hidden"), [("perceptron", [5]), ("convolution", [3])])
def test_every_pair_is_written_by_the_same_network_from_its_own_distances(network, hidden):
    torch.manual_seed(0)
    strength = WindowStrength(LENGTH, EXPONENT, 6, 8, network, hidden, "silu")
    for parameter in strength.network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    order = [2, 0, 3, 1]
    with torch.no_grad():
        np.testing.assert_allclose(strength(DISTANCES[:, :, order]), strength(DISTANCES)[:, :, order], rtol=1e-6)
        changed = DISTANCES.clone()
        changed[0, :, 1] *= 1.1
        same = (strength(changed) == strength(DISTANCES)).all(dim=1)
    assert same.tolist() == [[True, False, True, True], [True] * 4]


def test_the_exponent_is_learned():
    law = DistanceLaw(LENGTH, 2, [], "silu")
    law(DISTANCES).sum().backward()
    logarithm = np.log(DISTANCES.numpy() / LENGTH)
    expected = -(logarithm * LENGTH**-3 * np.exp(-2 * logarithm)).sum()
    assert float(law.exponent.grad) == pytest.approx(expected)


def test_a_window_without_a_hidden_layer_is_refused():
    with pytest.raises(ConfigurationError, match="needs a hidden layer"):
        WindowStrength(LENGTH, EXPONENT, 6, 8, "perceptron", [], "silu")
