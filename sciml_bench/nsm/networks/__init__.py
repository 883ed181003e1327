"""Networks that map a parameter field to the function of which an equation makes its solution."""

from sciml_bench.nsm.networks.fourier_neural_operator import FourierNeuralOperator
from sciml_bench.nsm.networks.library_fourier_operator import LibraryFourierOperator
from sciml_bench.nsm.networks.operator_network import OperatorNetwork
from sciml_bench.nsm.networks.spectral_neural_operator import SpectralNeuralOperator
from sciml_bench.nsm.networks.spectral_operator import SpectralOperator

__all__ = [
    "FourierNeuralOperator",
    "LibraryFourierOperator",
    "OperatorNetwork",
    "SpectralNeuralOperator",
    "SpectralOperator",
]
