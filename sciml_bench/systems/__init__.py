"""Systems with known truth: one file each, a frozen dataclass of parameters with its sampler and its exact facts."""

from sciml_bench.systems.base import MarkovProcess, System
from sciml_bench.systems.double_pendulum import DoublePendulum
from sciml_bench.systems.driven_oscillator import DrivenOscillator
from sciml_bench.systems.duffing import Duffing
from sciml_bench.systems.linear_gaussian import LinearGaussian
from sciml_bench.systems.logistic_growth import LogisticGrowth
from sciml_bench.systems.lorenz63 import Lorenz63
from sciml_bench.systems.lotka_volterra import LotkaVolterra
from sciml_bench.systems.markov_chain import MarkovChain
from sciml_bench.systems.noisy_logistic_map import NoisyLogisticMap
from sciml_bench.systems.ordinary_differential_equation import OrdinaryDifferentialEquation
from sciml_bench.systems.ornstein_uhlenbeck import OrnsteinUhlenbeck
from sciml_bench.systems.prinz_potential import PrinzPotential
from sciml_bench.systems.quadrature import Quadrature
from sciml_bench.systems.robertson import Robertson
from sciml_bench.systems.switching_autoregressive import SwitchingAutoregressive
from sciml_bench.systems.van_der_pol import VanDerPol

__all__ = [
    "DoublePendulum",
    "DrivenOscillator",
    "Duffing",
    "LinearGaussian",
    "LogisticGrowth",
    "Lorenz63",
    "LotkaVolterra",
    "MarkovChain",
    "MarkovProcess",
    "NoisyLogisticMap",
    "OrdinaryDifferentialEquation",
    "OrnsteinUhlenbeck",
    "PrinzPotential",
    "Quadrature",
    "Robertson",
    "SwitchingAutoregressive",
    "System",
    "VanDerPol",
]
