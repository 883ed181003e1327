import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError, SciMLBenchWarning
from sciml_bench.data.files.text_tables import read_csv


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


def test_a_time_column_that_nobody_named_is_pointed_out(tmp_path):
    with pytest.warns(SciMLBenchWarning, match="data.time_column=Time"):
        read_csv(write(tmp_path / "x.csv", "Time,x\n0,1\n1,2\n"))


@pytest.mark.parametrize("column", ["t", 2, -1])
def test_an_unknown_time_column_lists_the_columns(tmp_path, column):
    with pytest.raises(ConfigurationError, match=f"data.time_column={column}.*x, y"):
        read_csv(write(tmp_path / "x.csv", "x,y\n1,2\n3,4\n"), column)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y\n1,2\n3,broken\n", "line 3, column 1: 'broken' is not a number"),
        ("1,2\n3,\n", "line 2, column 1: '' is not a number"),
        ("1,2\n3,4,5\n", "line 2: 3 columns instead of 2"),
        ("x,y\n", "holds no numbers"),
        ("", "holds no numbers"),
        ("a story\nwithout numbers\n", "'without' is not a number"),
    ],
)
def test_text_and_gaps_are_named_with_their_place(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_csv(write(tmp_path / "x.csv", text))


def test_a_binary_file_is_not_a_table(tmp_path):
    (tmp_path / "x.csv").write_bytes(bytes(range(128, 256)) * 10)
    with pytest.raises(DataError, match="not a text file"):
        read_csv(tmp_path / "x.csv")
