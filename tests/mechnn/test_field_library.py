"""Terms of fields: their names, what they are, and the records that have none."""

from typing import Any

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, NotApplicableError
from sciml_bench.data import RecordSpec, Trajectories
from sciml_bench.mechnn import FieldLibrary


def spec_of(grid: np.ndarray | None, shape: tuple[int, ...] = (8,)) -> RecordSpec:
    rows = np.random.default_rng(0).standard_normal((5, *shape))
    facts: dict[str, Any] = {} if grid is None else {"grid": grid}
    names = ("u",) if grid is not None else None
    return RecordSpec.of(Trajectories((rows,), component_names=names, facts=facts))


GRID = 0.5 * np.arange(8)


def test_terms_are_named_as_a_person_writes_them() -> None:
    library = FieldLibrary(spec_of(GRID), degree=3, highest_derivative=2)
    assert library.names == ("1", "u", "u_x", "u_xx", "u^2", "u u_x", "(u^2)_xx", "u^3", "u^2 u_x", "(u^3)_xx")
    assert library.length == pytest.approx(4.0)


def test_u_u_x_is_half_the_slope_of_the_square() -> None:
    library = FieldLibrary(spec_of(GRID), degree=2, highest_derivative=4)
    given = np.zeros(library.n_terms)
    given[library.names.index("u u_x")], given[library.names.index("u_xx")] = 3.0, 2.0
    table = library.table(given)
    assert (table[2, 1], table[1, 2], np.count_nonzero(table)) == (1.5, 2.0, 2)
    np.testing.assert_array_equal(library.coefficients(table), given)
    assert FieldLibrary(spec_of(GRID), degree=1).coefficients(table) is None


def test_what_is_no_field_on_a_circle_is_refused() -> None:
    for grid, sentence in ((None, "without a grid"), (GRID**2, "equally spaced")):
        with pytest.raises(NotApplicableError, match=sentence):
            FieldLibrary(spec_of(grid))
    for wrong in ({"degree": 0}, {"degree": 5}, {"highest_derivative": 7}):
        with pytest.raises(ConfigurationError, match=f"model.{next(iter(wrong))}"):
            FieldLibrary(spec_of(GRID), **wrong)
