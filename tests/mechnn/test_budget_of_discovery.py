"""A search for equations ends within its CPU seconds, at the laws that it has, and says how long it would take."""

import logging

import numpy as np
import pytest
from discovery_cases import lorenz_coefficients, lorenz_rows, whole_rows

from sciml_bench.core.budget import BudgetSpentError, CpuBudget
from sciml_bench.mechnn import BasisLibrary, EquationDiscovery
from sciml_bench.mechnn.discovery import refinement
from sciml_bench.training.loop.fit import fit_directly


def method_of(noise=0.1):
    rows = lorenz_rows(300, 0.02)
    view = whole_rows(rows + noise * np.random.default_rng(0).standard_normal(rows.shape), 0.02)
    return EquationDiscovery(BasisLibrary(view.spec, 2), view)


def test_a_budget_is_spent_after_its_seconds():
    CpuBudget().require()
    CpuBudget(60).require()
    with pytest.raises(BudgetSpentError):
        CpuBudget(0).require()


def test_a_refinement_ends_with_the_laws_before_it(caplog):
    method = method_of()
    fit_directly(method, 1e-9)
    assert "trainer.cpu_seconds is spent" in caplog.text
    assert method.discovery.stiffness is None
    assert method.discovery.equations.coefficients.any(axis=0).all()
    whole = method_of()
    fit_directly(whole, 60)
    assert whole.discovery.stiffness is not None
    names = whole.discovery.equations.library.names
    np.testing.assert_array_equal(whole.discovery.equations.support, lorenz_coefficients(names) != 0)


def test_a_long_refinement_is_told_beforehand(caplog, monkeypatch):
    with caplog.at_level(logging.WARNING):
        method_of().fit()
        assert "minutes" not in caplog.text
        monkeypatch.setattr(refinement, "_TOLD", 1e-9)
        method_of().fit()
    assert "together with 300 rows of 3 components takes about" in caplog.text
