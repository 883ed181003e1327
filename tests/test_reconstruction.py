"""States behind noisy rows, by what three paradigms learn: a rotation, whose motion is known in closed form."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import DataError, NotApplicableError
from sciml_bench.data import LaggedPairsView, Trajectories
from sciml_bench.data.capabilities import Reconstructor
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.koopman import FlattenedStates, KoopmanModel, KoopmanOperator
from sciml_bench.mechnn import BasisLibrary, DiscoveredEquations
from sciml_bench.node import CompiledSolver, FixedStepSolver, LearnedField, VectorField
from sciml_bench.suite.common_task import SplineSmoothing

N_ROWS, NOISE, CLOCK = 500, 0.1, 0.1
TIMES = CLOCK * np.arange(N_ROWS)
TRUTH = 3.0 + np.stack([2 * np.cos(TIMES), -2 * np.sin(TIMES)], axis=1)
NOISY = TRUTH + NOISE * np.random.default_rng(0).standard_normal(TRUTH.shape)


class Rotation(VectorField):
    """dx/dt = y − 3, dy/dt = 3 − x."""

    def __init__(self) -> None:
        super().__init__(2)

    def forward(self, t, x, u=None):
        return torch.stack([x[..., 1] - 3, 3 - x[..., 0]], dim=-1)


def record(rows: np.ndarray = NOISY) -> TrajectoryFiles:
    source = TrajectoryFiles.from_arrays(TIMES[: len(rows)], rows, split={"train": 1.0})
    source.setup()
    return source


def koopman(source: TrajectoryFiles, lag: int = 1) -> KoopmanModel:
    view = LaggedPairsView(source, lag=lag, batch_size=64)
    return KoopmanModel.estimated(KoopmanOperator("edmd_left", add_constant=True), view, FlattenedStates())


def error(learned, past: Trajectories) -> float:
    assert isinstance(learned, Reconstructor)
    (states,) = learned.reconstruct(past)
    assert states.shape == TRUTH.shape
    return float(np.sqrt(np.mean((states - TRUTH) ** 2)))


def test_what_knows_the_motion_averages_noise_over_the_record() -> None:
    """Four numbers of the start are told by a thousand: the error is far below the noise."""
    source = record()
    past = source.splits["train"]
    assert error(LearnedField(Rotation(), FixedStepSolver(max_step=0.05), source.spec), past) < 0.15 * NOISE
    terms = BasisLibrary(source.spec, 1)
    coefficients = np.array([[-3.0, 3.0], [0.0, -1.0], [1.0, 0.0]])
    assert error(DiscoveredEquations(terms, coefficients, stiffness=1e4), past) < 0.15 * NOISE


def test_what_was_learned_from_noisy_rows_makes_them_better() -> None:
    source = record()
    assert error(koopman(source), source.splits["train"]) < 0.5 * NOISE
    assert error(SplineSmoothing(source.spec).fit(source), source.splits["train"]) < 0.7 * NOISE


def test_equations_of_a_clean_record_leave_rows_as_they_are() -> None:
    source = record(TRUTH)
    found = DiscoveredEquations(BasisLibrary(source.spec, 1), np.zeros((3, 2)))
    np.testing.assert_array_equal(found.reconstruct(source.splits["train"])[0], TRUTH)


def test_a_compiled_solver_steps_alike_and_other_states_are_refused() -> None:
    source = record()
    alone = LearnedField(Rotation(), CompiledSolver(max_step=0.05), source.spec)
    with pytest.raises(DataError, match=r"states of the shape"):
        alone.reconstruct(Trajectories((np.ones((5, 3)),), time_step=CLOCK))
    assert error(alone, source.splits["train"]) < 0.15 * NOISE


def test_what_cannot_reconstruct_says_so() -> None:
    source = record()
    with pytest.raises(NotApplicableError, match=r"over a lag of several steps"):
        koopman(source, lag=2).reconstruct(source.splits["train"])
    wide = TrajectoryFiles.from_arrays(TIMES, np.random.default_rng(0).standard_normal((N_ROWS, 21)))
    wide.setup()
    with pytest.raises(NotApplicableError, match=r"more than 20 components"):
        koopman(wide).reconstruct(wide.splits["train"])
