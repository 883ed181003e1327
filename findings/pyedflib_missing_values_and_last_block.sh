#!/usr/bin/env bash
# pyEDFlib 0.1.42: a missing sample is written as the smallest value, and the last second is filled up with zeros.
#
# Expected: EDF has no missing values, so a nan is refused; a recording that ends within a block is told to be longer.
# Seen:     EdfWriter.writeSamples turns nan into the physical minimum, values beyond the range into its end, and appends
#           zeros up to the end of the block, all without a warning; the reader cannot know of any of it.
# Cost:     2.5 seconds at 100 Hz come back as 300 samples of which the last 50 are zeros (a step in the held-out part),
#           and one missing sample is a spike of five deviations.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pyedflib==0.1.42 numpy==2.4.6
cd "$folder"
venv/bin/python -W error - <<'PYTHON'
import numpy as np
import pyedflib

signal = np.cos(np.arange(250) / 9)
signal[40], signal[50] = np.nan, 7.0
with pyedflib.EdfWriter("x.edf", 1, file_type=pyedflib.FILETYPE_EDFPLUS) as file:
    file.setSignalHeader(0, {
        "label": "EEG", "dimension": "uV", "sample_frequency": 100, "physical_min": -4, "physical_max": 4,
        "digital_min": -32768, "digital_max": 32767, "transducer": "", "prefilter": "",
    })
    file.writeSamples([signal])
with pyedflib.EdfReader("x.edf") as file:
    read = file.readSignal(0)
print(f"250 samples written, {len(read)} read; nan became {read[40]:g}, 7 became {read[50]:g}, the last are {read[-3:]}")
assert len(read) == 300 and np.abs(read[250:]).max() < 1e-3, "the last block is not filled with zeros any more"
assert read[40] == -4 and read[50] == 4
PYTHON
