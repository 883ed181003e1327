"""Systems with known truth: one file each, a frozen dataclass of parameters with its sampler and its exact facts.

A name is imported when it is asked for.
"""

from typing import TYPE_CHECKING

from sciml_bench.core import lazy_names

if TYPE_CHECKING:
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

_HOMES = {
    "Burgers": "partial.burgers",
    "DoublePendulum": "ordinary.double_pendulum",
    "DoubleWell": "markov.double_well",
    "DrivenOscillator": "ordinary.driven_oscillator",
    "Duffing": "ordinary.duffing",
    "FieldLaw": "partial.field_law",
    "ForcedDuffing": "ordinary.forced_duffing",
    "Helmholtz": "partial.helmholtz",
    "KortewegDeVries": "partial.korteweg_de_vries",
    "KuramotoSivashinsky": "partial.kuramoto_sivashinsky",
    "LinearGaussian": "markov.linear_gaussian",
    "LogisticGrowth": "ordinary.logistic_growth",
    "Lorenz63": "ordinary.lorenz63",
    "LotkaVolterra": "ordinary.lotka_volterra",
    "MarkovChain": "markov.markov_chain",
    "MarkovProcess": "base",
    "MuellerBrown": "markov.mueller_brown",
    "NavierStokesVorticity": "partial.navier_stokes",
    "NoisyLogisticMap": "markov.noisy_logistic_map",
    "OrdinaryDifferentialEquation": "ordinary.ordinary_differential_equation",
    "OrnsteinUhlenbeck": "markov.ornstein_uhlenbeck",
    "PartialDifferentialEquation": "partial.partial_differential_equation",
    "PeriodicEvolution": "partial.periodic_evolution",
    "Poisson": "partial.poisson",
    "PrinzPotential": "markov.prinz_potential",
    "Quadrature": "numerics.quadrature",
    "ReactionDiffusion": "partial.reaction_diffusion",
    "Robertson": "ordinary.robertson",
    "SwitchingAutoregressive": "markov.switching_autoregressive",
    "System": "base",
    "Tank": "ordinary.tank",
    "TwoBody": "ordinary.two_body",
    "VanDerPol": "ordinary.van_der_pol",
}

__getattr__ = lazy_names(__name__, _HOMES)
