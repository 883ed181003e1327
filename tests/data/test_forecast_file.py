"""A forecast as a file, read back by NumPy and by Python's own csv."""

import csv

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import RecordSpec
from sciml_bench.data.capabilities import Forecast
from sciml_bench.data.forecast_file import require_ending, write_forecast

STATES = np.arange(12.0).reshape(2, 3, 2) / 3
TIMES = np.array([[0.1, 0.2, 0.3], [1.1, 1.2, 1.3]])


def spec(shape=(2,), names=("x", "y"), **settings):
    return RecordSpec(shape, 0.1, "ns", names, np.zeros(shape), np.ones(shape), (5,), **settings)


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_table_has_a_row_for_every_trajectory_and_time(tmp_path):
    write_forecast(tmp_path / "out.csv", Forecast(STATES, TIMES), spec())
    header, *rows = rows_of(tmp_path / "out.csv")
    assert header == ["trajectory", "time", "x", "y"]
    assert [(int(row[0]), float(row[1])) for row in rows] == [(n, t) for n in (0, 1) for t in TIMES[n]]
    found = np.array([[float(cell) for cell in row[2:]] for row in rows])
    np.testing.assert_array_equal(found, STATES.reshape(6, 2))  # all digits


def test_arrays_keep_everything_and_no_objects(tmp_path):
    forecast = Forecast(STATES, TIMES, "expectation", ("ok", "it left every bound"))
    write_forecast(tmp_path / "out.NPZ", forecast, spec())
    with np.load(tmp_path / "out.NPZ", allow_pickle=False) as file:
        assert set(file) == {"states", "times", "status", "kind", "component_names", "time_unit"}
        np.testing.assert_array_equal(file["states"], STATES)
        np.testing.assert_array_equal(file["times"], TIMES)
        assert file["status"].tolist() == ["ok", "it left every bound"]
        assert (str(file["kind"]), str(file["time_unit"])) == ("expectation", "ns")
        assert file["component_names"].tolist() == ["x", "y"]


def test_an_ensemble_has_its_spread_in_either_file(tmp_path):
    shifts = np.array([-1.0, 0.0, 4.0])
    sizes = np.arange(1.0, 13.0).reshape(STATES.shape)  # of the spread, another one for every number
    members = STATES + sizes * shifts[:, None, None, None]
    forecast = Forecast(members.mean(axis=0), TIMES, members=members)
    spread = sizes * np.sqrt((2**2 + 1**2 + 3**2) / 2)  # of −1, 0 and 4 around their mean 1
    write_forecast(tmp_path / "out.npz", forecast, spec())
    with np.load(tmp_path / "out.npz") as file:
        np.testing.assert_array_equal(file["members"], members)
        np.testing.assert_allclose(file["deviation"], spread)
    write_forecast(tmp_path / "out.csv", forecast, spec())
    header, *rows = rows_of(tmp_path / "out.csv")
    assert header == ["trajectory", "time", "x", "y", "x_deviation", "y_deviation"]
    np.testing.assert_allclose([[float(cell) for cell in row[4:]] for row in rows], spread.reshape(6, 2))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (spec(), ["x", "y"]),
        (spec((3,), ("u",)), ["u_0", "u_1", "u_2"]),
        (spec((1,), ("u",)), ["u"]),
        (spec((2, 2), ("x", "y"), body_names=("sun", "earth")), ["sun_x", "sun_y", "earth_x", "earth_y"]),
        (spec((1, 2, 2), ("ink",)), ["ink_0_0_0", "ink_0_0_1", "ink_0_1_0", "ink_0_1_1"]),
        (spec((2, 2), ("a", "b")), ["x_0_0", "x_0_1", "x_1_0", "x_1_1"]),
    ],
)
def test_every_number_of_a_state_has_a_name_in_the_order_of_memory(made, expected):
    assert list(made.column_names) == expected


def test_states_of_any_shape_are_columns_in_the_order_of_their_names(tmp_path):
    states = np.arange(8.0).reshape(1, 2, 2, 2)
    made = spec((2, 2), ("x", "y"), body_names=("sun", "earth"))
    write_forecast(tmp_path / "out.csv", Forecast(states, TIMES[:1, :2]), made)
    header, first, second = rows_of(tmp_path / "out.csv")
    assert dict(zip(header[2:], map(float, first[2:]), strict=True)) == {
        "sun_x": 0,
        "sun_y": 1,
        "earth_x": 2,
        "earth_y": 3,
    }
    assert [float(cell) for cell in second[2:]] == [4, 5, 6, 7]


def test_other_formats_are_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(ConfigurationError, match=r"out\.txt: a forecast is written as \.npz or \.csv"):
        write_forecast(tmp_path / "out.txt", Forecast(STATES, TIMES), spec())
    with pytest.raises(ConfigurationError, match="give such a name"):
        require_ending("forecast")
    assert list(tmp_path.iterdir()) == []
