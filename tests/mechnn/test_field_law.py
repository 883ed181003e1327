"""Laws of fields are found in records of known laws, with and without noise, and used to denoise and to forecast."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import Trajectories
from sciml_bench.data.record import Record
from sciml_bench.data.sources import SimulatedTrajectories
from sciml_bench.data.views import WholeTrajectoriesView
from sciml_bench.drawing import pictures_of
from sciml_bench.mechnn import BasisLibrary, FieldDiscovery, FieldEquations, FieldLawEvaluation, FieldLibrary
from sciml_bench.systems import KortewegDeVries, KuramotoSivashinsky

SPLIT = {"train": 0.8, "validation": 0, "test": 0.2}


class Fields(Record):
    """Given fields on a grid."""

    def __init__(self, fields: list[np.ndarray], grid: np.ndarray, time_step: float, **options: Any) -> None:
        super().__init__(**options)
        self.given = Trajectories(tuple(fields), time_step=time_step, component_names=("u",), facts={"grid": grid})

    def load(self) -> Trajectories:
        return self.given


@cache
def simulated(noise: float = 0.0, hyperviscosity: float = 1.1) -> SimulatedTrajectories:
    system = KuramotoSivashinsky(n_points=48, hyperviscosity=hyperviscosity, largest_step=0.05)
    settings: dict[str, Any] = {"burn_in": 60.0, "n_steps": 300, "time_step": 0.2, "split": SPLIT}
    record = SimulatedTrajectories(system, component_names=["u"], noise_std=noise, **settings)
    record.setup()
    return record


@cache
def found(noise: float = 0.0) -> FieldEquations:
    return law_of(simulated(noise))


def law_of(record: Record, **settings: Any) -> FieldEquations:
    record.setup()
    method = FieldDiscovery(FieldLibrary(record.spec, **settings), WholeTrajectoriesView(record))
    method.fit()
    return method.learned()


def terms_of(law: FieldEquations) -> dict[str, float]:
    return {name: float(value[0]) for name, value in law.coefficient_table().items() if value[0] != 0}


def test_the_law_of_clean_fields_is_found_to_five_digits() -> None:
    terms = terms_of(found())
    assert terms == pytest.approx({"u u_x": -1.0, "u_xx": -1.0, "u_xxxx": -1.1}, rel=1e-5)
    assert found().equations() == ("du/dt = -1 u_xx - 1.1 u_xxxx - 1 u u_x",)
    assert found().is_clean
    assert "noise_deviation" not in FieldLawEvaluation()(found(), simulated()).metrics
    assert found().explained == pytest.approx(1)


def test_noise_hides_no_term_and_adds_none() -> None:
    law, truth = found(0.15), {"u u_x": -1.0, "u_xx": -1.0, "u_xxxx": -1.1}
    terms = terms_of(law)
    assert terms.keys() == truth.keys()
    errors = dict(zip(law.library.names, law.standard_errors[:, 0].tolist(), strict=True))
    for name, value in truth.items():
        assert abs(terms[name] - value) < 4 * errors[name]
        assert errors[name] < 0.02


def test_fields_are_told_without_their_noise() -> None:
    record = simulated(0.15)
    train = record.splits["train"]
    assert train.clean is not None
    told, true = found(0.15).reconstruct(train)[0], np.asarray(train.clean[0])
    errors = np.sqrt(((told - true) ** 2).mean(axis=1))
    assert np.median(errors) < 0.15 / 5
    assert errors.max() < 0.15
    np.testing.assert_array_equal(
        found().reconstruct(simulated().splits["train"])[0], simulated().splits["train"].states[0]
    )


@pytest.mark.parametrize(("noise", "largest"), [(0.0, 1e-4), (0.15, 0.15)])
def test_a_forecast_follows_the_true_fields(noise: float, largest: float) -> None:
    parts = simulated(noise).splits
    forecast = found(noise).forecast(parts["train"], 60)  # 12 time units
    true = simulated(noise).simulated()[0, 240:300]
    assert np.sqrt(((forecast.states[0] - true) ** 2).mean()) < largest
    assert forecast.status == ("ok",)


def test_a_law_is_stored_and_restored(tmp_path: Any) -> None:
    write_learned(tmp_path / "learned.ckpt", found())
    restored, past = read_learned(tmp_path / "learned.ckpt"), simulated().splits["train"]
    assert restored.equations() == found().equations()
    np.testing.assert_array_equal(restored.forecast(past, 5).states, found().forecast(past, 5).states)
    np.testing.assert_allclose(
        restored.system().reference(np.asarray(past.states[0])[0], np.array([0.0, 0.1]))[1],
        KuramotoSivashinsky(n_points=48, hyperviscosity=1.1).reference(
            np.asarray(past.states[0])[0], np.array([0.0, 0.1])
        )[1],
        atol=1e-4,
    )


def test_the_scores_know_the_true_law_and_the_pictures_are_drawn() -> None:
    results = FieldLawEvaluation()(found(0.15), simulated(0.15))
    metrics = results.metrics
    assert (metrics["n_terms"], metrics["exact_support"]) == (3, 1)
    assert metrics["worst_coefficient_error"] < 0.02
    assert metrics["noise_deviation"] == pytest.approx(0.15, rel=0.05)
    assert metrics["reconstruction_relative_error_clean"] < 0.03
    assert set(pictures_of(results.stored_arrays)) == {"coefficients", "rollout"}


def test_another_law_of_several_records_is_found_as_well() -> None:
    equation = KortewegDeVries(length=32.0, n_points=64)
    initial = equation.random_initial_fields(3, seed=0)
    record = Fields(list(equation.solve(initial, 0.1 * np.arange(80))), equation.grid, 0.1)
    terms = terms_of(law_of(record, highest_derivative=3))
    assert terms == pytest.approx({"u u_x": -1.0, "u_xxx": -1.0}, rel=1e-3)


def test_fields_without_a_law_are_said_to_have_none() -> None:
    rows = np.random.default_rng(0).standard_normal((200, 32))
    record = Fields([rows], np.arange(32.0), 1.0)
    record.setup()
    method = FieldDiscovery(FieldLibrary(record.spec), WholeTrajectoriesView(record))
    method.fit()
    assert "no law found" in method.record_entries()["remarks"][0]


def test_what_cannot_be_a_law_of_fields_is_refused() -> None:
    record = simulated()
    view = WholeTrajectoriesView(record)
    with pytest.raises(ConfigurationError, match="choose model=field_terms"):
        FieldDiscovery(BasisLibrary(record.spec, degree=1), view)
    with pytest.raises(ConfigurationError, match=r"training\.threshold"):
        FieldDiscovery(FieldLibrary(record.spec), view, threshold=-1)
    short = Fields([np.asarray(record.splits["train"].states[0])[:8]], np.arange(48.0), 0.2, split={"train": 1.0})
    with pytest.raises(DataError, match="8 rows are too few"):
        law_of(short)
