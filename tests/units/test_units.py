"""A result does not depend on the units of the record: stated once for all methods, through what they have learned."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from unit_cases import CASES, Case, Change, outcomes, scores

REFERENCE = Change()
DYADIC = Change((2.0**-30, 2.0**21), time=2.0**40)


def as_before(case: Case, folder, evaluated: bool):
    """The fit of the record as it was, made once."""
    if evaluated not in case.kept:
        case.kept[evaluated] = case.fitted(REFERENCE, folder, evaluated)
    return case.kept[evaluated]


def require_same(case: Case, change: Change, folder, evaluated: bool = False) -> None:
    before, after = as_before(case, folder, evaluated), case.fitted(change, folder, evaluated)
    expected, found = outcomes(before, REFERENCE), outcomes(after, change)
    if len(set(change.factors)) == 1 and change.away == 0:
        expected, found = expected | scores(before, REFERENCE), found | scores(after, change)
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if change.is_exact and case.to_the_bit:
            np.testing.assert_array_equal(found[name], value, err_msg=name)
        else:
            size = np.abs(value[np.isfinite(value)]).max(initial=0.0)
            np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-6 * size, err_msg=name)


@pytest.mark.parametrize("name", CASES)
def test_units_that_are_powers_of_two_change_no_bit(name, tmp_path):
    case = CASES[name]
    factors = DYADIC.factors if case.own_factors else (DYADIC.factors[0], DYADIC.factors[0])
    require_same(case, Change(factors, time=DYADIC.time), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
def test_a_result_is_the_same_in_all_units(name, data, tmp_path):
    case = CASES[name]
    dyadic, common = data.draw(st.booleans(), "powers of two"), data.draw(st.booleans(), "one factor")
    power = st.integers(-30, 30).map(lambda exponent: 2.0**exponent)
    factor = power if dyadic else st.floats(-9, 9).map(lambda exponent: 10.0**exponent)
    first, second, time = (data.draw(factor, which) for which in ("first", "second", "time"))
    away = 0.0 if dyadic else data.draw(st.floats(-case.farthest, case.farthest), "deviations away")
    factors = (first, second) if case.own_factors and not common else (first, first)
    require_same(case, Change(factors, away, time), tmp_path, evaluated=case.make is None)


def test_a_field_far_from_zero_is_learned_as_one_around_it(tmp_path):
    """In single precision an offset of 10 000 deviations would leave three digits of the waves."""
    require_same(CASES["sequences of fields"], Change(away=1e4), tmp_path)
