#!/usr/bin/env bash
# kooplearn 2.0.3: NystroemKernelRidge ignores its ridge, and draws its centres twice and never from the last rows.
#
# Expected: `alpha` regularises the regression (alpha=1 shrinks what alpha=1e-9 fits); `n_centers` different centres, from
#           anywhere in the trajectory.
# Seen:     with reduced_rank=True, which is the default, every alpha gives the same operator: the term
#           `+reg * kernel_X * (num_centers**-1)` stands on a line of its own and is added to nothing. Centres are drawn
#           with replacement, and from the first n - 2 lag pairs although there are n - lag: at a lag of half the length
#           there is none, and the fit ends with "Found array with 0 sample(s)".
# Cost:     a search over alpha compares equal models, and noise is fitted freely: one-step forecasts of the noisy motion
#           below do not change in a digit between alpha=1e-9 and alpha=1, where the full-rank method changes them widely.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check kooplearn==2.0.3 numpy==2.4.6 scikit-learn==1.9.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import warnings

import numpy as np
from kooplearn.kernel import KernelRidge, NystroemKernelRidge

warnings.simplefilter("ignore")
now = np.arange(300)
states = np.stack([np.cos(0.3 * now), np.sin(0.3 * now)], axis=1)
states += 0.2 * np.random.default_rng(0).standard_normal(states.shape)
told = {}
for name, make in {"Nyström": NystroemKernelRidge, "all pairs": KernelRidge}.items():
    options = {"kernel": "rbf", "gamma": 1.0, "eigen_solver": "dense"}
    if name == "Nyström":
        options |= {"n_centers": 60, "random_state": 0}
    fitted = [make(10, alpha=alpha, **options).fit(states) for alpha in (1e-9, 1.0)]
    one, other = (model.predict(states, n_steps=2) for model in fitted)
    told[name] = float(np.abs(one - other).max())
    print(f"{name}: alpha=1e-9 and alpha=1 differ by {told[name]:.2g}")
model = NystroemKernelRidge(10, kernel="rbf", gamma=1.0, n_centers=200, random_state=0).fit(states)
centres = model.nys_centers_idxs_
print(f"{len(centres)} centres are {len(set(centres.tolist()))} different ones")
assert told["Nyström"] == 0, "the ridge counts now"
assert told["all pairs"] > 0.1
assert len(set(centres.tolist())) < len(centres), "centres are drawn without replacement now"
try:
    NystroemKernelRidge(10, kernel="rbf", n_centers=60, lag_time=150, random_state=0).fit(states)
    raise SystemExit("a lag of half the length is possible now")
except ValueError as error:
    print(error)
PYTHON
