"""The dates of a record, from its file to the file of a forecast, against those that the file was written with."""

import csv

import numpy as np
import pandas
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data import RecordSpec, TimeOrigin, Trajectories
from sciml_bench.data.capabilities import Forecast, horizon_times
from sciml_bench.data.forecast_file import forecast_table, write_forecast
from sciml_bench.data.past_file import read_past
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.data.stored_past import past_tensors, stored_past
from sciml_bench.data.trajectories import dates_of

xarray = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")
pytest.importorskip("cftime")

N_ROWS = 60
FORMATS = {"D": "%Y-%m-%d", "6h": "%Y-%m-%dT%H:%M:%S", "MS": "%Y-%m"}


def states(n_rows=N_ROWS):
    clock = np.arange(n_rows) / 3
    return np.stack([np.sin(clock), np.cos(clock)], axis=1)


def moments(start, freq, n_rows=N_ROWS):
    return pandas.date_range(start, periods=n_rows, freq=freq)


def csv_of(path, clock, **columns):
    values = states(len(clock))
    texts = clock.strftime("%Y-%m-%dT%H:%M:%S") if (clock.hour != 0).any() else clock.strftime("%Y-%m-%d")
    pandas.DataFrame({**columns, "date": texts, "x": values[:, 0], "y": values[:, 1]}).to_csv(path, index=False)
    return path


def nc_of(path, clock, encoding=None):
    values = states(len(clock))
    data = {"x": ("time", values[:, 0]), "y": ("time", values[:, 1])}
    dataset = xarray.Dataset(data, {"time": clock})
    if path.suffix == ".zarr":
        dataset.to_zarr(path)
    else:
        dataset.to_netcdf(path, engine="h5netcdf", encoding={"time": encoding or {}})
    return path


def dates(part, number=0):
    return dates_of(part.times_of(number)[None], [part.time_origins[number]])[0].tolist()


def loaded(path, **options):
    record = TrajectoryFiles(path, **options)
    record.setup()
    return record


def after(past, horizon, spec, path):
    """A forecast that persists, as a file."""
    times = np.stack(horizon_times(past, horizon))
    last = np.stack([part[-1:] for part in past.states])
    write_forecast(path, Forecast(np.repeat(last, horizon, axis=1), times), spec, past.time_origins)
    return path


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("start", "freq"), [("1999-12-31", "D"), ("2020-02-28T18:00", "6h"), ("1871-01-01", "MS")])
@pytest.mark.parametrize("suffix", ["csv", "parquet", "nc", "zarr", "npz"])
def test_every_format_keeps_its_dates(tmp_path, suffix, start, freq):
    clock, path = moments(start, freq), tmp_path / f"x.{suffix}"
    if suffix == "csv":
        csv_of(path, clock)
    elif suffix == "parquet":
        pytest.importorskip("pyarrow")
        pandas.DataFrame({"when": clock, "x": states()[:, 0]}).to_parquet(path)
    elif suffix == "npz":
        np.savez(path, time=clock.to_numpy(), x=states())
    else:
        pytest.importorskip("zarr")
        nc_of(path, clock)
    record = loaded(path)
    assert dates(record.load()) == [*clock.strftime(FORMATS[freq])]
    for name, start in {"train": 0, "validation": 36, "test": 48}.items():  # all parts are on one clock
        part = record.splits[name]
        assert dates(part) == [*clock[start : start + part.lengths[0]].strftime(FORMATS[freq])]
    assert record.spec.time_origin == record.splits["test"].time_origins[0]


def test_units_of_the_file_and_other_calendars(tmp_path):
    hours = nc_of(tmp_path / "hours.nc", moments("1999-12-31", "D"), {"units": "hours since 1900-01-01"})
    assert loaded(hours).spec.time_origin == TimeOrigin("1999-12-31", "day")
    clock = xarray.date_range("1999-12-31", periods=N_ROWS, freq="D", calendar="noleap", use_cftime=True)
    record = loaded(nc_of(tmp_path / "noleap.nc", clock))
    assert record.spec.time_origin == TimeOrigin("1999-12-31", "day", "noleap")
    assert dates(record.splits["train"])[-1] == clock[35].strftime("%Y-%m-%d")
    assert "2000-02-29" not in dates(record.load())
    months = xarray.date_range("1850-01-16", periods=24, freq="MS", calendar="360_day", use_cftime=True)
    middle = loaded(nc_of(tmp_path / "months.nc", months.shift(15, "D")))
    assert dates(middle.load())[:3] == ["1850-02", "1850-03", "1850-04"]


@pytest.mark.parametrize("name", ["t", "year"])
def test_what_has_no_dates_has_no_origin(tmp_path, name):
    table = pandas.DataFrame({name: np.arange(1900.0, 1900 + N_ROWS), "x": states()[:, 0]})
    table.to_csv(tmp_path / "x.csv", index=False)
    record = loaded(tmp_path / "x.csv")
    assert (record.load().time_origins, record.spec.time_origin) == (None, None)
    after(record.splits["test"], 2, record.spec, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().splitlines()[0] == "trajectory,time,x"
    after(record.splits["test"], 2, record.spec, tmp_path / "out.npz")
    with np.load(tmp_path / "out.npz") as file:
        assert not {"dates", "time_origin", "calendar", "state_axes"} & set(file)


def test_a_clock_that_somebody_sets_is_no_longer_that_of_the_file(tmp_path):
    path = csv_of(tmp_path / "x.csv", moments("2020-01-01", "D"))
    assert loaded(path, time_step=0.5).spec.time_origin is None
    assert loaded(path, time_column="none", key=["x", "y"]).spec.time_origin is None
    # a label changes no number
    assert dates(loaded(path, time_unit="d").load())[:2] == ["2020-01-01", "2020-01-02"]
    assert dates(loaded(path, first_row=5).load())[:2] == ["2020-01-06", "2020-01-07"]


def test_every_trajectory_has_dates_of_its_own(tmp_path):
    clocks = [moments(start, "D") for start in ("2020-01-31", "1999-12-30")]
    for number, clock in enumerate(clocks):
        csv_of(tmp_path / f"{number}.csv", clock)
    record = loaded(tmp_path)
    for part in (record.load(), record.splits["test"].select(trajectories=[0, 1])):
        for number, clock in enumerate(clocks):
            assert set(dates(part, number)) <= {*clock.strftime("%Y-%m-%d")}
    assert dates(record.load().select(trajectories=[1]))[0] == "1999-12-30"
    held_out = loaded(tmp_path, split={"train": 1, "test": 1}, split_by="trajectory")
    assert held_out.splits["test"].time_origins == (TimeOrigin("1999-12-30", "day"),)
    stacked = [pandas.read_csv(tmp_path / f"{number}.csv").assign(id=number) for number in (0, 1)]
    pandas.concat(stacked).to_csv(tmp_path / "both.csv", index=False)
    assert [origin.moment for origin in loaded(tmp_path / "both.csv").load().time_origins] == [
        "2020-01-31",
        "1999-12-30",
    ]


def test_files_of_which_one_has_no_dates_have_none(tmp_path):
    csv_of(tmp_path / "0.csv", moments("2020-01-31", "D"))
    table = pandas.DataFrame({"day": np.arange(N_ROWS), "x": states()[:, 0], "y": states()[:, 1]})
    table.to_csv(tmp_path / "1.csv", index=False)
    assert loaded(tmp_path).load().time_origins is None


def test_as_many_origins_as_trajectories_are_needed():
    with pytest.raises(DataError, match="time_origins: one is needed for each of 2 trajectories"):
        Trajectories((states(), states()), time_origins=(TimeOrigin("2020-01-01", "day"),))


@pytest.mark.parametrize(
    ("options", "step"),
    [
        ({"resample": 2}, 2),
        ({"resample": 0.5}, 0.5),
        ({"delays": 3}, 1),
        ({"difference": 1}, 1),
        ({"observe": ["y"]}, 1),
    ],
)
def test_transforms_keep_the_dates(tmp_path, options, step):
    clock = moments("2020-02-20", "D")
    record = TrajectoryFiles(csv_of(tmp_path / "x.csv", clock)).transform(**options)
    record.setup()
    given = {row.tobytes(): date for row, date in zip(states(), clock, strict=True)}
    for part in record.splits.values():
        own, found = part.as_observed, pandas.to_datetime(dates(part), format="ISO8601")
        assert np.all(np.diff(found) == pandas.Timedelta(days=step))
        if "observe" not in options:
            rows = own.states[0]
            known = [
                (given[row.tobytes()], date) for row, date in zip(rows, found, strict=True) if row.tobytes() in given
            ]
            assert len(known) >= len(rows) // 2
            assert all(date == expected for expected, date in known)
        assert own.time_origins == part.time_origins


def test_gaps_and_rows_that_are_cut_out_move_no_date(tmp_path):
    clock = moments("2020-02-20", "D").delete(range(20, 24))
    path = csv_of(tmp_path / "x.csv", clock)
    pieces = loaded(path).load().between_gaps()
    assert [dates(pieces, number)[0] for number in (0, 1)] == ["2020-02-20", "2020-03-15"]
    table = pandas.read_csv(path)
    table.loc[3, "x"] = np.nan
    table.to_csv(path, index=False)
    assert dates(loaded(path, missing="split").load())[2:4] == ["2020-02-22", "2020-02-24"]


def test_the_stored_end_of_a_record_keeps_its_dates(tmp_path):
    for number, start in enumerate(("2020-01-31", "1999-12-30")):
        csv_of(tmp_path / f"{number}.csv", moments(start, "D"))
    record = loaded(tmp_path)
    past = record.splits["test"].tail(2)
    found = stored_past(past_tensors(past), record.spec)
    assert found.time_origins == past.time_origins
    assert [dates(found, number)[-1] for number in (0, 1)] == ["2020-03-30", "2000-02-27"]
    # of a run that was stored before there were any
    old = {name: tensor for name, tensor in past_tensors(past).items() if name != "past.time_origins"}
    assert stored_past(old, record.spec).time_origins is None
    assert past_tensors(past.unchecked(time_origins=None)).keys() == old.keys()


def test_a_forecast_has_dates_in_either_file(tmp_path):
    clocks = [moments(start, "D") for start in ("2020-01-31", "1999-12-30")]
    for number, clock in enumerate(clocks):
        csv_of(tmp_path / f"{number}.csv", clock)
    record = loaded(tmp_path)
    past = record.splits["test"]
    expected = [[*(clock[-1] + pandas.to_timedelta([1, 2], unit="D")).strftime("%Y-%m-%d")] for clock in clocks]
    with np.load(after(past, 2, record.spec, tmp_path / "out.npz"), allow_pickle=False) as file:
        assert file["dates"].tolist() == expected
        assert file["time_origin"].tolist() == ["2020-01-31", "1999-12-30"]
        assert "calendar" not in file
    after(past, 2, record.spec, tmp_path / "out.csv")
    rows = rows_of(tmp_path / "out.csv")
    assert [*rows[0]] == ["trajectory", "time", "x", "y", "date"]
    assert [row["date"] for row in rows] == [*expected[0], *expected[1]]


def test_of_an_ensemble_the_date_is_behind_the_deviations(tmp_path):
    record = loaded(csv_of(tmp_path / "x.csv", moments("2020-02-20", "D")))
    past = record.splits["test"]
    members = np.random.default_rng(0).standard_normal((3, 1, 2, 2))
    told = Forecast(members.mean(axis=0), np.stack(horizon_times(past, 2)), members=members)
    write_forecast(tmp_path / "out.csv", told, record.spec, past.time_origins)
    rows = rows_of(tmp_path / "out.csv")
    assert [*rows[0]] == ["trajectory", "time", "x", "y", "x_deviation", "y_deviation", "date"]
    times, values, found = forecast_table(tmp_path / "out.csv", ["x", "y"])
    np.testing.assert_array_equal(times[0], told.times[0])
    np.testing.assert_array_equal(values[0], told.states[0])
    assert found == [["2020-04-20", "2020-04-21"]]


@pytest.mark.parametrize("ending", ["csv", "npz"])
@pytest.mark.parametrize(("calendar", "next_dates"), [(None, ["02-28", "02-29"]), ("noleap", ["02-28", "03-01"])])
def test_a_forecast_goes_on_from_a_forecast_with_its_dates(tmp_path, ending, calendar, next_dates):
    clock = moments("1999-12-28", "D")
    if calendar:
        clock = xarray.date_range("1999-12-28", periods=N_ROWS, freq="D", calendar=calendar, use_cftime=True)
    record = loaded(nc_of(tmp_path / "x.nc", clock))
    first = after(record.splits["test"], 2, record.spec, tmp_path / f"first.{ending}")  # up to 27 February
    past = read_past(first, record.spec)
    assert past.time_origins == record.splits["test"].time_origins
    second = after(past, 2, record.spec, tmp_path / f"second.{ending}")
    again = read_past(second, record.spec)
    assert dates(again) == [f"2000-{date}" for date in next_dates]
    np.testing.assert_array_equal(again.times_of(0), [62, 63])
    if calendar and ending == "npz":
        with np.load(second) as file:
            assert file["calendar"].tolist() == [calendar]


def test_a_forecast_as_a_table_goes_on_where_components_were_chosen(tmp_path):
    record = TrajectoryFiles(csv_of(tmp_path / "x.csv", moments("2020-02-20", "D"))).transform(observe=["y"], delays=2)
    record.setup()
    first = after(record.splits["test"].as_observed, 3, record.spec.observed, tmp_path / "first.csv")
    past = read_past(first, record.spec)
    assert (past.state_shape, dates(past)) == ((1,), ["2020-04-20", "2020-04-21", "2020-04-22"])


def test_dates_that_a_spreadsheet_wrote_anew_are_left_out(tmp_path):
    record = loaded(csv_of(tmp_path / "x.csv", moments("1871-01-01", "MS")))
    first = after(record.splits["test"], 3, record.spec, tmp_path / "first.csv")
    first.write_text(first.read_text().replace("1876-0", "Jan-76-0"))
    past = read_past(first, record.spec)
    assert past.time_origins is None
    np.testing.assert_array_equal(past.times_of(0), [60, 61, 62])


def test_another_file_as_past_has_its_own_dates(tmp_path):
    record = loaded(csv_of(tmp_path / "x.csv", moments("2020-01-01", "D")))
    past = read_past(csv_of(tmp_path / "mine.csv", moments("2031-05-01", "D", 10)), record.spec)
    rows = rows_of(after(past, 2, record.spec, tmp_path / "out.csv"))
    assert [(float(row["time"]), row["date"]) for row in rows] == [(10, "2031-05-11"), (11, "2031-05-12")]
    np.savetxt(tmp_path / "rows.csv", states(4), delimiter=",", header="x,y", comments="")
    assert read_past(tmp_path / "rows.csv", record.spec).time_origins is None


@pytest.mark.parametrize(
    ("freq", "given", "expected"),
    [
        ("6h", ["2031-05-01T06:00:00"], ["2031-05-01T12:00:00", "2031-05-01T18:00:00"]),
        ("6h", ["2031-05-01T00:00:00", "2031-05-01T06:00:00"], ["2031-05-01T12:00:00", "2031-05-01T18:00:00"]),
        ("MS", ["2031-12-01"], ["2032-01", "2032-02"]),
        ("D", ["2031-12-31"], ["2032-01-01", "2032-01-02"]),
        ("QE", ["2031-12-31"], ["2032-03", "2032-06"]),
        ("QE", ["2031-09-30", "2031-12-31"], ["2032-03", "2032-06"]),
    ],
)
@pytest.mark.parametrize("options", [{}, {"time_column": "date"}])
def test_a_past_of_few_rows_counts_as_the_record_does(tmp_path, freq, given, expected, options):
    record = loaded(csv_of(tmp_path / "x.csv", moments("2020-01-01T06:00" if freq == "6h" else "2020-01-01", freq)))
    path = csv_of(tmp_path / "mine.csv", pandas.DatetimeIndex(given))
    past = read_past(path, record.spec, options)
    rows = rows_of(after(past, 2, record.spec, tmp_path / "out.csv"))
    assert [row["date"] for row in rows] == expected


@pytest.mark.parametrize(("clock", "cell", "time"), [("date", "2031-07-01", 2031), ("t", "7.5", 7.5)])
def test_a_single_row_has_its_time_where_the_record_has_numbers(tmp_path, clock, cell, time):
    """Years are numbers; and one row does not show that a column rises, but its name tells what it is."""
    rows = {"date": moments("1960-07-01", "YS-JUL").strftime("%Y-%m-%d"), "t": np.arange(N_ROWS)}[clock]
    pandas.DataFrame({clock: rows, "x": states()[:, 0], "y": states()[:, 1]}).to_csv(tmp_path / "x.csv", index=False)
    (tmp_path / "mine.csv").write_text(f"{clock},x,y\n{cell},0.5,0.25\n")
    past = read_past(tmp_path / "mine.csv", loaded(tmp_path / "x.csv").spec)
    assert (past.times_of(0).tolist(), past.states[0].tolist()) == ([time], [[0.5, 0.25]])
    assert horizon_times(past, 2)[0].tolist() == [time + 1, time + 2]


@pytest.mark.parametrize("calendar", ["standard", "noleap", None])
def test_months_since_a_moment_have_dates(tmp_path, calendar):
    """Middles of months, as monthly means have them; no calendar decodes such a clock."""
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(tmp_path / "x.nc", "w") as file:
        file.createDimension("time", N_ROWS)
        clock = file.createVariable("time", "f8", ("time",))
        clock.units, clock[:] = "months since 1960-01-01", np.arange(-3, N_ROWS - 3) + 0.5
        if calendar is not None:
            clock.calendar = calendar
        file.createVariable("u", "f8", ("time",))[:] = states()[:, 0]
    record = loaded(tmp_path / "x.nc")
    whole = record.load()
    assert dates(whole)[:5] == ["1959-10", "1959-11", "1959-12", "1960-01", "1960-02"]
    rows = rows_of(after(whole, 2, record.spec, tmp_path / "out.csv"))
    assert [row["date"] for row in rows] == ["1964-10", "1964-11"]


def test_months_since_no_month_have_no_dates(tmp_path):
    netcdf = pytest.importorskip("netCDF4")
    with netcdf.Dataset(tmp_path / "x.nc", "w") as file:
        file.createDimension("time", N_ROWS)
        clock = file.createVariable("time", "f8", ("time",))
        clock.units, clock[:] = "months since 0000-00-00", np.arange(N_ROWS)
        file.createVariable("u", "f8", ("time",))[:] = states()[:, 0]
    assert loaded(tmp_path / "x.nc").load().time_origins is None


@pytest.mark.parametrize("ending", ["csv", "npz"])
def test_steps_shorter_than_what_dates_tell_have_none(tmp_path, ending):
    """Two half months would both be called by their month."""
    record = loaded(csv_of(tmp_path / "x.csv", moments("2020-01-01", "MS")))
    past = record.load()
    finer = past.unchecked(time_step=0.5, times=tuple(part / 2 for part in past.times))
    after(finer, 4, record.spec, tmp_path / f"out.{ending}")
    if ending == "csv":
        assert "date" not in rows_of(tmp_path / "out.csv")[0]
    else:
        with np.load(tmp_path / "out.npz") as file:
            assert "dates" not in file
            assert file["time_origin"].tolist() == ["2020-01"]


def test_a_past_in_another_unit_is_told_in_that_of_the_record(tmp_path):
    """Daily rows of a record in hours: its steps are 24 of them, and no single one."""
    record = loaded(csv_of(tmp_path / "x.csv", moments("2020-01-01T06:00", "6h")))
    past = read_past(csv_of(tmp_path / "mine.csv", moments("2031-05-01", "D", 4)), record.spec)
    assert (past.time_step, past.times_of(0).tolist()) == (24, [0, 24, 48, 72])
    assert dates(past) == ["2031-05-01", "2031-05-02", "2031-05-03", "2031-05-04"]
    # months are no number of hours: without a refusal, 1 month would pass for the step of a record of 1 hour
    with pytest.raises(
        DataError, match=r"counted by the month, but the run's record has a row every 6 hour: give rows"
    ):
        read_past(csv_of(tmp_path / "months.csv", moments("2031-05-01", "MS", 4)), record.spec)


def test_forecasts_by_lead_count_from_where_they_begin(tmp_path):
    begun, leads = moments("1999-12-30", "D", 3), np.arange(0, 240, 24)
    values = np.random.default_rng(0).standard_normal((3, 10))
    xarray.Dataset(
        {"t2m": (("init_time", "lead_time"), values)},
        {"init_time": begun, "lead_time": ("lead_time", leads, {"units": "hours"})},
    ).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    found = loaded(tmp_path / "x.nc").load()
    for number, start in enumerate(begun):
        assert dates(found, number) == [*moments(start, "D", 10).strftime("%Y-%m-%d")]


def test_old_specs_know_no_dates():
    spec = RecordSpec((2,), 0.1, "day", ("x", "y"), np.zeros(2), np.ones(2), (5,))
    assert (spec.time_origin, spec.axes) == (None, ())
