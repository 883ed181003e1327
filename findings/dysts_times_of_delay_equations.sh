#!/usr/bin/env bash
# dysts 0.96 returns times with the trajectories of its six delay equations that are not those of the states.
#
# Expected: make_trajectory(n, return_times=True) gives the time of every row, as it does for the 129 other flows.
# Seen:     states are sampled n times between tau and the end, times between 0 and the end: for Mackey and Glass, 600
#           rows of 30 points per period, the times are 13 % too far apart. The last column, which is the first one tau
#           earlier, lags by tau / (true step) rows, not by tau / (returned step).
# Cost:     rates, frequencies, Lyapunov times and valid prediction times of IkedaDelay, MackeyGlass, PiecewiseCircuit,
#           ScrollDelay, SprottDelay and VossDelay are off by the factor 1 + tau / length, without a sign of it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check dysts==0.96 numpy==2.4.6 scipy==1.17.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import numpy as np
from dysts.flows import Lorenz, MackeyGlass

times, _ = Lorenz().make_trajectory(600, return_times=True, pts_per_period=30, method="DOP853", rtol=1e-8, atol=1e-8)
assert np.isclose(times[1] - times[0], Lorenz().period / 30 * 600 / 599), "the flows without delays are right"

system = MackeyGlass()
times, states = system.make_trajectory(600, return_times=True, pts_per_period=30)
returned = times[1] - times[0]
sampled = system.period / 30 * 600 / 599  # tau ... end in 600 points
now, before = states[:, 0], states[:, -1]  # x(t) and x(t - tau)


def mismatch(step):
    clock = step * np.arange(600)
    inside = clock >= system.tau
    return np.abs(np.interp(clock[inside] - system.tau, clock, now) - before[inside]).max()


print(f"step returned {returned:.5f}, step sampled {sampled:.5f}, tau {system.tau:g}")
print(f"x(t - tau) by the returned times is off by {mismatch(returned):.3f}, by the others by {mismatch(sampled):.1e}")
assert mismatch(sampled) < 1e-3 and mismatch(returned) > 0.1, "the returned times are right now"
PYTHON
