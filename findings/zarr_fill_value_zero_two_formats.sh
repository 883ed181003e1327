#!/usr/bin/env bash
# The same array in zarr format 2 and 3: xarray 2026.9.0 turns its true zeros into nan in one and leaves them in the other.
#
# Expected: a zero that was written is a zero, whatever the format of the store; and a chunk that was lost is told apart
#           from one that holds zeros.
# Seen:     zarr's default fill value is 0. In format 2 xarray takes it for the mark of missing values, so every zero is
#           nan; in format 3 it does not. A chunk whose file is gone reads as zeros in zarr (both formats) and, through
#           xarray, as nan in format 2 and as zeros in format 3. No warning anywhere.
# Cost:     counts, rain, spikes and anything at rest lose their zeros when a store is converted from 3 to 2, and gain
#           false ones when a chunk is lost: a mean of 2 becomes 3 in format 2 here, and 1 in format 3 with a chunk lost.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check zarr==3.1.6 xarray==2026.9.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import pathlib
import warnings

import numpy as np
import xarray
import zarr

warnings.simplefilter("error", RuntimeWarning)
values = np.array([0.0, 3, 0, 3, 3, 3])
zeros, lost = {}, {}
for number in (2, 3):
    names = {"dimension_names": ("time",)} if number == 3 else {}
    group = zarr.open_group(f"{number}.zarr", mode="w", zarr_format=number)
    array = group.create_array("u", shape=(6,), chunks=(2,), dtype="f8", **names)
    if number == 2:
        array.attrs["_ARRAY_DIMENSIONS"] = ["time"]
    array[:] = values
    opened = xarray.open_zarr(f"{number}.zarr", consolidated=False)
    zeros[number] = opened.u.values
    pathlib.Path(f"{number}.zarr/u/" + ("2" if number == 2 else "c/2")).unlink()
    by_zarr = zarr.open_group(f"{number}.zarr", mode="r")["u"][:]
    lost[number] = xarray.open_zarr(f"{number}.zarr", consolidated=False).u.values
    print(f"format {number}: {zeros[number]}, one chunk lost: {lost[number]}; zarr itself: {by_zarr}")
    assert by_zarr.tolist() == [0, 3, 0, 3, 0, 0]
assert np.isnan(zeros[2]).sum() == 2, "xarray leaves the zeros of format 2 now"
assert zeros[3].tolist() == values.tolist()
assert np.isnan(lost[2][4:]).all() and (lost[3][4:] == 0).all()
PYTHON
