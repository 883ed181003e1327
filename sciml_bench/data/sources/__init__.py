"""One file per record: simulated from a system of known truth, read from files, or drawn from real pictures.

A name is imported when it is asked for.
"""

from typing import TYPE_CHECKING

from sciml_bench.core import lazy_names

if TYPE_CHECKING:
    from sciml_bench.data.sources.double_pendulum_recording import DoublePendulumRecording
    from sciml_bench.data.sources.driven_trajectories import DrivenTrajectories
    from sciml_bench.data.sources.ephemeris import Ephemeris
    from sciml_bench.data.sources.korteweg_de_vries_fields import KortewegDeVriesFields
    from sciml_bench.data.sources.libraries.dysts_trajectories import DystsTrajectories
    from sciml_bench.data.sources.logistic_populations import LogisticPopulations
    from sciml_bench.data.sources.markov_trajectories import MarkovTrajectories
    from sciml_bench.data.sources.noisy_damped_sine import NoisyDampedSine
    from sciml_bench.data.sources.ordered_digits import OrderedDigits
    from sciml_bench.data.sources.ordered_mnist import OrderedMNIST
    from sciml_bench.data.sources.simulated_trajectories import SimulatedTrajectories
    from sciml_bench.data.sources.trajectory_files import TrajectoryFiles
    from sciml_bench.data.sources.two_body_orbits import TwoBodyOrbits

__all__ = [
    "DoublePendulumRecording",
    "DrivenTrajectories",
    "DystsTrajectories",
    "Ephemeris",
    "KortewegDeVriesFields",
    "LogisticPopulations",
    "MarkovTrajectories",
    "NoisyDampedSine",
    "OrderedDigits",
    "OrderedMNIST",
    "SimulatedTrajectories",
    "TrajectoryFiles",
    "TwoBodyOrbits",
]

_HOMES = {
    "DoublePendulumRecording": "double_pendulum_recording",
    "DrivenTrajectories": "driven_trajectories",
    "DystsTrajectories": "libraries.dysts_trajectories",
    "Ephemeris": "ephemeris",
    "KortewegDeVriesFields": "korteweg_de_vries_fields",
    "LogisticPopulations": "logistic_populations",
    "MarkovTrajectories": "markov_trajectories",
    "NoisyDampedSine": "noisy_damped_sine",
    "OrderedDigits": "ordered_digits",
    "OrderedMNIST": "ordered_mnist",
    "SimulatedTrajectories": "simulated_trajectories",
    "TrajectoryFiles": "trajectory_files",
    "TwoBodyOrbits": "two_body_orbits",
}

__getattr__ = lazy_names(__name__, _HOMES)
