"""What two paradigms may share: networks, none of which knows a loss, and the reconstruction of states."""

from sciml_bench.networks.activations import SinusoidalEmbedding, activation_module
from sciml_bench.networks.convolutional import ConvolutionalDecoder, ConvolutionalEncoder, RandomAffine
from sciml_bench.networks.multilayer_perceptron import MultilayerPerceptron, StackedPerceptrons

__all__ = [
    "ConvolutionalDecoder",
    "ConvolutionalEncoder",
    "MultilayerPerceptron",
    "RandomAffine",
    "SinusoidalEmbedding",
    "StackedPerceptrons",
    "activation_module",
]
