"""A table with empty cells here and there is learned from with `data.missing=split`, in every paradigm."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sciml_bench.training import composed, run


@pytest.fixture(scope="module")
def with_holes(tmp_path_factory):
    """A damped oscillation of 500 rows, of which four cells in a hundred are empty."""
    times = 0.05 * np.arange(500)
    options = {"t_eval": times, "rtol": 1e-11, "atol": 1e-12}
    states = solve_ivp(lambda t, y: (y[1], -y[0] - 0.1 * y[1]), (0, 25), (1.0, 0.0), **options).y.T
    empty = np.random.default_rng(0).random(states.shape) < 0.04
    cells = np.where(empty, "", np.char.mod("%.12g", states))
    rows = [f"{time:.2f},{','.join(row)}" for time, row in zip(times, cells, strict=True)]
    path = tmp_path_factory.mktemp("holes") / "holes.csv"
    path.write_text("\n".join(["t,x,v", *rows]))
    return path


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("script", "split_by", "choices", "most"),
    [
        ("koopman", "time", ["trainer.max_epochs=10"], 0.3),
        ("koopman", "trajectory", ["trainer.max_epochs=10"], 0.3),
        ("mechnn", "time", ["training.refinement=never"], 1e-3),
        ("mechnn", "trajectory", ["training.refinement=never"], 1e-3),
        ("node_homotopy", "time", ["trainer.max_epochs=4"], 2.0),
    ],
)
def test_every_paradigm_learns_between_cells_that_are_empty(
    with_holes, tmp_path, caplog, script, split_by, choices, most
):
    caplog.set_level("INFO")
    given = ["data=trajectories", f"data.path={with_holes}", "data.missing=split", f"data.split_by={split_by}"]
    metrics = run(composed(script, [*given, "logger=none", *choices], folder=tmp_path))
    assert "rows with missing values are cut out" in caplog.text
    name = "forecast_error_over_mean_step_1" if script == "koopman" else "forecast_error_over_mean"
    assert metrics[name] < most
