"""The network from coefficients to coefficients, once more in NumPy."""

import math

import numpy as np
import torch
from nsm_cases import analysis, equation, pointwise, random_fields, seen_by_networks

from sciml_bench.core.seeds import seed_everything
from sciml_bench.nsm.networks import SpectralNeuralOperator
from sciml_bench.nsm.networks.spectral_neural_operator import ModeMixingLayer


def network(modes, **options):
    seed_everything(1)
    settings = {"modes": modes, "width": 3, "depth": 2, "activation": "tanh", **options}
    return SpectralNeuralOperator(equation("reaction_diffusion"), **settings).double()


def test_coefficients_are_analysed_lifted_mixed_and_projected():
    model = network([5, 8], output_scale=2.5)
    fields = random_fields(model.equation)
    in_time, in_space = (analysis(one) for one in model.basis.bases)
    v = np.einsum("ks,lx,sxbc->klbc", in_time, in_space, seen_by_networks(model.equation, model.basis, fields))
    v = pointwise(model.lifting, v)
    for layer in model.layers:
        first, second = (matrix.detach().numpy() for matrix in layer.mixing)
        mixed = np.einsum("ks,lx,sxbc->klbc", first, second, v)
        v = np.tanh(pointwise([layer.channels], mixed) + v)
    expected = 2.5 / math.sqrt(5 * 8) * np.moveaxis(pointwise(model.projecting, v)[..., 0], -1, 0)
    found = model.series(fields).detach()
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert np.abs(expected).max() > 1e-3


def test_a_layer_begins_near_the_identity():
    seed_everything(0)
    layer = ModeMixingLayer([40, 40], 2, torch.nn.Identity())
    for matrix in layer.mixing:
        distance = (matrix.detach() - torch.eye(40)).norm() / math.sqrt(40)
        assert 0.05 < float(distance) < 0.2


def test_a_layer_without_channels_is_the_way_around():
    seed_everything(0)
    layer = ModeMixingLayer([3, 4], 2, torch.nn.Tanh())
    torch.nn.init.zeros_(layer.channels.weight)
    torch.nn.init.zeros_(layer.channels.bias)
    v = torch.randn(3, 4, 5, 2)
    torch.testing.assert_close(layer(v), torch.tanh(v))
