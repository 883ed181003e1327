#!/usr/bin/env bash
# scipy 1.17.1's make_smoothing_spline(x, y) smooths a sine away where its weight would be small.
#
# Expected: "if lam is None, the parameter is chosen by generalised cross validation": the weight of the lowest score.
# Seen:     the score is searched on a linear scale between 0 and the number of points, from .38 of it, which is on the
#           plateau of a straight line where the best weight is .01: of 500 points of a sine with the period 3, noise of 5 %,
#           nearly a line is left. In another unit of x (times 10) the same points are followed to their noise.
# Cost:     derivatives and what is fitted to them are those of a line, without a warning; 10 000 points take 3.7 s.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check numpy==2.4.6 scipy==1.17.1
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np
from scipy.interpolate import make_smoothing_spline

x = np.arange(500) / 10
y = np.sin(2 * np.pi * x / 3) + 0.05 * np.random.default_rng(0).standard_normal(500)


def score(weight):
    """n |y - A y|^2 / tr(1 - A)^2."""
    left = np.eye(500) - make_smoothing_spline(x, np.eye(500), lam=weight)(x)
    return 500 * np.sum((left @ y) ** 2) / np.trace(left) ** 2


weights = 10.0 ** np.arange(-8, 3)
best = weights[np.argmin([score(weight) for weight in weights])]
there = np.std(make_smoothing_spline(x, y, lam=best)(x) - y)
chosen, scaled = (np.std(make_smoothing_spline(unit * x, y)(unit * x) - y) for unit in (1, 10))
print(f"residuals of {chosen:.3g}; {scaled:.3g} in another unit; {there:.3g} with the weight {best:g} of lowest score")
assert there < 0.06 and scaled < 0.06 < 0.5 < chosen, "it is the lowest score now"
PYTHON
