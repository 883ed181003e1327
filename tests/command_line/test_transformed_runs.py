"""Runs on transformed records, from the script to the forecast: everything is told in the components of the file."""

import csv

import numpy as np
import pytest

from sciml_bench.command_line import main
from sciml_bench.drawing import pictures_of
from sciml_bench.training import composed, restore, run
from sciml_bench.training.evaluate import evaluate

TIMES = 0.1 * np.arange(300)
STATES = np.stack([np.exp(np.sin(TIMES)), 2 + np.cos(TIMES)], axis=1)
"""The first is the exponential of what turns with the second."""

RUNS = {
    "delays": ("koopman", ["training=linear_ridge", "data.observe=[lynx]", "data.delays=2"], ["lynx"]),
    "changes": ("koopman", ["training=linear_ridge", "data.logarithm=true", "data.difference=1"], ["hare", "lynx"]),
    "field": ("node_homotopy", ["trainer.max_epochs=40", "data.delays=1", "data.resample=0.2"], ["hare", "lynx"]),
    "equations": ("mechnn", ["data.logarithm=[hare]", "data.missing=mask"], ["hare", "lynx"]),
}

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def pelts(tmp_path_factory):
    path = tmp_path_factory.mktemp("pelts") / "pelts.csv"
    np.savetxt(path, np.column_stack([TIMES, STATES]), delimiter=",", header="t [s],hare [thousand],lynx", comments="")
    return path


@pytest.mark.parametrize("name", RUNS)
def test_a_run_forecasts_and_is_scored_in_the_components_of_the_file(name, pelts, tmp_path, capsys) -> None:
    script, choices, columns = RUNS[name]
    path = pelts
    if "data.missing=mask" in choices:
        path = tmp_path / "holes.csv"
        rows = [f"{t:.1f},{x},{y}" for t, (x, y) in zip(TIMES, STATES, strict=True)]
        rows[20], rows[200] = "2.0,,1.5", "20.0,,"
        path.write_text("\n".join(["t [s],hare [thousand],lynx", *rows]))
    folder = tmp_path / "run"
    metrics = run(composed(script, ["data=trajectories", f"data.path={path}", *choices, "logger=none"], folder))
    again, _ = evaluate(folder)
    assert {key: again[key] for key in again if key.startswith("forecast_")} == {
        key: value for key, value in metrics.items() if key.startswith("forecast_")
    }
    learned = restore(folder)
    told = learned.forecast(3)
    assert told.states.shape == (1, 3, len(columns))
    # what follows the last row of the file, however the method gets there
    truth = np.stack([np.exp(np.sin(told.times[0])), 2 + np.cos(told.times[0])], axis=1)[:, -len(columns) :]
    np.testing.assert_allclose(told.states[0], truth, atol=0.35)
    for given in ([], ["--past", str(pelts)]):
        output = tmp_path / f"next_{len(given)}.csv"
        assert main(["forecast", str(folder), *given, "--horizon", "3", "--output", str(output)]) == 0
        with output.open() as file:
            header, *rows = csv.reader(file)
        assert header == ["trajectory", "time", *columns]
        np.testing.assert_allclose(np.array(rows, dtype=float)[:, 2:], told.states[0], rtol=1e-3)
    arrays = learned.arrays
    shown = arrays["component_names"].tolist()
    assert shown == (["Δlog(hare)", "Δlog(lynx)"] if name == "changes" else columns)
    figures = pictures_of(arrays)
    labels = {axis.get_ylabel() for figure in figures.values() if hasattr(figure, "axes") for axis in figure.axes}
    if name in ("field", "equations"):
        assert "hare (thousand)" in labels
    if name == "equations":
        assert learned.record["equations"][0].startswith("dlog(hare)/dt = ")
        assert "dlog(hare)/dt" in labels


def test_a_past_that_is_too_short_is_told(pelts, tmp_path, capsys) -> None:
    script, choices, _ = RUNS["delays"]
    folder = tmp_path / "run"
    run(composed(script, ["data=trajectories", f"data.path={pelts}", *choices, "logger=none"], folder))
    short = tmp_path / "short.csv"
    short.write_text("\n".join(pelts.read_text().splitlines()[:3]))
    assert main(["forecast", str(folder), "--past", str(short), "--horizon", "1", "--output", str(tmp_path / "o.csv")])
    said = capsys.readouterr().err
    assert "what was learned needs at least 3 of the shape (1,): a row is made of 3" in said


def test_other_data_are_transformed_in_the_same_way(pelts, tmp_path) -> None:
    script, choices, _ = RUNS["delays"]
    folder = tmp_path / "run"
    metrics = run(composed(script, ["data=trajectories", f"data.path={pelts}", *choices, "logger=none"], folder))
    other, _ = evaluate(folder, pelts)
    assert other["forecast_mse"] == metrics["forecast_mse"]
