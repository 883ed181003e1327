"""NeuralODEs: vector fields learned from noisy trajectories by coupling them to the data (Ko et al., NeurIPS 2023)."""

from sciml_bench.node.evaluation import Evaluation
from sciml_bench.node.fields.blackbox import Blackbox
from sciml_bench.node.fields.coupling import CoupledDynamics
from sciml_bench.node.fields.driven_field import DrivenField
from sciml_bench.node.fields.gray_box import GrayBox, KnownDynamics, LotkaVolterraGrayBox
from sciml_bench.node.fields.second_order import SecondOrderBlackbox
from sciml_bench.node.fields.vector_field import VectorField
from sciml_bench.node.fitting.coupling_schedules import AdaptiveSchedule, ConstantSchedule, PowerLawSchedule
from sciml_bench.node.fitting.homotopy import HomotopyTraining
from sciml_bench.node.fitting.multiple_shooting import MultipleShootingTraining
from sciml_bench.node.fitting.smoothing_spline import SmoothingSpline
from sciml_bench.node.fitting.trajectory_fitting import TrajectoryFitting, VanillaTraining
from sciml_bench.node.landscape.hessian import hessian_top_eigenpairs, hessian_trace
from sciml_bench.node.landscape.loss_landscape import losses_of
from sciml_bench.node.landscape.spectral_density import hessian_spectral_density
from sciml_bench.node.learned_field import LearnedField
from sciml_bench.node.solvers.adaptive_solver import AdaptiveSolver
from sciml_bench.node.solvers.compiled_solver import CompiledSolver
from sciml_bench.node.solvers.fixed_step_solver import FixedStepSolver
from sciml_bench.node.solvers.solution import Solution
from sciml_bench.node.solvers.solve import solve
from sciml_bench.node.units import Units

__all__ = [
    "AdaptiveSchedule",
    "AdaptiveSolver",
    "Blackbox",
    "CompiledSolver",
    "ConstantSchedule",
    "CoupledDynamics",
    "DrivenField",
    "Evaluation",
    "FixedStepSolver",
    "GrayBox",
    "HomotopyTraining",
    "KnownDynamics",
    "LearnedField",
    "LotkaVolterraGrayBox",
    "MultipleShootingTraining",
    "PowerLawSchedule",
    "SecondOrderBlackbox",
    "SmoothingSpline",
    "Solution",
    "TrajectoryFitting",
    "Units",
    "VanillaTraining",
    "VectorField",
    "hessian_spectral_density",
    "hessian_top_eigenpairs",
    "hessian_trace",
    "losses_of",
    "solve",
]
