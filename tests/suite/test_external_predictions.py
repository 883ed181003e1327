"""Predictions that were made elsewhere are scored as the same forecasts by a method of the suite."""

import json
import os

import numpy as np
import pytest

from sciml_bench.command_line import main as command_line
from sciml_bench.core.errors import DataError, NotApplicableError
from sciml_bench.data.forecast_file import write_forecast
from sciml_bench.data.sources import SimulatedTrajectories
from sciml_bench.report.leaderboard import leaderboard_of
from sciml_bench.report.leaderboard.ranking import scored
from sciml_bench.report.leaderboard.tables import markdown_report
from sciml_bench.report.runs import find_runs
from sciml_bench.scores.forecasting.starts import starts_in
from sciml_bench.suite import ForecastTask, compare
from sciml_bench.suite.baselines import ExternalPredictions, Persistence
from sciml_bench.systems import Lorenz63

SIZES = ["data.n_steps=400", "data.split={train: 0.5, validation: 0.1, test: 0.4}"]
NODE = {"_target_": "sciml_bench.suite.ForecastTask", "horizon": 20, "n_starts": 5, "long_run_rows": 100}
TASK = {"name": "short_lorenz", "record": ["data=lorenz63", *SIZES], "evaluation": NODE}
ASKED = ForecastTask(horizon=20, n_starts=5, long_run_rows=100)


@pytest.fixture(scope="module")
def record():
    split = {"train": 0.5, "validation": 0.1, "test": 0.4}
    record = SimulatedTrajectories(Lorenz63(), burn_in=10.0, n_steps=400, time_step=0.05, split=split)
    record.setup()
    return record


def stays(questions):
    """What persistence predicts."""
    last = np.stack([states[-1] for states in questions.past.states])
    return np.repeat(last[:, None], questions.times.shape[1], axis=1)


def answered(record, path, **arrays):
    """The scores of a file of arrays."""
    np.savez(path, **arrays)
    return scores(record, path)


def scores(record, path):
    method = ExternalPredictions(record.spec, str(path))
    method.prepare(record, ASKED.questions(record))
    return ASKED(method.fit(record), record).metrics


def test_the_predictions_of_persistence_have_its_scores_as_arrays_and_as_a_table(record, tmp_path):
    questions = ASKED.questions(record)
    learned = Persistence(record.spec).fit(record)
    expected = ASKED(learned, record).metrics
    long_run = stays(questions)[0, :1].repeat(100, axis=0)
    found = answered(record, tmp_path / "mine.npz", states=stays(questions), long_run_states=long_run)
    assert found == expected
    for name in ("theirs.npz", "theirs.csv"):  # as `sciml-bench forecast` writes them
        write_forecast(tmp_path / name, learned.forecast(questions.past, 20), record.spec)
        found = scores(record, tmp_path / name)
        without = {key: value for key, value in expected.items() if key in found}
        assert found == pytest.approx(without, rel=1e-12)
        assert set(expected) - set(found) == {
            *("histogram_distance", "state_space_divergence", "spectrum_hellinger_distance")
        }


def test_members_have_intervals_of_a_normal_law(record, tmp_path):
    states = stays(ASKED.questions(record))
    members = states + np.random.default_rng(0).standard_normal((4, *states.shape))
    found = answered(record, tmp_path / "m.npz", states=members.mean(axis=0), members=members, kind="samples")
    assert 0 < found["coverage_90"] < 1
    spread = (members.std(axis=0, ddof=1) / record.spec.deviation).mean()
    assert found["interval_width_90"] == pytest.approx(2 * 1.645 * spread, rel=0.1)


def test_what_does_not_answer_the_task_is_one_sentence(record, tmp_path):
    states, times = stays(ASKED.questions(record)), ASKED.questions(record).times
    wrong = {
        r"states of the shape \(5, 19, 3\); this task asks for \(5, 20, 3\): 5 starts, 20 rows": {
            "states": states[:, 1:]
        },
        r"has the arrays forecasts; it needs `states` of": {"forecasts": states},
        r"times of the shape \(4, 20\)": {"states": states, "times": times[1:]},
        r"row 0 of start 0 is predicted for the time .*, but asked for at": {"states": states, "times": times + 0.05},
        r"members of the shape": {"states": states, "members": states},
        r"long_run_states of the shape \(20, 3\); this task asks for \(100, 3\)": {
            "states": states,
            "long_run_states": states[0],
        },
    }
    for sentence, arrays in wrong.items():
        with pytest.raises(DataError, match=sentence):
            answered(record, tmp_path / "wrong.npz", **arrays)
    (tmp_path / "wrong.csv").write_text("trajectory,time,a,b,c\n0,1,1,1,1\n0,2,1,1,1\n")
    with pytest.raises(DataError, match="needs the columns trajectory, time, x1, x2, x3"):
        scores(record, tmp_path / "wrong.csv")
    (tmp_path / "wrong.csv").write_text("trajectory,time,x1,x2,x3\n0,1,1,1,1\n0,2,1,1,1\n1,1,1,1,1\n")
    with pytest.raises(DataError, match="1 to 2 rows; give as many from each start"):
        scores(record, tmp_path / "wrong.csv")
    with pytest.raises(FileNotFoundError, match=r"data\.predictions=nowhere\.npz: there is no such file"):
        scores(record, "nowhere.npz")


def test_answers_are_given_at_the_starts_alone(record, tmp_path):
    method = ExternalPredictions(record.spec, str(tmp_path / "mine.npz"))
    np.savez(tmp_path / "mine.npz", states=stays(ASKED.questions(record)))
    method.prepare(record, ASKED.questions(record))
    elsewhere = starts_in(record, "validation", 20, 1, 3).past(10)
    with pytest.raises(DataError, match="nothing was predicted from the row at"):
        method.fit(record).forecast(elsewhere, 20)
    with pytest.raises(NotApplicableError, match="scored by forecast tasks alone"):
        ExternalPredictions(record.spec).fit(record)


@pytest.mark.usefixtures("undrawn")
def test_a_run_of_predictions_stands_in_the_leaderboard_without_costs_and_knows_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked = ["starts", "lorenz63_forecast", *SIZES, "evaluation.horizon=20", "evaluation.n_starts=5"]
    assert command_line([*asked, "evaluation.long_run_rows=100", "--output", "starts.npz"]) == 0
    with np.load("starts.npz") as given:
        last, shape = given["past_states"][:, -1], given["times"].shape
        assert given["train_times_0"][-1] < given["validation_times_0"][0] < given["past_times"][0, -1]
        assert (given["past_times"][:, -1] < given["times"][:, 0]).all()
        assert int(given["long_run_rows"]) == 100
    np.savez("stay.npz", states=np.repeat(last[:, None], shape[1], axis=1))
    own = ["data.predictions=stay.npz"]
    (row,) = compare(TASK, "external", folder="runs", overrides=own)
    (beside,) = compare(TASK, "persistence", folder="runs")
    (lost,) = compare(TASK, "external", folder="runs")
    assert row["forecast_standardised_error"] == beside["forecast_standardised_error"]
    assert lost["status"] == "not_applicable"
    assert "sciml-bench starts <task>" in lost["reason"]
    record = json.loads((tmp_path / row["folder"] / "record.json").read_text())
    assert record["costs"] == "unknown"
    assert not {name for name in record if name.endswith(("_seconds", "_mebibytes")) or name == "parameters"}
    board = leaderboard_of(*find_runs(["runs"]))
    table = markdown_report(board, [scored(task) for task in board.tasks])
    (line,) = [line for line in table.splitlines() if line.startswith("| external")]
    assert [cell.strip() for cell in line.split("|")[-4:-1]] == ["–", "–", "–"]
    assert command_line(["show", row["folder"]]) == 0

    np.savez("stay.npz", states=np.zeros((*shape, 3)))
    os.utime("stay.npz", (1, 1))
    (again,) = compare(TASK, "external", folder="runs", overrides=own)
    assert "has learned from other data, since stay.npz" in again["reason"]


def test_starts_are_asked_of_forecast_tasks_and_written_as_arrays(tmp_path, capsys):
    assert command_line(["starts", "lorenz63_forecast", "--output", str(tmp_path / "starts.csv")]) == 1
    assert "starts are written as .npz" in capsys.readouterr().err
    assert command_line(["starts", "nothing", "--output", str(tmp_path / "starts.npz")]) == 1
    assert "task=nothing: there is none; choose among" in capsys.readouterr().err
    assert command_line(["starts", "common_task_lorenz_clean_short", "--output", str(tmp_path / "starts.npz")]) == 1
    assert "asks for no forecasts" in capsys.readouterr().err
