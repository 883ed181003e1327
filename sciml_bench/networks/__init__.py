"""What two paradigms may share: networks, none of which knows a loss, and the reconstruction of states."""

from sciml_bench.networks.activations import SinusoidalEmbedding, activation_module
from sciml_bench.networks.convolutional import ConvolutionalDecoder, ConvolutionalEncoder, RandomAffine
from sciml_bench.networks.multilayer_perceptron import MultilayerPerceptron, StackedPerceptrons
from sciml_bench.networks.schnet import SchNetEncoder

__all__ = [
    "ConvolutionalDecoder",
    "ConvolutionalEncoder",
    "MultilayerPerceptron",
    "RandomAffine",
    "SchNetEncoder",
    "SinusoidalEmbedding",
    "StackedPerceptrons",
    "activation_module",
]
