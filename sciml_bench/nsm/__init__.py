"""Neural spectral methods: solution operators of parametric equations, trained on residuals of spectral coefficients.

Du, Chalapathi and Krishnapriyan, Neural Spectral Methods: Self-supervised learning in the spectral domain (ICLR 2024).
"""

from sciml_bench.nsm.bases import Chebyshev, Fourier, TensorProduct
from sciml_bench.nsm.evaluation import Evaluation
from sciml_bench.nsm.solution_file import solve_file
from sciml_bench.nsm.trained_operator import TrainedOperator
from sciml_bench.nsm.training.grid_training import GridTraining
from sciml_bench.nsm.training.spectral_training import SpectralTraining
from sciml_bench.nsm.training.supervised_training import SupervisedTraining

__all__ = [
    "Chebyshev",
    "Evaluation",
    "Fourier",
    "GridTraining",
    "SpectralTraining",
    "SupervisedTraining",
    "TensorProduct",
    "TrainedOperator",
    "solve_file",
]
