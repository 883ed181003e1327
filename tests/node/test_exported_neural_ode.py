"""Of a NeuralODE, what its own solver says is what leaves; an ensemble has no single field."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.data import Trajectories
from sciml_bench.data.spec import RecordSpec
from sciml_bench.node.fields.blackbox import Blackbox
from sciml_bench.node.learned_field import LearnedField
from sciml_bench.node.solvers.adaptive_solver import AdaptiveSolver
from sciml_bench.node.solvers.compiled_solver import CompiledSolver
from sciml_bench.node.solvers.fixed_step_solver import FixedStepSolver

KINDS = (None, "linear", "hold")


def learned(solver, interpolation=None):
    rng = np.random.default_rng(0)
    acting = {} if interpolation is None else {"inputs": (rng.standard_normal((30, 1)),), "input_names": ("u",)}
    acting |= {} if interpolation is None else {"input_interpolation": interpolation}
    spec = RecordSpec.of(Trajectories((rng.standard_normal((30, 2)),), time_step=0.2, **acting))
    torch.manual_seed(0)
    return LearnedField(Blackbox(spec, nodes_per_layer=8, activation="tanh"), solver, spec)


@pytest.mark.parametrize(
    ("solver", "interpolation"),
    [
        *[(solver, kind) for solver in (FixedStepSolver("rk4"), CompiledSolver(max_step=0.07)) for kind in KINDS],
        *[(AdaptiveSolver(), None), (AdaptiveSolver(), "linear")],  # which takes no inputs that jump
    ],
)
def test_the_next_state_is_that_of_the_run_s_own_solver(solver, interpolation):
    function = learned(solver, interpolation).exported()["next_state"]()
    with torch.no_grad():
        difference = function.difference(lambda *rows: function.graph(*map(torch.from_numpy, rows)).numpy())
    assert difference < (1e-5 if isinstance(solver, AdaptiveSolver) else 1e-12)
    assert len(function.inputs) == {None: 2, "hold": 3, "linear": 4}[interpolation]
    if isinstance(solver, CompiledSolver):
        assert function.facts["solver_steps"] == 3


def test_an_ensemble_is_sent_to_one_of_its_runs():
    together = LearnedField.joined([learned(FixedStepSolver()), learned(FixedStepSolver())])
    with pytest.raises(DataError, match="an ensemble holds several fields"):
        together.exported()
