import sys

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import LinearOscillators
from sciml_bench.mechnn import LinearODEBlock, SolverComparison
from sciml_bench.systems import DrivenOscillator
from sciml_bench.training import composed, run


@pytest.fixture(scope="module")
def data():
    systems = {"harmonic": DrivenOscillator(), "driven": DrivenOscillator(2.0, 0.3, 1.0, 1.3)}
    data = LinearOscillators(systems, n_steps=60)
    data.setup()
    return data


@pytest.fixture(scope="module")
def scores(data):
    options = {"refinements": (1, 0.5), "tolerances": (1e-6, 1e-9), "repetitions": 1}
    method = SolverComparison(LinearODEBlock(data.spec, taylor_orders=[2, 4]), data.spec, **options)
    method.fit_directly(data)
    return {(score.problem, score.solver, score.setting): score for score in method.scores}, method


@pytest.mark.parametrize("problem", ["harmonic", "driven"])
@pytest.mark.parametrize(("solver", "order"), [("block_order_2", 2), ("block_order_4", 4), ("torchdiffeq_rk4", 4)])
def test_halving_the_step_divides_the_error_by_two_to_the_order(scores, problem, solver, order):
    coarse, fine = (scores[0][problem, solver, step].errors for step in (0.05, 0.025))
    measured = np.log2(np.array(coarse) / np.array(fine))
    np.testing.assert_allclose(measured, order, atol=0.35)


@pytest.mark.parametrize("problem", ["harmonic", "driven"])
@pytest.mark.parametrize("solver", ["scipy_RK45", "scipy_DOP853", "torchdiffeq_dopri5"])
def test_a_smaller_tolerance_costs_evaluations_and_buys_accuracy(scores, problem, solver):
    loose, tight = (scores[0][problem, solver, tolerance] for tolerance in (1e-6, 1e-9))
    assert tight.evaluations > 1.5 * loose.evaluations
    assert max(tight.errors) < 0.05 * max(loose.errors)
    assert max(tight.errors) < 1e-5


def test_evaluations_are_counted(scores):
    assert scores[0]["harmonic", "torchdiffeq_rk4", 0.05].evaluations == 4 * 60
    assert scores[0]["harmonic", "block_order_2", 0.025].evaluations == 121


def test_the_metrics_are_those_of_the_first_setting_and_the_arrays_hold_the_whole_table(data, scores):
    found, method = scores
    metrics, arrays = method.evaluate(data), method.arrays(data)
    assert metrics["driven_block_order_4_error_ddu"] == found["driven", "block_order_4", 0.05].errors[2]
    assert metrics["driven_scipy_RK45_error_u"] == found["driven", "scipy_RK45", 1e-6].errors[0]
    assert len(arrays["solver"]) == len(found) == 2 * (2 + 2 + 2) * 2
    assert (arrays["seconds"] > 0).all()


def test_error_of_the_harmonic_oscillator_of_record():
    data = LinearOscillators({"harmonic": DrivenOscillator()})
    data.setup()
    model = LinearODEBlock(data.spec, taylor_orders=[2, 4])
    method = SolverComparison(model, data.spec, refinements=[1], scipy=[], torchdiffeq=[], repetitions=1)
    method.fit_directly(data)
    second, fourth = (max(score.errors) for score in method.scores)
    assert second < 2e-2
    assert fourth < 1e-5


def test_the_experiment_writes_its_table_and_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(
        sys.modules["sciml_bench.training.run"], "save_figure", lambda figure, path: drawn.append(path.stem)
    )
    drawn: list[str] = []
    options = ["experiment=solver_comparison", "logger=none", "data.n_steps=20", "training.refinements=[1.0]"]
    metrics = run(composed("mechnn", [*options, "training.tolerances=[1e-5]"], folder=tmp_path))
    assert metrics["harmonic_block_order_5_error_u"] < 1e-5
    assert drawn == ["error_against_seconds", "error_against_evaluations"]
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as arrays:
        assert set(arrays["problem"]) == {"harmonic", "driven"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scipy": ["RK4"]}, r"training\.scipy: RK4 is unknown"),
        ({"torchdiffeq": ["RK45"]}, r"training\.torchdiffeq: RK45"),
        ({"tolerances": [0]}, r"training\.tolerances=\[0\]"),
        ({"refinements": []}, r"training\.refinements=\[\]"),
        ({"repetitions": 0}, r"training\.repetitions=0"),
    ],
)
def test_bad_choices_are_refused(data, options, message):
    with pytest.raises(ConfigurationError, match=message):
        SolverComparison(LinearODEBlock(data.spec), data.spec, **options)


def test_an_order_below_that_of_an_oscillator_is_refused(data):
    with pytest.raises(ConfigurationError, match=r"model\.taylor_orders=\[1, 2\]"):
        LinearODEBlock(data.spec, taylor_orders=[1, 2])
