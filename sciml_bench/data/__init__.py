"""What is observed: simulated or read, checked, split without leaks, and handed out as lagged pairs."""

from sciml_bench.data.files import TrajectoryFiles
from sciml_bench.data.lagged_pairs import LaggedPairs
from sciml_bench.data.loader import PairLoader
from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.ordered_digits import OrderedDigits
from sciml_bench.data.ordered_mnist import OrderedMNIST
from sciml_bench.data.simulated import MarkovTrajectories, OrdinaryDifferentialEquationTrajectories
from sciml_bench.data.spec import DataSpec
from sciml_bench.data.split import split_by_time, split_by_trajectory
from sciml_bench.data.standardization import Standardization
from sciml_bench.data.trajectories import Trajectories

__all__ = [
    "DataSpec",
    "LaggedPairs",
    "MarkovTrajectories",
    "OrderedDigits",
    "OrderedMNIST",
    "OrdinaryDifferentialEquationTrajectories",
    "PairLoader",
    "Standardization",
    "Trajectories",
    "TrajectoryData",
    "TrajectoryFiles",
    "split_by_time",
    "split_by_trajectory",
]
