import numpy as np
import pytest
import torch
from discovery_cases import lorenz_coefficients, lorenz_rows, whole_rows

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn import BasisLibrary
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations, exact_coefficients
from sciml_bench.systems import DoublePendulum, Lorenz63

LIBRARY = BasisLibrary(whole_rows(lorenz_rows(30, 0.05), 0.05).spec, 2)


def test_equations_read_as_a_person_writes_them() -> None:
    text = SparseEquations(LIBRARY, lorenz_coefficients(LIBRARY.names)).text
    assert text == ("dx/dt = -10 x + 10 y", "dy/dt = 28 x - 1 y - 1 x z", "dz/dt = -2.66667 z + 1 x y")


def test_equations_integrate_to_the_trajectory_they_describe() -> None:
    rows = lorenz_rows(30, 0.05)
    equations = SparseEquations(LIBRARY, lorenz_coefficients(LIBRARY.names))
    np.testing.assert_allclose(equations.reference(rows[0], 0.05 * np.arange(30)), rows, atol=1e-6)


def test_equations_that_turn_ever_quicker_are_given_up() -> None:
    library = BasisLibrary(LIBRARY.spec, 2, 1)
    coefficients = np.zeros((library.n_terms, 3))
    coefficients[library.names.index("x"), 0] = 10.0
    coefficients[library.names.index("sin(x)"), 1] = 1.0
    with pytest.raises(SolverError, match="no longer gets on"):
        SparseEquations(library, coefficients).reference(np.ones(3), np.linspace(0, 2, 5))


def test_trigonometric_terms_are_evaluated_as_named() -> None:
    library = BasisLibrary(LIBRARY.spec, 0, 2)
    rng = np.random.default_rng(1)
    coefficients = rng.standard_normal((library.n_terms, 3))
    x = rng.standard_normal(3)
    rate = SparseEquations(library, coefficients)._derivatives(0.0, tuple(x))
    np.testing.assert_allclose(rate, library(torch.from_numpy(x)).numpy() @ coefficients, rtol=1e-12)


def test_the_truth_of_a_known_system_is_read_off_its_vector_field() -> None:
    found = exact_coefficients(LIBRARY, Lorenz63())
    assert found is not None
    np.testing.assert_allclose(found, lorenz_coefficients(LIBRARY.names), atol=1e-9)
    assert np.array_equal(found != 0, lorenz_coefficients(LIBRARY.names) != 0)


def test_a_system_outside_the_library_has_no_truth_in_it() -> None:
    rows = np.random.default_rng(0).standard_normal((30, 4))
    data = whole_rows(rows, 0.1, component_names=["a", "b", "c", "d"])
    assert exact_coefficients(BasisLibrary(data.spec, 2), DoublePendulum()) is None
