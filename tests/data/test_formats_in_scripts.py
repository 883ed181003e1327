"""Files of several formats through the command line, with one tiny step: names and clocks reach what a run writes."""

import json
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.stored.files import read_arrays
from tests.scripts import command_line

TIMES = np.linspace(0, 20, 401)
OSCILLATOR = np.stack([np.cos(TIMES), -np.sin(TIMES)], axis=1)
QUIET = ["data=trajectories", "logger=none", "trainer.threads=1"]


def netcdf(path):
    file = pytest.importorskip("netCDF4", reason="needs the extra `dev`").Dataset(path, "w")
    pytest.importorskip("h5netcdf", reason="needs the extra `files`")
    file.createDimension("time", 401)
    clock = file.createVariable("time", "f8", ("time",))
    clock.units, clock[:] = "days since 2000-01-01", TIMES
    for number, name in enumerate(("hare", "lynx")):
        packed = file.createVariable(name, "i2", ("time",), fill_value=-32767)
        packed.scale_factor, packed[:] = 1e-4, OSCILLATOR[:, number]
    file.close()


def signals(path):
    wfdb = pytest.importorskip("wfdb", reason="needs the extra `recordings`")
    options = {"units": ["mV", "mV"], "sig_name": ["hare", "lynx"], "fmt": ["16", "16"]}
    wfdb.wrsamp(path.stem, fs=20, p_signal=OSCILLATOR, write_dir=str(path.parent), **options)


def pdebench(path):
    with pytest.importorskip("h5py", reason="needs the extra `files`").File(path, "w") as file:
        places, times = np.arange(8) / 8, np.arange(62) / 20
        file["x-coordinate"], file["t-coordinate"] = places, times
        waves = np.sin(2 * np.pi * (places - times[:-1, None]))
        file["tensor"] = np.stack([waves * size for size in (1, 2, 3, 4, 5)])


@pytest.mark.parametrize(
    ("writer", "name", "script", "options", "said"),
    [
        (netcdf, "x.nc", "mechnn", [], "hare, lynx: 401 rows, every 0.05 day"),
        (signals, "x.hea", "koopman", ["training=linear_ridge"], "hare, lynx: 401 rows, every 0.05 s"),
        (
            pdebench,
            "x.hdf5",
            "koopman",
            ["training=linear_ridge", "data.split_by=trajectory"],
            "tensor: 5 trajectories of 61 rows, every 0.05 time; t-coordinate has one entry more",
        ),
    ],
)
def test_a_file_is_learned_from(tmp_path, monkeypatch, capfd, writer, name, script, options, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
    writer(tmp_path / name)
    code = command_line(monkeypatch, script, f"data.path={name}", *QUIET, *options)
    printed = capfd.readouterr()
    assert code == 0, printed.err
    assert said in printed.err + printed.out
    (record,) = Path(tmp_path).rglob("record.json")
    assert json.loads(record.read_text())["status"] == "finished"
    arrays = read_arrays(record.parent / "arrays.npz")
    if script == "mechnn":  # dhare/dt = lynx, dlynx/dt = -hare, in the unit of the file's clock
        assert arrays["component_names"].tolist() == ["hare", "lynx"]
        terms = arrays["term_names"].tolist()
        found = arrays["coefficients"][[terms.index("lynx"), terms.index("hare")], [0, 1]]
        np.testing.assert_allclose(found, [1, -1], rtol=1e-3)
