"""Bases on the unit interval and their tensor products."""

from sciml_bench.nsm.bases.basis import Basis
from sciml_bench.nsm.bases.chebyshev import Chebyshev
from sciml_bench.nsm.bases.fourier import Fourier
from sciml_bench.nsm.bases.tensor_product import TensorProduct

__all__ = ["Basis", "Chebyshev", "Fourier", "TensorProduct"]
