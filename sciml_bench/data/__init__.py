"""What is observed: simulated or read, checked, and handed out as lagged pairs or as whole trajectories."""

from sciml_bench.data.double_pendulum_file import DoublePendulumFile
from sciml_bench.data.ephemeris_windows import EphemerisWindows
from sciml_bench.data.korteweg_de_vries_windows import KortewegDeVriesWindows
from sciml_bench.data.logistic_trajectories import LogisticTrajectories
from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.noisy_damped_sine import NoisyDampedSine
from sciml_bench.data.observations import Observations
from sciml_bench.data.observed_trajectories import ObservedTrajectories
from sciml_bench.data.ordered_digits import OrderedDigits
from sciml_bench.data.ordered_mnist import OrderedMNIST
from sciml_bench.data.record import Record
from sciml_bench.data.simulated import MarkovTrajectories, OrdinaryDifferentialEquationTrajectories
from sciml_bench.data.simulated_windows import SimulatedWindows
from sciml_bench.data.spec import DataSpec, LaggedPairsSpec, ObservationSpec, RecordSpec, WindowsSpec
from sciml_bench.data.split import split_by_time, split_by_trajectory
from sciml_bench.data.standardization import Standardization
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.trajectory_data_files import TrajectoryFiles
from sciml_bench.data.trajectory_windows import TrajectoryWindows
from sciml_bench.data.two_body_windows import TwoBodyWindows
from sciml_bench.data.views.lagged_pairs import LaggedPairs
from sciml_bench.data.views.lagged_pairs_view import LaggedPairsView
from sciml_bench.data.views.pair_loader import PairLoader
from sciml_bench.data.views.whole_trajectories_view import PaddedTrajectories, WholeTrajectoriesView
from sciml_bench.data.views.windows_view import WindowsView

__all__ = [
    "DataSpec",
    "DoublePendulumFile",
    "EphemerisWindows",
    "KortewegDeVriesWindows",
    "LaggedPairs",
    "LaggedPairsSpec",
    "LaggedPairsView",
    "LogisticTrajectories",
    "MarkovTrajectories",
    "NoisyDampedSine",
    "ObservationSpec",
    "Observations",
    "ObservedTrajectories",
    "OrderedDigits",
    "OrderedMNIST",
    "OrdinaryDifferentialEquationTrajectories",
    "PaddedTrajectories",
    "PairLoader",
    "Record",
    "RecordSpec",
    "SimulatedWindows",
    "Standardization",
    "Trajectories",
    "TrajectoryData",
    "TrajectoryFiles",
    "TrajectoryWindows",
    "TwoBodyWindows",
    "WholeTrajectoriesView",
    "WindowsSpec",
    "WindowsView",
    "split_by_time",
    "split_by_trajectory",
]
