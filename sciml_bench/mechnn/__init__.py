"""Mechanistic neural networks: a differentiable block that solves linear ODEs, and what is learned with it."""

from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.choice.held_out_choice import HeldOutChoice
from sciml_bench.mechnn.discovery.choice.library_choice import LibraryChoice
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations
from sciml_bench.mechnn.discovery.discovery_network import DiscoveryNetwork
from sciml_bench.mechnn.discovery.discovery_training import DiscoveryTraining
from sciml_bench.mechnn.discovery.equation_discovery import EquationDiscovery
from sciml_bench.mechnn.discovery.evaluation import EquationEvaluation
from sciml_bench.mechnn.discovery.fields.evaluation import FieldLawEvaluation
from sciml_bench.mechnn.discovery.fields.field_discovery import FieldDiscovery
from sciml_bench.mechnn.discovery.fields.field_equations import FieldEquations
from sciml_bench.mechnn.discovery.fields.field_library import FieldLibrary
from sciml_bench.mechnn.discovery.rational.rational_library import RationalLibrary
from sciml_bench.mechnn.linear_ode.layer import LinearODELayer, with_taylor_order
from sciml_bench.mechnn.linear_ode.solve import LinearODESolution, solve_linear_ode
from sciml_bench.mechnn.parameters.learned_linear_ode import LearnedLinearODE
from sciml_bench.mechnn.parameters.logistic_closed_form import LogisticClosedForm, LogisticLeastSquares
from sciml_bench.mechnn.parameters.logistic_network import LogisticNetwork
from sciml_bench.mechnn.parameters.logistic_training import LogisticNetworkEstimator, LogisticTraining
from sciml_bench.mechnn.parameters.parameter_recovery import ParameterEvaluation
from sciml_bench.mechnn.parameters.trajectory_fit import SmoothedTrajectories, SmoothingEvaluation, TrajectoryFit
from sciml_bench.mechnn.sequence_models.field_sequence_model import FieldSequenceModel
from sciml_bench.mechnn.sequence_models.interaction_sequence_model import InteractionSequenceModel

__all__ = [
    "BasisLibrary",
    "DiscoveredEquations",
    "DiscoveryNetwork",
    "DiscoveryTraining",
    "EquationDiscovery",
    "EquationEvaluation",
    "FieldDiscovery",
    "FieldEquations",
    "FieldLawEvaluation",
    "FieldLibrary",
    "FieldSequenceModel",
    "HeldOutChoice",
    "InteractionSequenceModel",
    "LearnedLinearODE",
    "LibraryChoice",
    "LinearODELayer",
    "LinearODESolution",
    "LogisticClosedForm",
    "LogisticLeastSquares",
    "LogisticNetwork",
    "LogisticNetworkEstimator",
    "LogisticTraining",
    "ParameterEvaluation",
    "RationalLibrary",
    "SmoothedTrajectories",
    "SmoothingEvaluation",
    "TrajectoryFit",
    "solve_linear_ode",
    "with_taylor_order",
]
