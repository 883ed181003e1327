"""Systems with known truth: one file each, a frozen dataclass of parameters with its sampler and its exact facts."""

from sciml_bench.systems.base import MarkovProcess, System
from sciml_bench.systems.burgers import Burgers
from sciml_bench.systems.double_pendulum import DoublePendulum
from sciml_bench.systems.driven_oscillator import DrivenOscillator
from sciml_bench.systems.duffing import Duffing
from sciml_bench.systems.korteweg_de_vries import KortewegDeVries
from sciml_bench.systems.linear_gaussian import LinearGaussian
from sciml_bench.systems.logistic_growth import LogisticGrowth
from sciml_bench.systems.lorenz63 import Lorenz63
from sciml_bench.systems.lotka_volterra import LotkaVolterra
from sciml_bench.systems.markov_chain import MarkovChain
from sciml_bench.systems.navier_stokes import NavierStokesVorticity
from sciml_bench.systems.noisy_logistic_map import NoisyLogisticMap
from sciml_bench.systems.ordinary_differential_equation import OrdinaryDifferentialEquation
from sciml_bench.systems.ornstein_uhlenbeck import OrnsteinUhlenbeck
from sciml_bench.systems.partial_differential_equation import PartialDifferentialEquation
from sciml_bench.systems.periodic_evolution import PeriodicEvolution
from sciml_bench.systems.poisson import Poisson
from sciml_bench.systems.prinz_potential import PrinzPotential
from sciml_bench.systems.quadrature import Quadrature
from sciml_bench.systems.reaction_diffusion import ReactionDiffusion
from sciml_bench.systems.robertson import Robertson
from sciml_bench.systems.switching_autoregressive import SwitchingAutoregressive
from sciml_bench.systems.two_body import TwoBody
from sciml_bench.systems.van_der_pol import VanDerPol

__all__ = [
    "Burgers",
    "DoublePendulum",
    "DrivenOscillator",
    "Duffing",
    "KortewegDeVries",
    "LinearGaussian",
    "LogisticGrowth",
    "Lorenz63",
    "LotkaVolterra",
    "MarkovChain",
    "MarkovProcess",
    "NavierStokesVorticity",
    "NoisyLogisticMap",
    "OrdinaryDifferentialEquation",
    "OrnsteinUhlenbeck",
    "PartialDifferentialEquation",
    "PeriodicEvolution",
    "Poisson",
    "PrinzPotential",
    "Quadrature",
    "ReactionDiffusion",
    "Robertson",
    "SwitchingAutoregressive",
    "System",
    "TwoBody",
    "VanDerPol",
]
