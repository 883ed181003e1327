"""Stacked perceptrons are their members, each on its own batch."""

import numpy as np
import pytest
import torch

from sciml_bench.networks import MultilayerPerceptron, StackedPerceptrons
from sciml_bench.networks.multilayer_perceptron import can_stack


def members(*seeds, **options):
    made = []
    for seed in seeds:
        torch.manual_seed(seed)
        made.append(MultilayerPerceptron((2,), 3, **{"hidden": [4, 5], "activation": "tanh", **options}).double())
    return made


def test_each_member_sees_its_own_states():
    parts = members(0, 1, 2)
    states = torch.from_numpy(np.random.default_rng(0).standard_normal((3, 6, 2)))
    together = StackedPerceptrons(parts)
    with torch.no_grad():
        found = together(states)
        for number, (member, own) in enumerate(zip(parts, states, strict=True)):
            values = own.numpy()
            for position, layer in enumerate(layer for layer in member.layers if isinstance(layer, torch.nn.Linear)):
                values = (np.tanh(values) if position else values) @ layer.weight.numpy().T + layer.bias.numpy()
            np.testing.assert_allclose(found[number], values, rtol=1e-12)
            np.testing.assert_allclose(together.member(number, own), values, rtol=1e-12)


def test_weights_are_copies():
    parts = members(0)
    together = StackedPerceptrons(parts)
    with torch.no_grad():
        together.weights[0].zero_()
    assert bool((parts[0].layers[0].weight != 0).any())


def test_a_linear_map_has_no_activation():
    (part,) = members(0, hidden=[])
    states = torch.ones(1, 2, 2).double()
    torch.testing.assert_close(StackedPerceptrons([part])(states)[0], part(states[0]))


def test_other_shapes_activations_and_batch_normalisation_do_not_stack():
    (one,) = members(0)
    others = [{"hidden": [4]}, {"activation": "relu"}]
    for options in others:
        assert not can_stack([one, *members(1, **options)])
    assert not can_stack(members(0, 1, batch_norm=True))
    assert not can_stack([one, torch.nn.Linear(2, 3)])
    with pytest.raises(ValueError, match="equal layers"):
        StackedPerceptrons([one, *members(1, hidden=[4])])
