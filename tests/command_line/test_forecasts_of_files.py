"""Forecasts of what a person's files hold: with the dates and the places that these tell."""

import csv

import numpy as np
import pandas
import pytest

from sciml_bench.command_line import main
from sciml_bench.training import composed, restore, run

xarray = pytest.importorskip("xarray")
pytest.importorskip("h5netcdf")

pytestmark = pytest.mark.usefixtures("undrawn")

PLACES = {"latitude": [60.0, 20.0, -20.0, -60.0], "longitude": [0.0, 60.0, 120.0, 180.0, 240.0, 300.0]}


def learned_from(path, folder, *words):
    given = ["data=trajectories", f"data.path={path}", "training=linear_ridge", "logger=none", *words]
    run(composed("koopman", given, folder=folder))
    return folder


def forecast(folder, output, *words):
    assert main(["forecast", *map(str, [folder, *words, "--horizon", 3, "--output", output])]) == 0
    return output


@pytest.mark.parametrize(
    ("calendar", "freq", "expected"),
    [
        ("standard", "MS", ["1881-01", "1881-02", "1881-03"]),
        ("noleap", "D", ["1871-05-01", "1871-05-02", "1871-05-03"]),
        ("360_day", "12h", ["1871-03-01T00:00:00", "1871-03-01T12:00:00", "1871-03-02T00:00:00"]),
    ],
)
def test_a_gridded_file_gives_dates_and_places(tmp_path, calendar, freq, expected):
    pytest.importorskip("cftime")
    clock = xarray.date_range("1871-01-01", periods=120, freq=freq, calendar=calendar, use_cftime=True)
    waves = np.arange(120)[:, None, None] / 2 + np.arange(4)[:, None] + np.arange(6) / 2
    data = {"t2m": (("time", "latitude", "longitude"), np.sin(waves))}
    xarray.Dataset(data, {"time": clock, **PLACES}).to_netcdf(tmp_path / "x.nc", engine="h5netcdf")
    folder = learned_from(tmp_path / "x.nc", tmp_path / "run")
    with np.load(forecast(folder, tmp_path / "next.npz"), allow_pickle=False) as file:
        assert file["dates"].tolist() == [expected]
        for axis, places in PLACES.items():
            np.testing.assert_array_equal(file[axis], places)
        assert file["state_axes"].tolist() == ["trajectory", "time", *PLACES]
        assert file["states"].shape == (1, 3, 4, 6)
    forecast(folder, tmp_path / "again.npz", "--past", tmp_path / "x.nc")
    with np.load(tmp_path / "again.npz") as file:
        assert file["dates"].tolist() == [expected]


def test_every_table_goes_on_with_its_own_dates_and_so_does_another(tmp_path):
    waves = np.arange(100) / 3
    for name, start in {"runs/0": "2020-01-31", "runs/1": "1999-12-01", "mine": "2031-12-20"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        table = {"date": pandas.date_range(start, periods=100).strftime("%Y-%m-%d"), "x": np.sin(waves)}
        pandas.DataFrame(table | {"y": np.cos(waves)}).to_csv(tmp_path / f"{name}.csv", index=False)
    folder = learned_from(tmp_path / "runs", tmp_path / "run", "data.delays=2")
    first = forecast(folder, tmp_path / "first.csv")
    with first.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["date"] for row in rows] == [
        *["2020-05-10", "2020-05-11", "2020-05-12"],
        *["2000-03-10", "2000-03-11", "2000-03-12"],
    ]
    assert [*rows[0]] == ["trajectory", "time", "x", "y", "date"]
    with forecast(folder, tmp_path / "second.csv", "--past", first).open(newline="") as file:
        assert [row["date"] for row in csv.DictReader(file)][2:4] == ["2020-05-15", "2000-03-13"]
    with forecast(folder, tmp_path / "mine_next.csv", "--past", tmp_path / "mine.csv").open(newline="") as file:
        assert [row["date"] for row in csv.DictReader(file)] == ["2032-03-29", "2032-03-30", "2032-03-31"]
    assert restore(folder).learned.spec.time_origin.moment == "2020-01-31"


def test_what_keeps_no_past_asks_for_one(tmp_path, capsys):
    table = {"date": pandas.date_range("2020-01-01", periods=100).strftime("%Y-%m-%d"), "x": np.sin(np.arange(100) / 3)}
    pandas.DataFrame(table | {"y": np.cos(np.arange(100) / 3)}).to_csv(tmp_path / "x.csv", index=False)
    given = ["data=trajectories", f"data.path={tmp_path / 'x.csv'}", "model=persistence", "logger=none"]
    run(composed("baselines", given, folder=tmp_path / "run"))
    words = ["forecast", tmp_path / "run", "--horizon", 2, "--output", tmp_path / "next.csv"]
    assert main([*map(str, words)]) == 1
    assert "has not kept the end of its record; give --past FILE" in capsys.readouterr().err
    assert main([*map(str, [*words, "--past", tmp_path / "x.csv"])]) == 0
    assert (tmp_path / "next.csv").read_text().splitlines()[-1].endswith(",2020-04-11")
