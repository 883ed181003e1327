"""A table of formats and contents: what an independent library wrote is read with its names, units, clock and gaps."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.io import netcdf_file, savemat

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.lazy_states import read_block
from sciml_bench.data.sources import TrajectoryFiles

RNG = np.random.default_rng(7)
TIMES = np.cumsum(RNG.uniform(0.5, 1.5, 24))
HARE, LYNX = np.cumsum(RNG.standard_normal((2, 24)), axis=1).round(3)
SEVERAL = np.cumsum(RNG.standard_normal((3, 24, 2)), axis=1)


def package(name, extra):
    return pytest.importorskip(name, reason=f"needs the extra `{extra}`")


def npz(path, hare):
    np.savez(path, time_ms=TIMES, hare=hare, lynx=LYNX)


def mat(path, hare):
    savemat(path, {"time_ms": TIMES, "hare": hare, "lynx": LYNX})


def mat_7_3(path, hare):
    """The layout that MATLAB gives its HDF5: axes in reverse, the class as an attribute, 512 bytes before the file."""
    h5py = package("h5py", "files")
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in (("time_ms", TIMES), ("hare", hare), ("lynx", LYNX)):
            file.create_dataset(name, data=np.asarray(values)[None]).attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def hdf5(path, hare):
    h5py = package("h5py", "files")
    with h5py.File(path, "w") as file:
        for name, values, unit in (("time", TIMES, "ms"), ("hare", hare, "mV"), ("lynx", LYNX, None)):
            array = file.create_dataset(name, data=values)
            if unit:
                array.attrs["units"] = unit


def zarr(path, hare, zarr_format=3):
    group = package("zarr", "files").open_group(path, mode="w", zarr_format=zarr_format)
    for name, values, unit in (("time", TIMES, "ms"), ("hare", hare, "mV"), ("lynx", LYNX, None)):
        array = group.create_array(name, shape=(24,), chunks=(7,), dtype="f8")
        array[:] = values
        if unit:
            array.attrs["units"] = unit


def zarr_2(path, hare):
    zarr(path, hare, 2)


def dataset(hare):
    xarray = package("xarray", "files")
    return xarray.Dataset(
        {"hare": ("time", hare, {"units": "mV"}), "lynx": ("time", LYNX)},
        coords={"time": ("time", TIMES, {"units": "ms"})},
    )


def zarr_of_xarray(path, hare):
    package("zarr", "files")
    dataset(hare).to_zarr(path, zarr_format=3, consolidated=False)


def zarr_2_of_xarray(path, hare):
    package("zarr", "files")
    dataset(hare).to_zarr(path, zarr_format=2, consolidated=False)


def netcdf_of_xarray(path, hare):
    package("h5netcdf", "files")
    dataset(hare).to_netcdf(path, engine="h5netcdf")


def netcdf_4(path, hare):
    netcdf = package("netCDF4", "dev")
    with netcdf.Dataset(path, "w") as file:
        file.createDimension("time", None)
        for name, values, unit in (("time", TIMES, "ms"), ("hare", hare, "mV"), ("lynx", LYNX, None)):
            variable = file.createVariable(name, "f8", ("time",))
            variable[:] = values
            if unit:
                variable.units = unit


def netcdf_classic(path, hare):
    package("xarray", "files")
    with netcdf_file(path, "w") as file:
        file.createDimension("time", 24)
        for name, values, unit in (("time", TIMES, "ms"), ("hare", hare, "mV"), ("lynx", LYNX, None)):
            variable = file.createVariable(name, "f8", ("time",))
            variable[:] = values
            if unit:
                variable.units = unit


def parquet(path, hare):
    arrow, writer = package("pyarrow", "files"), package("pyarrow.parquet", "files")
    package("pandas", "files")
    writer.write_table(arrow.table({"time [ms]": TIMES, "hare [mV]": hare, "lynx": LYNX}), path)


def feather(path, hare):
    pandas = package("pandas", "files")
    package("pyarrow", "files")
    pandas.DataFrame({"time [ms]": TIMES, "hare [mV]": hare, "lynx": LYNX}).to_feather(path)


def csv(path, hare):
    pandas = package("pandas", "files")
    pandas.DataFrame({"time [ms]": TIMES, "hare [mV]": hare, "lynx": LYNX}).to_csv(path, index=False)


FORMATS = {
    "x.npz": (npz, False),
    "x.mat": (mat, False),
    "seven.mat": (mat_7_3, False),
    "x.h5": (hdf5, True),
    "three.zarr": (zarr, True),
    "two.zarr": (zarr_2, True),
    "xarray.zarr": (zarr_of_xarray, True),
    "xarray_2.zarr": (zarr_2_of_xarray, True),
    "xarray.nc": (netcdf_of_xarray, True),
    "netcdf.nc": (netcdf_4, True),
    "classic.cdf": (netcdf_classic, True),
    "x.parquet": (parquet, True),
    "x.feather": (feather, True),
    "x.csv": (csv, True),
}
each_format = pytest.mark.parametrize("name", FORMATS)


@each_format
def test_names_units_and_clock_are_those_of_the_file(tmp_path, name):
    writer, knows_units = FORMATS[name]
    writer(tmp_path / name, HARE)
    record = TrajectoryFiles(str(tmp_path / name), split={"train": 24})
    record.setup()
    found = record.splits["train"]
    assert set(found.named_components) == {"hare", "lynx"}
    np.testing.assert_array_equal(found.times_of(0), TIMES)
    assert found.time_unit == "ms"
    for column, expected in (("hare", HARE), ("lynx", LYNX)):
        np.testing.assert_array_equal(found.states[0][:, found.named_components.index(column)], expected)
    units = dict(zip(found.named_components, found.facts.get("component_units", (None, None)), strict=True))
    assert units == {"hare": "mV" if knows_units else None, "lynx": None}
    assert "24 rows, every" in record.reading


@each_format
def test_a_value_that_is_missing_is_refused_with_its_name_and_filled_on_request(tmp_path, name):
    gap = HARE.copy()
    gap[5] = np.nan
    FORMATS[name][0](tmp_path / name, gap)
    with pytest.raises(DataError, match=r"1 values are missing \(hare: 1; the first at row 5.*data\.missing="):
        TrajectoryFiles(str(tmp_path / name)).load()
    filled = TrajectoryFiles(str(tmp_path / name), missing="interpolate").load()
    share = (TIMES[5] - TIMES[4]) / (TIMES[6] - TIMES[4])
    value = filled.states[0][5, filled.named_components.index("hare")]
    assert value == pytest.approx(HARE[4] + share * (HARE[6] - HARE[4]))


@each_format
def test_one_component_is_chosen_by_its_name_and_keeps_its_clock(tmp_path, name):
    FORMATS[name][0](tmp_path / name, HARE)
    found = TrajectoryFiles(str(tmp_path / name), key="lynx").load()
    np.testing.assert_array_equal(found.states[0], LYNX[:, None])
    np.testing.assert_array_equal(found.times_of(0), TIMES)
    assert found.component_names == ("lynx",)
    both = TrajectoryFiles(str(tmp_path / name), key=["lynx", "hare"]).load()
    assert both.state_shape == (2,)
    with pytest.raises(ConfigurationError, match=r"data\.key=fox: .* (its (arrays|columns) are).*hare"):
        TrajectoryFiles(str(tmp_path / name), key="fox").load()


def npy_of_several(path):
    np.save(path, SEVERAL)


def mat_of_several(path):
    savemat(path, {"x": SEVERAL})


def mat_7_3_of_several(path):
    h5py = package("h5py", "files")
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("x", data=SEVERAL.T).attrs["MATLAB_class"] = np.bytes_("double")
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")


def hdf5_of_several(path):
    with package("h5py", "files").File(path, "w") as file:
        file.create_dataset("run/x", data=SEVERAL, chunks=(3, 10, 2))


def zarr_of_several(path):
    package("zarr", "files").open_group(path, mode="w").create_group("run").create_array("x", data=SEVERAL)


def netcdf_of_several(path):
    package("h5netcdf", "files")
    axes = ("time", "state", "member")  # in an order that its owner likes
    package("xarray", "files").Dataset({"x": (axes, SEVERAL.transpose(1, 2, 0))}).to_netcdf(path, engine="h5netcdf")


ON_DISK = {
    "x.npy": npy_of_several,
    "seven.mat": mat_7_3_of_several,
    "x.hdf5": hdf5_of_several,
    "x.zarr": zarr_of_several,
    "x.nc": netcdf_of_several,
}


@pytest.mark.parametrize(("name", "writer"), [*ON_DISK.items(), ("x.mat", mat_of_several)])
@pytest.mark.parametrize("gigabytes", [1, 0])
def test_several_trajectories_are_the_same_in_memory_and_on_disk(tmp_path, name, writer, gigabytes):
    writer(tmp_path / name)
    found = TrajectoryFiles(str(tmp_path / name), in_memory_gigabytes=gigabytes).load()
    assert found.lengths == (24, 24, 24)
    assert found.on_disk is (gigabytes == 0 and name in ON_DISK)
    for number in range(3):
        np.testing.assert_array_equal(read_block(found.states[number]), SEVERAL[number])
        np.testing.assert_array_equal(read_block(found.states[number], 4, 9), SEVERAL[number, 4:9])


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [
        ("x.h5", "h5py", "files"),
        ("x.zarr", "zarr", "files"),
        ("x.nc", "xarray", "files"),
        ("x.parquet", "pyarrow", "files"),
        ("x.feather", "pyarrow", "files"),
        ("x.hea", "wfdb", "recordings"),
        ("x.edf", "pyedflib", "recordings"),
        ("x.xtc", "mdtraj", "trajectories"),
    ],
)
def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch, name, module, extra):
    for loaded in [key for key in sys.modules if key.split(".")[0] == module] + [module]:
        monkeypatch.setitem(sys.modules, loaded, None)
    (tmp_path / name).write_bytes(b"CDF\x01 is what a file may begin with")
    with pytest.raises(DataError, match=rf"needs the package {module}: pip install 'sciml-bench\[{extra}\]'"):
        TrajectoryFiles(str(tmp_path / name)).load()


@pytest.mark.parametrize("name", ["x.h5", "x.nc", "y.nc", "x.parquet", "x.feather", "x.edf", "x.hea", "x.dcd"])
def test_a_damaged_file_is_named(tmp_path, name):
    modules = {"h5": "h5py", "nc": "h5netcdf", "edf": "pyedflib", "hea": "wfdb", "dcd": "mdtraj"}
    package(modules.get(name.split(".")[1], "pyarrow"), "files, recordings, trajectories")
    start = b"\x89HDF\r\n\x1a\n" if name == "y.nc" else b"CDF\x01" if name == "x.nc" else b"PAR1"
    (tmp_path / name).write_bytes(start + b"this is not what the suffix says\n" * 30)
    with pytest.raises(DataError, match=rf"data\.path=.*{name} (cannot be read|is damaged)"):
        TrajectoryFiles(str(tmp_path / name)).load()


def test_a_script_starts_without_the_packages_of_formats():
    heavy = "{'zarr', 'h5py', 'xarray', 'pandas', 'pyarrow', 'wfdb', 'pyedflib', 'mdtraj', 'netCDF4'}"
    code = f"import sys, sciml_bench.data.sources; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
