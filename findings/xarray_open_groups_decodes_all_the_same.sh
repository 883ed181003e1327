#!/usr/bin/env bash
# xarray 2026.9.0: open_groups(..., decode_cf=False) decodes all the same; open_dataset and open_datatree do not.
#
# Expected: with decode_cf=False variables come as they are stored (int16, _FillValue and scale_factor as attributes).
# Seen:     open_groups returns float64 with the fill as nan and times as datetime64, without a word. The single options
#           (mask_and_scale=False, decode_times=False, ...) are honoured.
# Cost:     whoever decodes by his own rules (fills that xarray does not know, valid ranges) applies them to decoded
#           values: his limits are compared with unpacked numbers and his fill values are never met.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check xarray==2026.9.0 h5netcdf==1.8.2 h5py==3.16.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
import xarray

packed = {"dtype": "i2", "scale_factor": 0.01, "_FillValue": -32767}
data = xarray.Dataset({"u": ("time", [1.5, np.nan, 2.5])}, coords={"time": [1, 2, 3]})
data.time.attrs["units"] = "days since 2000-01-01"
data.to_netcdf("x.nc", engine="h5netcdf", encoding={"u": packed})
kinds = {
    "open_dataset": xarray.open_dataset("x.nc", engine="h5netcdf", decode_cf=False),
    "open_datatree": xarray.open_datatree("x.nc", engine="h5netcdf", decode_cf=False),
    "open_groups": xarray.open_groups("x.nc", engine="h5netcdf", decode_cf=False)["/"],
    "open_groups, option by option": xarray.open_groups(
        "x.nc", engine="h5netcdf", mask_and_scale=False, decode_times=False
    )["/"],
}
seen = {name: (opened["u"].dtype.kind, opened["time"].dtype.kind) for name, opened in kinds.items()}
for name, (u, time) in seen.items():
    print(f"{name:32} u: {u}, time: {time}")
assert seen["open_dataset"][0] == seen["open_datatree"][0] == seen["open_groups, option by option"][0] == "i"
assert seen["open_groups"] == ("f", "M"), "open_groups honours decode_cf=False now"
PYTHON
