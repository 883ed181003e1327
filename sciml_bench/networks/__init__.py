"""Networks that two paradigms may share; none of them knows a loss."""

from sciml_bench.networks.activations import activation_module
from sciml_bench.networks.convolutional import ConvolutionalDecoder, ConvolutionalEncoder
from sciml_bench.networks.image_augmentation import RandomAffine
from sciml_bench.networks.multilayer_perceptron import MultilayerPerceptron, StackedPerceptrons
from sciml_bench.networks.sinusoidal_embedding import SinusoidalEmbedding

__all__ = [
    "ConvolutionalDecoder",
    "ConvolutionalEncoder",
    "MultilayerPerceptron",
    "RandomAffine",
    "SinusoidalEmbedding",
    "StackedPerceptrons",
    "activation_module",
]
