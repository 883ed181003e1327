import math

import pytest

from sciml_bench.report.comparison import Estimate
from sciml_bench.report.page.numbers import measured, number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.92, "0.920"),
        (-12.345, "−12.3"),
        (3.0, "3"),
        (35094.0, "35\u202f094"),
        (8.042e-7, "8.04 × 10⁻⁷"),
        (9.999e-4, "1.00 × 10⁻³"),
        (-3.2e7, "−3.20 × 10⁷"),
        (math.inf, "∞"),
        (math.nan, "nan"),
    ],
)
def test_numbers_as_people_read_them(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("mean", "deviation", "text"),
    [
        (0.91632, 0.0048, "0.9163 ± 0.0048"),
        (61.07, 0.65, "61.07 ± 0.65"),
        (1234.5, 67.0, "1234 ± 67"),
        (8.042e-7, 1.2e-8, "(8.04 ± 0.12) × 10⁻⁷"),
        (1.0, 1e-9, "1.0000 ± 1e-09"),
        (0.5, 0.0, "0.500"),
        (0.5, None, "0.500"),
        (math.inf, None, "∞"),
        (0.0, 0.1, "0.00 ± 0.10"),
    ],
)
def test_a_deviation_has_two_digits_and_the_mean_as_many_decimals(mean, deviation, text):
    assert measured(Estimate(mean, deviation, mean, 2)) == text
