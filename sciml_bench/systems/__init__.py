"""Systems with known truth: one file each, a frozen dataclass of parameters with its sampler and its exact facts."""

from sciml_bench.systems.base import MarkovProcess, System
from sciml_bench.systems.markov.double_well import DoubleWell
from sciml_bench.systems.markov.linear_gaussian import LinearGaussian
from sciml_bench.systems.markov.markov_chain import MarkovChain
from sciml_bench.systems.markov.mueller_brown import MuellerBrown
from sciml_bench.systems.markov.noisy_logistic_map import NoisyLogisticMap
from sciml_bench.systems.markov.ornstein_uhlenbeck import OrnsteinUhlenbeck
from sciml_bench.systems.markov.prinz_potential import PrinzPotential
from sciml_bench.systems.markov.switching_autoregressive import SwitchingAutoregressive
from sciml_bench.systems.numerics.quadrature import Quadrature
from sciml_bench.systems.ordinary.double_pendulum import DoublePendulum
from sciml_bench.systems.ordinary.driven_oscillator import DrivenOscillator
from sciml_bench.systems.ordinary.duffing import Duffing
from sciml_bench.systems.ordinary.forced_duffing import ForcedDuffing
from sciml_bench.systems.ordinary.logistic_growth import LogisticGrowth
from sciml_bench.systems.ordinary.lorenz63 import Lorenz63
from sciml_bench.systems.ordinary.lotka_volterra import LotkaVolterra
from sciml_bench.systems.ordinary.ordinary_differential_equation import OrdinaryDifferentialEquation
from sciml_bench.systems.ordinary.robertson import Robertson
from sciml_bench.systems.ordinary.tank import Tank
from sciml_bench.systems.ordinary.two_body import TwoBody
from sciml_bench.systems.ordinary.van_der_pol import VanDerPol
from sciml_bench.systems.partial.burgers import Burgers
from sciml_bench.systems.partial.field_law import FieldLaw
from sciml_bench.systems.partial.helmholtz import Helmholtz
from sciml_bench.systems.partial.korteweg_de_vries import KortewegDeVries
from sciml_bench.systems.partial.kuramoto_sivashinsky import KuramotoSivashinsky
from sciml_bench.systems.partial.navier_stokes import NavierStokesVorticity
from sciml_bench.systems.partial.partial_differential_equation import PartialDifferentialEquation
from sciml_bench.systems.partial.periodic_evolution import PeriodicEvolution
from sciml_bench.systems.partial.poisson import Poisson
from sciml_bench.systems.partial.reaction_diffusion import ReactionDiffusion

__all__ = [
    "Burgers",
    "DoublePendulum",
    "DoubleWell",
    "DrivenOscillator",
    "Duffing",
    "FieldLaw",
    "ForcedDuffing",
    "Helmholtz",
    "KortewegDeVries",
    "KuramotoSivashinsky",
    "LinearGaussian",
    "LogisticGrowth",
    "Lorenz63",
    "LotkaVolterra",
    "MarkovChain",
    "MarkovProcess",
    "MuellerBrown",
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
    "Tank",
    "TwoBody",
    "VanDerPol",
]
