import math

import pytest

from sciml_bench.scores import breakeven_number


def test_the_breakeven_number_is_where_both_have_cost_the_same():
    assert breakeven_number(100, 3, 1) == 50
    training, solver, prediction = 12.5, 0.04, 0.0015
    number = breakeven_number(training, solver, prediction)
    assert training + number * prediction == pytest.approx(number * solver, rel=1e-12)
    assert breakeven_number(0, 2, 1) == 0


@pytest.mark.parametrize("prediction_seconds", [1.0, 1.5])
def test_a_solver_that_is_no_slower_than_a_prediction_always_wins(prediction_seconds):
    assert breakeven_number(10.0, 1.0, prediction_seconds) == math.inf
