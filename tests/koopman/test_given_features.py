"""Features that are given: the states, one encoder for both times, a classifier's probabilities."""

import numpy as np
import torch
from torch import nn

from sciml_bench.koopman.given_features import ClassProbabilities, FlattenedStates, SharedEncoder
from sciml_bench.koopman.oracle import Oracle

STATES = torch.arange(12.0).reshape(2, 1, 2, 3)


def test_states_are_flattened_row_by_row():
    features = FlattenedStates()
    assert features.encode(STATES).tolist() == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]
    assert torch.equal(features.encode_lagged(STATES), features.encode(STATES))


def test_one_encoder_is_the_same_function_at_both_times():
    torch.manual_seed(0)
    layer = nn.Linear(6, 3)
    features = SharedEncoder(nn.Sequential(nn.Flatten(), layer))
    expected = STATES.reshape(2, 6).numpy() @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    for encode in (features.encode, features.encode_lagged):
        np.testing.assert_allclose(encode(STATES).detach(), expected, rtol=1e-5)
    features.encode_lagged(STATES).sum().backward()
    np.testing.assert_allclose(layer.bias.grad, [2, 2, 2])  # it is trained from either time


def test_probabilities_are_those_of_the_classifiers_scores():
    torch.manual_seed(0)
    classifier = Oracle((1, 8, 8), 3).eval()
    images = torch.rand(5, 1, 8, 8)
    scores = classifier(images).detach().double().numpy()
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    features = ClassProbabilities(classifier)
    for encode in (features.encode, features.encode_lagged):
        np.testing.assert_allclose(encode(images), expected, rtol=1e-5)
        assert not encode(images).requires_grad  # nothing is learned about what is given
    assert np.ptp(expected, axis=0).max() > 1e-3
