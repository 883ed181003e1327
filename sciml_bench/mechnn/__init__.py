"""Mechanistic neural networks: a differentiable block that solves linear ODEs, and what is learned with it."""

from sciml_bench.mechnn.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery_network import DiscoveryNetwork
from sciml_bench.mechnn.discovery_training import DiscoveryTraining
from sciml_bench.mechnn.equation_discovery import EquationDiscovery
from sciml_bench.mechnn.learned_linear_ode import LearnedLinearODE
from sciml_bench.mechnn.linear_ode import LinearODESolution, solve_linear_ode
from sciml_bench.mechnn.linear_ode_block import LinearODEBlock
from sciml_bench.mechnn.linear_ode_layer import LinearODELayer, with_taylor_order
from sciml_bench.mechnn.logistic_closed_form import LogisticClosedForm
from sciml_bench.mechnn.logistic_network import LogisticNetwork
from sciml_bench.mechnn.logistic_training import LogisticTraining
from sciml_bench.mechnn.solver_comparison import SolverComparison
from sciml_bench.mechnn.trajectory_fit import TrajectoryFit

__all__ = [
    "BasisLibrary",
    "DiscoveryNetwork",
    "DiscoveryTraining",
    "EquationDiscovery",
    "LearnedLinearODE",
    "LinearODEBlock",
    "LinearODELayer",
    "LinearODESolution",
    "LogisticClosedForm",
    "LogisticNetwork",
    "LogisticTraining",
    "SolverComparison",
    "TrajectoryFit",
    "solve_linear_ode",
    "with_taylor_order",
]
