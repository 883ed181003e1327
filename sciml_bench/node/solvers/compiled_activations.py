"""Activation functions with their derivatives, as loops that the compiler turns into vector instructions.

A call of the C library's erf or exp per neuron costs more than all products of a small network together. Here exp is
range reduction and a polynomial, 2^k being written into the exponent bits, and erfc(x) = exp(−x²) erfcx(x), where
(1 + 2x) erfcx(x) is a smooth function of (x − c)/(x + c) and so a short polynomial on the whole half line
(Schonfelder, Chebyshev expansions for the error and related functions, Mathematics of Computation 32, 1978).
"""

import math

# Numba compiles the bare functions: the wrappers of a run-time type checker would be in its way (`no_type_check`).
from typing import no_type_check

import numpy as np
from numba import njit
from numpy.polynomial import Chebyshev, Polynomial
from scipy.special import erfcx

ACTIVATION_CODES = {"relu": 0, "leaky_relu": 1, "elu": 2, "gelu": 3, "silu": 4, "softplus": 5, "tanh": 6}
"""The numbers by which the compiled loops know the names of `sciml_bench.networks`."""

_CENTRE = 3.75
_ERFCX = np.ascontiguousarray(
    Chebyshev.interpolate(
        lambda t: (1 + 2 * _CENTRE * (1 + t) / (1 - t + 1e-300)) * erfcx(_CENTRE * (1 + t) / (1 - t + 1e-300)), 21
    )
    .convert(kind=Polynomial)
    .coef[::-1]
)
_EXPONENTIAL = np.array([1 / math.factorial(order) for order in range(13, -1, -1)])
_LOG2_E = 1 / math.log(2)
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# Adding it leaves the nearest integer in the low bits of a float64.
_MAGIC = 1.5 * 2.0**52
_HALF_ROOT = math.sqrt(0.5)
_DENSITY = 1 / math.sqrt(2 * math.pi)


@njit(cache=True, fastmath={"contract", "nsz", "arcp"}, error_model="numpy", nogil=True)
@no_type_check
def exponential(x, out, bits, work):
    """exp of every element, to a few units in the last place; arguments are clipped to ±700, `out` may be `x`."""
    shifted = bits.view(np.float64)
    for i in range(x.size):
        work[i] = min(max(x[i], -700.0), 700.0)
    for i in range(x.size):
        raised = work[i] * _LOG2_E + _MAGIC
        k = raised - _MAGIC
        shifted[i] = raised
        r = (work[i] - k * _LN2_HIGH) - k * _LN2_LOW
        p = _EXPONENTIAL[0]
        for order in range(1, 14):
            p = p * r + _EXPONENTIAL[order]
        out[i] = p
    for i in range(x.size):
        bits[i] = (bits[i] << 52) + (1023 << 52)
    for i in range(x.size):
        out[i] *= shifted[i]


@njit(cache=True, fastmath={"contract", "nsz", "arcp"}, error_model="numpy", nogil=True)
@no_type_check
def activate(code, z, value, slope, bits, work):
    """The activation function of a code and its derivative at every z; `bits` and `work` are memory for as many."""
    n = z.size
    if code == 3:
        for i in range(n):
            slope[i] = -0.5 * z[i] * z[i]
        exponential(slope, slope, bits, work)
        for i in range(n):
            x = abs(z[i]) * _HALF_ROOT
            t = (x - _CENTRE) / (x + _CENTRE)
            p = _ERFCX[0]
            for order in range(1, 22):
                p = p * t + _ERFCX[order]
            value[i] = p
        for i in range(n):
            tail = 0.5 * slope[i] * value[i] / (1 + 2 * _HALF_ROOT * abs(z[i]))
            cumulative = 1 - tail if z[i] > 0 else tail
            value[i] = z[i] * cumulative
            slope[i] = cumulative + z[i] * _DENSITY * slope[i]
    elif code == 4:
        for i in range(n):
            slope[i] = -z[i]
        exponential(slope, slope, bits, work)
        for i in range(n):
            s = 1 / (1 + slope[i])
            value[i] = z[i] * s
            slope[i] = s + z[i] * s * (1 - s)
    elif code == 6:
        for i in range(n):
            slope[i] = -2 * abs(z[i])
        exponential(slope, slope, bits, work)
        for i in range(n):
            size = (1 - slope[i]) / (1 + slope[i])
            slope[i] = 1 - size * size
            value[i] = size if z[i] > 0 else -size
    elif code == 0:
        for i in range(n):
            value[i] = max(z[i], 0.0)
            slope[i] = 1.0 if z[i] > 0 else 0.0
    elif code == 1:
        for i in range(n):
            slope[i] = 1.0 if z[i] > 0 else 0.01
            value[i] = slope[i] * z[i]
    else:
        for i in range(n):
            slope[i] = -abs(z[i])
        exponential(slope, slope, bits, work)
        for i in range(n):
            decay = slope[i]
            if code == 2:
                value[i] = z[i] if z[i] > 0 else decay - 1
                slope[i] = 1.0 if z[i] > 0 else decay
            else:
                value[i] = max(z[i], 0.0) + math.log1p(decay)
                slope[i] = 1 / (1 + decay) if z[i] > 0 else decay / (1 + decay)
