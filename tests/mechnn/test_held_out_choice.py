"""Candidate terms that held-out forecasts choose: cubic, with sines, or as many as time allows."""

import logging

import numpy as np
import pytest
from discovery_cases import whole_rows
from scipy.integrate import solve_ivp
from scripts import settings

from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError, SolverError
from sciml_bench.mechnn import EquationDiscovery, HeldOutChoice, LibraryChoice
from sciml_bench.training.build import build

STEP = 0.1
SPLIT = {"train": 0.7, "validation": 0.3, "test": 0}


def rows_of(law, start):
    times = STEP * np.arange(300)
    return solve_ivp(law, (0, times[-1]), start, t_eval=times, method="DOP853", rtol=1e-11, atol=1e-11).y.T


def pendulum():
    return rows_of(lambda t, u: [u[1], -4 * np.sin(u[0]) - 0.05 * u[1]], [2.5, 0.0])


def duffing():
    return rows_of(lambda t, u: [u[1], u[0] - u[0] ** 3], [0.1, 0.9])


def method_of(rows, split=SPLIT, view=None, **options):
    view = whole_rows(rows, STEP, split=split) if view is None else view
    return HeldOutChoice(LibraryChoice(view.spec, **options), view)


def test_a_pendulum_is_written_with_a_sine_and_its_law_is_exact(caplog):
    method = method_of(pendulum())
    with caplog.at_level(logging.INFO):
        method.fit()
    told = method.record_entries()
    assert told["library"] == "degree 1 with waves"
    assert told["equations"] == ["dx/dt = 1 y", "dy/dt = -0.05 y - 4 sin(x)"]
    assert told["validation_errors"]["degree 1 with waves"] < 1e-5
    assert "forecasts best" in caplog.text
    assert caplog.text.count("dy/dt = ") == 1  # what loses is not told


def test_a_cubic_law_is_found_and_nothing_longer_is_tried():
    method = method_of(duffing())
    method.fit()
    assert method.record_entries()["library"] == "degree 3"
    assert method.learned().equations() == ("dx/dt = 1 y", "dy/dt = 1 x - 1 x^3")
    assert "degree 4" not in method.record_entries()["validation_errors"]


def test_of_what_has_no_law_the_least_wrong_is_kept_within_the_budget(caplog):
    noise = np.random.default_rng(0).standard_normal((300, 2))
    method = method_of(noise, degrees=[1, 2], degrees_with_waves=[], rational_degrees=[])
    method.cpu_seconds = 1e-9
    method.fit()
    assert list(method.record_entries()["validation_errors"]) == ["degree 1"]
    assert method.learned().system().dim == 2
    assert "trainer.cpu_seconds is spent with 1 of 2 libraries tried" in caplog.text


def test_what_the_record_keeps_is_looked_for_once_and_told_of_the_best(monkeypatch, caplog):
    looked, look = [], EquationDiscovery.look_for_invariants
    monkeypatch.setattr(EquationDiscovery, "look_for_invariants", lambda self: looked.append(look(self)))
    rows = rows_of(lambda t, u: [u[1], u[0] - u[0] ** 3, 0.0], [0.1, 0.9, 3.0])
    method = method_of(rows, degrees=[1, 2, 3], degrees_with_waves=[], rational_degrees=[])
    with caplog.at_level(logging.INFO):
        method.fit()
    assert method.record_entries()["library"] == "degree 3"
    assert len(looked) == 1
    assert any(each.endswith(" = 3") for each in method.record_entries()["invariants"])
    assert "the record keeps" in caplog.text


def test_a_refinement_that_breaks_down_leaves_the_laws_before_it(monkeypatch, caplog):
    find, refinements = EquationDiscovery.find, []

    def breaks_down(self):
        refinements.append(self.recipe.refinement)
        if self.recipe.refinement == "auto":
            raise SolverError("the vector field leaves every bound")
        return find(self)

    monkeypatch.setattr(EquationDiscovery, "find", breaks_down)
    noisy = duffing() + 0.05 * np.random.default_rng(0).standard_normal((300, 2))
    method = method_of(noisy, degrees=[3], degrees_with_waves=[], rational_degrees=[])
    method.fit()
    assert refinements[-1] == "auto"
    assert method.record_entries()["library"] == "degree 3"
    assert "degree 3: the refinement is left out: the vector field leaves every bound" in caplog.text


def test_libraries_that_ask_for_more_rows_are_passed_over_and_named_where_none_is_left():
    few = duffing()[:50]
    method = method_of(few, degrees=[2, 5], degrees_with_waves=[], rational_degrees=[])
    method.fit()
    assert list(method.record_entries()["validation_errors"]) == ["degree 2"]
    with pytest.raises(DataError, match=r"35 rows .* too few .* 42 are needed; give more, or choose"):
        method_of(few, degrees=[5], degrees_with_waves=[], rational_degrees=[]).fit()


def test_what_cannot_choose_is_told_with_its_remedy():
    view = whole_rows(duffing(), STEP)
    with pytest.raises(
        NotApplicableError, match=r"data\.split\.validation above 0, or .* few rows choose training=closed"
    ):
        method_of(None, view=view).fit()
    with pytest.raises(ConfigurationError, match=r"model\.degrees=\[\]: there is nothing to choose from"):
        LibraryChoice(view.spec, [], [], [])
    with pytest.raises(RuntimeError, match="call fit"):
        method_of(duffing()).learned()


def test_its_choices_compose_into_a_run(tmp_path):
    _, method = build(settings("mechnn", "model=library_choice", "training=held_out_choice", folder=tmp_path))
    assert isinstance(method, HeldOutChoice)
    assert list(method.libraries)[:2] == ["degree 2", "degree 1 with waves"]
