"""NeuralODEs: vector fields learned from noisy trajectories by coupling them to the data (Ko et al., NeurIPS 2023)."""

from sciml_bench.node.adaptive_solver import AdaptiveSolver
from sciml_bench.node.blackbox import Blackbox
from sciml_bench.node.compiled_solver import CompiledSolver
from sciml_bench.node.coupling import CoupledDynamics
from sciml_bench.node.evaluation import Evaluation
from sciml_bench.node.fixed_step_solver import FixedStepSolver
from sciml_bench.node.gray_box import GrayBox, LotkaVolterraGrayBox
from sciml_bench.node.hessian import hessian_top_eigenpairs, hessian_trace
from sciml_bench.node.homotopy import HomotopyTraining
from sciml_bench.node.known_dynamics import KnownDynamics
from sciml_bench.node.learning import TrajectoryFitting
from sciml_bench.node.multiple_shooting import MultipleShootingTraining
from sciml_bench.node.schedules import AdaptiveSchedule, ConstantSchedule, PowerLawSchedule
from sciml_bench.node.second_order import SecondOrderBlackbox
from sciml_bench.node.smoothing_spline import SmoothingSpline
from sciml_bench.node.solution import Solution
from sciml_bench.node.solve import solve
from sciml_bench.node.spectral_density import hessian_spectral_density
from sciml_bench.node.vanilla import VanillaTraining
from sciml_bench.node.vector_field import VectorField

__all__ = [
    "AdaptiveSchedule",
    "AdaptiveSolver",
    "Blackbox",
    "CompiledSolver",
    "ConstantSchedule",
    "CoupledDynamics",
    "Evaluation",
    "FixedStepSolver",
    "GrayBox",
    "HomotopyTraining",
    "KnownDynamics",
    "LotkaVolterraGrayBox",
    "MultipleShootingTraining",
    "PowerLawSchedule",
    "SecondOrderBlackbox",
    "SmoothingSpline",
    "Solution",
    "TrajectoryFitting",
    "VanillaTraining",
    "VectorField",
    "hessian_spectral_density",
    "hessian_top_eigenpairs",
    "hessian_trace",
    "solve",
]
