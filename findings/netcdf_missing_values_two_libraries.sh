#!/usr/bin/env bash
# One NetCDF file, two libraries: netCDF4 1.7.5 finds 15 missing values where xarray 2026.9.0 finds none.
#
# Expected: NetCDF's own fill values (cells never written: 9.97e36, -2147483647, -32767) and values outside valid_range
#           are missing, as the CF conventions and the NetCDF users' guide have it.
# Seen:     netCDF4 masks them. xarray decodes only _FillValue and missing_value: cells never written come as 9.97e36 or
#           -2147483647, values outside valid_range as numbers, without a warning; isnull() is False everywhere.
# Cost:     a run that was stopped half way (an unlimited axis, one variable behind the others) has means of 1e36 or, in
#           whole numbers, of -1e9, which pass every check for nan.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check \
    netCDF4==1.7.5.1.post1 xarray==2026.9.0 h5netcdf==1.8.2 h5py==3.16.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import netCDF4
import numpy as np
import xarray

with netCDF4.Dataset("x.nc", "w") as file:
    file.createDimension("time", None)
    file.createVariable("ahead", "f8", ("time",))[:] = np.arange(10.0)
    file.createVariable("real", "f4", ("time",))[:3] = 1.0
    file.createVariable("whole", "i4", ("time",))[:3] = 1
    bounded = file.createVariable("bounded", "f4", ("time",))
    bounded.valid_range = np.array([0, 10], "f4")
    bounded[:] = np.where(np.arange(10) == 4, 99, np.arange(10))
names = ("real", "whole", "bounded")
with netCDF4.Dataset("x.nc") as file:
    masked = {name: int(np.ma.getmaskarray(file[name][:]).sum()) for name in names}
for engine in ("netcdf4", "h5netcdf"):
    opened = xarray.open_dataset("x.nc", engine=engine)
    absent = {name: int(opened[name].isnull().sum()) for name in names}
    print(f"netCDF4 {masked}, xarray ({engine}) {absent}")
    print("means by xarray:", {name: float(opened[name].astype(float).mean()) for name in names})
    assert masked == {"real": 7, "whole": 7, "bounded": 1}, masked
    assert absent == {"real": 0, "whole": 0, "bounded": 0}, f"xarray marks them now: {absent}"
    assert opened["real"].values[-1] > 9e36 and opened["whole"].values[-1] == -2147483647
PYTHON
