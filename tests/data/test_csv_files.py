import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.files.readers import is_table, read_table
from sciml_bench.data.files.tables.text_tables import read_csv


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "1,2\n3,4\n",
        "x,y\n1,2\n3,4\n",
        "# x y\n1 2\n3 4\n",
        "% x y\n1\t2\n3\t4\n",
        '"x";"y"\n1;2\n3;4',
        "\ufeffx,y\r\n1,2\r\n3,4\r\n",
        "x, y\n1, 2\n\n3, 4\n",
        "  1   2\n  3   4\n",
    ],
)
def test_common_dialects_give_the_same_table(tmp_path, text):
    np.testing.assert_array_equal(read_csv(write(tmp_path / "x.csv", text)).states, [[1, 2], [3, 4]])


def test_a_single_column_is_one_component(tmp_path):
    assert read_csv(write(tmp_path / "x.csv", "1\n2\n3\n")).states.shape == (3, 1)


@pytest.mark.parametrize(("text", "column"), [("x,time\n1,0.5\n2,0.6\n", "time"), ("1,0.5\n2,0.6\n", 1)])
def test_a_time_column_is_taken_out_of_the_states(tmp_path, text, column):
    table = read_csv(write(tmp_path / "x.csv", text), column)
    assert table.states.tolist() == [[1.0], [2.0]]
    assert table.times is not None
    assert table.times.tolist() == [0.5, 0.6]


@pytest.mark.parametrize("name", ["Time", "t", "DATE", "year", "days", "time_ms", "t_s", "time [s]", "t (s)"])
def test_a_rising_column_with_the_name_of_a_clock_is_the_time(tmp_path, name):
    table = read_csv(write(tmp_path / "x.csv", f"x,{name}\n5,0\n6,1\n8,3\n"))
    assert table.times is not None
    assert (table.times.tolist(), table.names) == ([0.0, 1.0, 3.0], ("x",))
    assert any("is the time" in note for note in table.notes)
    units = {"year": "year", "days": "day", "time_ms": "ms", "t_s": "s", "time [s]": "s", "t (s)": "s"}
    assert table.time_unit == units.get(name)


@pytest.mark.parametrize("name", ["temperature", "x(t)", "tension", "time spent", "t2"])
def test_another_name_is_no_clock(tmp_path, name):
    table = read_csv(write(tmp_path / "x.csv", f"x,{name}\n5,0\n6,1\n8,3\n"))
    assert (table.times, table.states.shape) == (None, (3, 2))


def test_a_clock_that_does_not_rise_is_a_state_and_this_is_said(tmp_path):
    table = read_csv(write(tmp_path / "x.csv", "t,x\n3,0\n1,1\n2,5\n"))
    assert (table.times, table.names) == (None, ("t", "x"))
    assert any("does not increase" in note for note in table.notes)


def test_nobody_has_to_have_a_clock(tmp_path):
    table = read_csv(write(tmp_path / "x.csv", "t,x\n0,0\n1,1\n2,5\n"), "none")
    assert (table.times, table.names, table.notes) == (None, ("t", "x"), ())
    only = read_csv(write(tmp_path / "y.csv", "t\n1\n2\n"))
    assert (only.times, only.states.shape) == (None, (2, 1))


def test_without_names_the_first_column_is_the_time_if_it_rises_evenly(tmp_path):
    table = read_csv(write(tmp_path / "x.csv", "0.1 5\n0.2 7\n0.3 6\n"))
    assert table.times is not None
    np.testing.assert_allclose(table.times, [0.1, 0.2, 0.3])
    assert "data.time_column=none" in table.notes[0]
    assert read_csv(write(tmp_path / "y.csv", "0.1 5\n0.2 7\n0.4 6\n")).times is None


@pytest.mark.parametrize(
    "text",
    [
        "t x y\n1 0 5 6\n2 1 7 8\n3 2 9 10\n",  # R writes the rows' names under no name
        ",t,x,y\na,0,5,6\nb,1,7,8\nc,2,9,10\n",  # pandas writes its index under an empty one
        "x [m] t [s] y [m]\n5 0 6\n7 1 8\n9 2 10\n",
        "#! FIELDS x t y\n#! SET min_x -pi\n5 0 6\n7 1 8\n9 2 10\n",
        '"pos (x, m)","t","y"\n5,0,6\n7,1,8\n9,2,10\n',
        "x;t;y\n5,0;0;6\n7,0;1;8\n9;2;10,0\n",
        "t,x,y\n(s),(m),(m)\n0,5,6\n1,7,8\n2,9,10\n",
        "t,x,y,\n0,5,6,\n1,7,8,\n2,9,10,\n",
        "# measured in May\n# t x y\n0 5 6\n1 7 8\n2 9 10\n",
        "# x, t, y\n5 0 6\n7 1 8\n9 2 10\n",
    ],
)
def test_a_table_is_read_as_its_owner_means_it(tmp_path, text):
    table = read_csv(write(tmp_path / "x.txt", text))
    assert table.times is not None
    assert table.times.tolist() == [0, 1, 2]
    assert table.states.tolist() == [[5, 6], [7, 8], [9, 10]]
    assert len(table.names) == 2
    assert table.names[1] == "y"


def test_what_plumed_writes_is_a_table_under_its_own_suffix(tmp_path):
    path = write(tmp_path / "run.colvar", "#! FIELDS x t y\n#! SET min_x -pi\n5 0 6\n7 1 8\n9 2 10\n")
    assert is_table(path)
    table = read_table(path, "t")
    assert table.times is not None
    assert table.times.tolist() == [0, 1, 2]
    assert (table.names, table.states.tolist()) == (("x", "y"), [[5, 6], [7, 8], [9, 10]])


def test_units_are_told_apart_from_names(tmp_path):
    table = read_csv(write(tmp_path / "x.txt", "x [m] t [s] y (mm) z(t)\n5 0 6 1\n7 1 8 1\n"))
    assert (table.names, table.units, table.time_unit) == (("x", "y", "z(t)"), ("m", "mm", None), "s")


@pytest.mark.parametrize(
    ("cells", "times", "unit"),
    [
        (["2020-01", "2020-02", "2020-04"], [0, 1, 3], "month"),
        (["2019-12-01", "2020-01-01", "2020-02-01"], [0, 1, 2], "month"),
        (["2001-07-01", "2002-07-01", "2004-07-01"], [2001, 2002, 2004], "year"),
        (["2020-02-26", "2020-03-04", "2020-03-11"], [0, 7, 14], "day"),
        (["2020/2/28", "2020/2/29", "2020/3/1"], [0, 1, 2], "day"),
        (["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-01 03:00"], [0, 1, 3], "hour"),
        (["2020-01-01T00:00:00Z", "2020-01-01T00:00:01.5Z", "2020-01-01T00:00:02Z"], [0, 1.5, 2], "s"),
        (["2020-03-29T01:30:00+01:00", "2020-03-29T03:30:00+02:00", "2020-03-29T04:30:00+02:00"], [0, 1, 2], "hour"),
    ],
)
def test_dates_are_a_clock_in_the_largest_unit_in_which_they_are_whole(tmp_path, cells, times, unit):
    rows = "".join(f"{cell};{number**2}\n" for number, cell in enumerate(cells))
    table = read_csv(write(tmp_path / "x.csv", "date;x\n" + rows))
    assert table.times is not None
    assert (table.times.tolist(), table.time_unit) == (times, unit)
    assert table.states.tolist() == [[0], [1], [4]]


def test_empty_cells_are_no_numbers(tmp_path):
    table = read_csv(write(tmp_path / "x.csv", "x,y\n1,\nNA,2\nnull,3\n4,5\n"))
    np.testing.assert_array_equal(table.states, [[1, np.nan], [np.nan, 2], [np.nan, 3], [4, 5]])


@pytest.mark.parametrize("column", ["t", 2, -1])
def test_an_unknown_time_column_lists_the_columns(tmp_path, column):
    with pytest.raises(ConfigurationError, match=f"data.time_column={column}.*x, y"):
        read_csv(write(tmp_path / "x.csv", "x,y\n1,2\n3,4\n"), column)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y\n1,2\n3,broken\n", r"line 3, column 2 \(y\): 'broken' is not a number"),
        ("a,b,c\n1,2\n3,4\n5,6\n", r"header names 3 columns \(a, b, c\), but line 2 has 2"),
        ("a,b\n1,2,3,4\n3,4,5,6\n", r"header names 2 columns \(a, b\), but line 2 has 4"),
        ("x,x\n1,2\n", "two columns have the name 'x'"),
        ("date,x\n01/02/2020,1\n02/02/2020,2\n", "in dates such as 01/02/2020 either number may be the month"),
        ("1,2\n3,4,5\n", "line 2: 3 columns instead of 2"),
        ("x,y\n", "holds no numbers"),
        ("", "holds no numbers"),
        ("a story\nwithout numbers\n", "holds no numbers"),
    ],
)
def test_text_and_gaps_are_named_with_their_place(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_csv(write(tmp_path / "x.csv", text))


def test_a_binary_file_is_not_a_table(tmp_path):
    (tmp_path / "x.csv").write_bytes(bytes(range(128, 256)) * 10)
    with pytest.raises(DataError, match="not a text file"):
        read_csv(tmp_path / "x.csv")


@pytest.mark.parametrize(
    ("index", "times"),
    [
        (["1958-03-29", "1958-04-05", "1958-04-12"], [0, 7, 14]),
        (["0.0", "0.1", "0.2"], [0, 0.1, 0.2]),
        (["1900", "1901", "1902"], [1900, 1901, 1902]),
    ],
)
def test_the_index_of_a_data_frame_is_the_clock_where_it_rises_evenly_or_holds_dates(index, times, tmp_path):
    path = tmp_path / "frame.csv"
    path.write_text("\n".join([",co2", *(f"{cell},{row}" for row, cell in enumerate(index))]))
    table = read_csv(path)
    assert table.names == ("co2",)
    np.testing.assert_allclose(table.times, times)
    assert "the column time is the time" in table.notes


def test_the_index_of_a_data_frame_that_counts_its_rows_is_left_out(tmp_path):
    path = tmp_path / "frame.csv"
    path.write_text(",x,y\n0,1,2\n1,3,5\n2,4,9\n")
    table = read_csv(path)
    assert table.names == ("x", "y")
    assert table.times is None
