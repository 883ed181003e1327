from sciml_bench.report.aligned_table import aligned_table


def test_every_line_is_as_long_and_numbers_stand_below_each_other():
    lines = aligned_table(["method", "error"], [["homotopy", "0.78"], ["vanilla", "27.3"]]).splitlines()
    assert lines == [
        "| method   | error |",
        "| -------- | ----: |",
        "| homotopy |  0.78 |",
        "| vanilla  |  27.3 |",
    ]


def test_a_bar_in_a_cell_does_not_end_it():
    assert r"a\|b" in aligned_table(["m", "x"], [["a|b", "1"]])
