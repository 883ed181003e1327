"""What a run has learned fulfils the protocols that it claims: the same methods, with the same arguments."""

import inspect

import pytest

from sciml_bench.data import capabilities
from sciml_bench.koopman.koopman_model import KoopmanModel
from sciml_bench.mechnn.discovery.discovered_equations import DiscoveredEquations
from sciml_bench.mechnn.discovery.fields.field_equations import FieldEquations
from sciml_bench.mechnn.parameters.parameter_recovery import GrowthEstimator
from sciml_bench.node.learned_field import LearnedField
from sciml_bench.nsm.trained_operator import TrainedOperator
from sciml_bench.sequences.sequence_forecaster import SequenceForecaster

FULFILLED = {
    KoopmanModel: ("Forecaster", "SpectrumEstimator", "KnowsRecord", "Exportable"),
    LearnedField: ("Forecaster", "KnowsRecord", "Exportable"),
    DiscoveredEquations: ("Forecaster", "EquationDiscoverer", "KnowsRecord", "Exportable"),
    FieldEquations: ("Forecaster", "Reconstructor", "EquationDiscoverer", "KnowsRecord"),
    SequenceForecaster: ("Forecaster", "KnowsRecord", "Exportable"),
    TrainedOperator: ("SolutionOperator", "Exportable"),
    GrowthEstimator: ("ParameterEstimator",),
}


@pytest.mark.parametrize(
    ("learned", "protocol"), [(learned, name) for learned, names in FULFILLED.items() for name in names]
)
def test_a_learned_class_has_the_methods_of_its_protocol(learned, protocol):
    asked = vars(getattr(capabilities, protocol))
    methods = {name: each for name, each in asked.items() if inspect.isfunction(each) and not name.startswith("_")}
    for name, method in methods.items():
        found = getattr(learned, name)
        assert inspect.isfunction(found), f"{learned.__name__}.{name} is no method"
        wanted = list(inspect.signature(method).parameters)
        given = inspect.signature(found).parameters
        assert list(given)[: len(wanted)] == wanted
        assert all(given[extra].default is not inspect.Parameter.empty for extra in list(given)[len(wanted) :])
    assert methods or any(isinstance(each, property) for each in asked.values())


def test_every_protocol_has_somebody_who_fulfils_it():
    protocols = {name for name, each in vars(capabilities).items() if getattr(each, "_is_protocol", False)}
    assert {name for names in FULFILLED.values() for name in names} == protocols - {"Protocol"}
