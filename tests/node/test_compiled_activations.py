import numpy as np
import pytest
import torch
from node_cases import ACTIVATIONS

from sciml_bench.networks.activations import ACTIVATIONS as NAMED
from sciml_bench.node.solvers.compiled_activations import ACTIVATION_CODES, activate, exponential


def compiled(name, z):
    value, slope = np.empty_like(z), np.empty_like(z)
    activate(ACTIVATION_CODES[name], z, value, slope, np.empty(z.size, np.int64), np.empty_like(z))
    return value, slope


GRID = np.concatenate([np.linspace(-12, 12, 4001), [-700.0, -60.0, -1e-9, 0.0, 1e-300, 1e-9, 60.0, 1e4]])


@pytest.mark.parametrize("name", NAMED)
def test_every_activation_of_the_networks_is_compiled(name):
    value, _ = compiled(name, GRID)
    with np.errstate(over="ignore"):
        expected = ACTIVATIONS[name](GRID)
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=2e-15)


@pytest.mark.parametrize("name", NAMED)
def test_slopes_are_derivatives(name):
    z = GRID[np.abs(GRID) < 13]
    tensor = torch.from_numpy(z).requires_grad_()
    NAMED[name]()(tensor).sum().backward()
    _, slope = compiled(name, z)
    np.testing.assert_allclose(slope, tensor.grad, rtol=1e-9, atol=1e-14)
    smooth = np.abs(z) > 1e-3  # away from the kinks
    step = 1e-6
    difference = (ACTIVATIONS[name](z + step) - ACTIVATIONS[name](z - step)) / (2 * step)
    np.testing.assert_allclose(slope[smooth], difference[smooth], atol=1e-8)


def test_the_tail_of_gelu_keeps_its_relative_accuracy():
    z = np.linspace(-20, -8, 50)
    value, _ = compiled("gelu", z)
    from scipy.special import erfc

    np.testing.assert_allclose(value, z * erfc(-z / np.sqrt(2)) / 2, rtol=1e-12)


def test_the_exponential_is_accurate_to_rounding_and_clipped_before_it_overflows():
    x = np.linspace(-690, 690, 100_001)
    out = np.empty_like(x)
    exponential(x, out, np.empty(x.size, np.int64), np.empty_like(x))
    np.testing.assert_allclose(out, np.exp(x), rtol=1e-15)
    extreme = np.array([-np.inf, -1e6, 1e6, np.inf])
    exponential(extreme, extreme, np.empty(4, np.int64), np.empty(4))
    np.testing.assert_allclose(extreme, np.exp([-700, -700, 700, 700]), rtol=1e-14)


def test_what_is_not_finite_does_not_become_finite():
    for name in NAMED:
        value, _ = compiled(name, np.array([np.nan, 1.0]))
        assert np.isnan(value[0]), name
        assert np.isfinite(value[1]), name
