"""What a finished run gives on the command line: scores again, forecasts, solutions; nothing is trained here twice."""

import csv
import json
import shutil

import numpy as np
import pytest
import torch
import yaml
from finished_runs import finished_runs
from report_material import write_run

from sciml_bench.command_line import main
from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data.capabilities import Forecast
from sciml_bench.data.forecast_file import write_forecast
from sciml_bench.data.past_file import read_past
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.training import composed, restore, run

RUNS = {
    "gradient steps": ("koopman", ["data=logistic_map", "data.n_steps=400", "training=nested_lora"]),
    "closed form": ("koopman", ["data=logistic_map", "data.n_steps=400", "training=linear_ridge"]),
    "equations": ("mechnn", ["data=lorenz63", "model=polynomials", "training=closed_form"]),
    "operator": ("nsm", ["pde=poisson", "pde.n_points=8", "model.modes=[7,7]", "pde.test_resolutions=[16]"]),
    "ensemble": ("node_homotopy", ["training=vanilla", "training.n_epochs=2", "ensemble=2"]),
}
SMALLER = {
    "gradient steps": ["trainer.max_epochs=2", "training.view.batch_size=64"],
    "equations": ["data.n_steps=600", "data.time_step=0.01", "data.split={train:500,validation:0,test:100}"],
    "operator": [
        *["model.width=4", "model.depth=1", "trainer.max_steps=6", "pde.steps_per_epoch=3", "pde.batch_size=2"],
        *["pde.n_validation=2", "pde.n_test=4"],
    ],
    "ensemble": ["data.end_time=4.0", "data.split={train:21,test:20}", "model.nodes_per_layer=6"],
}


FORECAST_ERRORS = ("forecast_relative_error", "forecast_error_over_mean")
JUDGED_BY = (
    *(f"{name}_standardised_error" for name in ("forecast", "persistence", "mean")),
    *("forecast_horizon", "forecast_length"),
)

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finished_runs(tmp_path_factory.mktemp("finished"), RUNS, SMALLER)


def called(capsys, *words):
    capsys.readouterr()  # of runs that were made for this test
    code = main([str(word) for word in words])
    return code, capsys.readouterr()


def refused(capsys, *words):
    """The one sentence with which a verb ends."""
    code, printed = called(capsys, *words)
    assert code == 1
    assert len(printed.err.splitlines()) == 1
    return printed.err


# ---- evaluate -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gradient steps", "closed form", "equations", "operator"])
def test_without_settings_a_run_gets_its_own_scores_to_the_last_bit(name, finished, capsys):
    folder = finished(name)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}
    code, printed = called(capsys, "evaluate", folder)
    assert code == 0
    assert "(was" not in printed.out
    assert RunFolder(folder / "evaluations" / "defaults").metrics == RunFolder(folder).metrics
    assert {path: path.read_bytes() for path in before} == before


def test_every_member_of_an_ensemble_is_scored(finished, capsys):
    folder = finished("ensemble")
    assert called(capsys, "evaluate", folder)[0] == 0
    for seed in (0, 1):
        member = RunFolder(folder / "members" / f"seed={seed}")
        assert RunFolder(member.path / "evaluations" / "defaults").metrics == member.metrics


def test_other_settings_are_words_among_the_runs(finished, capsys):
    folder = finished("closed form")
    assert called(capsys, "evaluate", folder, "evaluation.forecast_steps=2")[0] == 0
    metrics = RunFolder(folder / "evaluations" / "evaluation.forecast_steps=2").metrics
    assert "forecast_error_over_mean_step_2" in metrics
    assert "forecast_error_over_mean_step_3" not in metrics


def test_another_evaluation_is_chosen_by_name_and_words_may_follow_options(finished, tmp_path, capsys):
    folder = finished("gradient steps")
    words = ["--checkpoint", "best", "evaluation=forecast"]
    code, printed = called(capsys, "evaluate", folder, *words)
    assert code == 0, printed.err
    own, found = (RunFolder(path).metrics for path in (folder, folder / "evaluations" / "evaluation=forecast"))
    fit = RunFolder(folder).record["fit_metrics"]
    assert found == {name: own[name] for name in ("forecast_mse", *FORECAST_ERRORS, *JUDGED_BY, *fit)}
    assert called(capsys, "evaluate", "--checkpoint", "best", folder, "evaluation.forecast_steps=3")[0] == 0
    assert "has no evaluation=forecasts; did you mean evaluation=forecast?" in refused(
        capsys, "evaluate", folder, "evaluation=forecasts"
    )
    assert "evaluation=equations belongs to train_mechnn" in refused(capsys, "evaluate", folder, "evaluation=equations")
    assert "data.<key>=<value>" in refused(capsys, "evaluate", folder, "data=lorenz63")


def test_the_last_weights_differ_from_the_best_where_these_came_earlier(finished, capsys):
    folder = finished("gradient steps")
    code, _ = called(capsys, "evaluate", folder, "--checkpoint", "last")
    last = RunFolder(folder / "evaluations" / "checkpoint=last").metrics
    assert code == 0
    own = RunFolder(folder).metrics
    assert "best_epoch" not in last
    # the best epoch of two was the last one
    assert own["best_epoch"] == 2
    assert all(last[name] == value for name, value in own.items() if name != "best_epoch")
    assert called(capsys, "evaluate", folder, "--checkpoint", folder / "checkpoints" / "best.ckpt")[0] == 0


def test_other_data_are_scored_in_a_folder_of_their_own(finished, tmp_path, capsys):
    folder = finished("closed form")
    np.save(tmp_path / "mine.npy", np.random.default_rng(0).uniform(0.1, 0.9, (200, 1)))
    code, printed = called(capsys, "evaluate", folder, "--data", tmp_path / "mine.npy")
    assert code == 0
    assert "(was" in printed.out
    assert len([*(folder / "evaluations").glob("data=mine-*/metrics.json")]) == 1


def test_settings_of_other_data_count_or_are_refused(finished, tmp_path, capsys):
    folder = finished("closed form")
    np.save(tmp_path / "mine.npy", np.random.default_rng(0).uniform(0.1, 0.9, (200, 1)))
    words = ["evaluate", folder, "data.time_unit=hour", "--data", tmp_path / "mine.npy"]
    code, printed = called(capsys, *words)
    assert code == 0, printed.err
    (found,) = (folder / "evaluations").glob("*hour*/.hydra/config.yaml")
    assert yaml.safe_load(found.read_text())["data"]["time_unit"] == "hour"
    words[2] = "data.n_steps=70"
    assert "n_steps" in refused(capsys, *words)


def test_a_file_that_has_changed_is_not_taken_for_the_runs_own(tmp_path, capsys):
    path, folder = tmp_path / "mine.npy", tmp_path / "run"
    rng = np.random.default_rng(0)
    np.save(path, rng.standard_normal((300, 2)))
    words = ["data=trajectories", f"data.path={path}", "training=linear_ridge", "training.view.batch_size=8"]
    metrics = run(composed("koopman", ["logger=none", *words], folder=folder))
    np.save(path, rng.standard_normal((300, 2)))
    assert "has learned from other data" in refused(capsys, "evaluate", folder)
    with pytest.raises(DataError, match="has learned from other data"):
        run(composed("koopman", ["logger=none", *words, "evaluation.forecast_steps=4"], folder=folder))
    assert RunFolder(folder).metrics == metrics
    assert called(capsys, "evaluate", folder, "--data", path)[0] == 0


def test_what_cannot_be_scored_is_told_in_one_sentence(finished, tmp_path, capsys):
    folder = finished("closed form")
    assert "name the runs" in refused(capsys, "evaluate", "evaluation.forecast_steps=2")
    assert "does not exist" in refused(capsys, "evaluate", tmp_path / "nothing")
    assert "no such file" in refused(capsys, "evaluate", folder, "--data", tmp_path / "nothing.csv")
    assert "there is no file" in refused(capsys, "evaluate", folder, "--checkpoint", "last")
    assert "evaluation.<key>" in refused(capsys, "evaluate", folder, "training.view.lag=2")
    np.save(tmp_path / "a.npy", np.ones(3))
    told = refused(capsys, "evaluate", finished("gradient steps"), "--checkpoint", tmp_path / "a.npy")
    assert "is not a readable checkpoint" in told
    assert "weights_only" not in told
    unfinished = write_run(tmp_path / "unfinished", status="interrupted")
    for words in (["evaluate", unfinished], ["solve", unfinished, "x.npz"]):
        assert "learned nothing yet" in refused(capsys, *words)


def test_only_the_caller_says_whom_to_trust(tmp_path, capsys, monkeypatch):
    from pathlib import Path

    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "training"))
    from toy_runs import toy

    run(toy(tmp_path / "run"))
    capsys.readouterr()
    assert RunFolder(tmp_path / "run").configuration["trusted_packages"] == ["toy_method"]
    assert "toy_method" in refused(capsys, "evaluate", tmp_path / "run")
    assert called(capsys, "evaluate", tmp_path / "run", "--trust", "toy_method")[0] == 0


def test_the_checkpoint_of_an_ensemble_is_none_of_a_members(finished, capsys):
    folder = finished("ensemble")
    assert "one member of an ensemble" in refused(capsys, "evaluate", folder, "--checkpoint", "last")
    joint = RunFolder(folder).last_checkpoint
    assert "do not fit" in refused(capsys, "evaluate", folder, "--checkpoint", joint)


def test_other_data_of_a_simulated_record_keep_its_clock(finished, tmp_path, capsys):
    folder = finished("equations")
    later = restore(folder).data().splits["test"]
    np.save(tmp_path / "later.npy", later.states[0])
    assert called(capsys, "evaluate", folder, "--data", tmp_path / "later.npy")[0] == 0
    (metrics,) = (folder / "evaluations").glob("data=later-*/metrics.json")
    # with a clock a hundred times slower the forecast of the same rows would be lost
    assert json.loads(metrics.read_text())["forecast_relative_error"] < 1e-3


BROKEN_CONFIGURATIONS = {
    "a list": "- data\n",
    "a tag": "data: !!python/object/apply:os.getcwd []\n",
    "no data": "seed: 0\n",
    "an interpolation": "seed: 0\ndata: {_target_: '${oc.env:HOME}'}\n",
    "no mapping": "data: {_target_: [}",
    "a seed that is none": "seed: many\ndata: {_target_: sciml_bench.data.TrajectoryFiles}\n",
    "a function": "seed: 0\ndata: {_target_: os.getcwd}\n",
}


BROKEN_CHECKPOINTS = {
    "a list": [1, 2],
    "without weights": {"format": 1, "kind": "koopman.KoopmanModel", "settings": {}},
    "weights that are a list": {"format": 1, "kind": "koopman.KoopmanModel", "settings": {}, "tensors": [1.0]},
    "of another kind": {"format": 1, "kind": "os.getcwd", "settings": {}, "tensors": {}},
    "without settings": {"format": 1, "kind": "koopman.KoopmanModel", "settings": {}, "tensors": {}},
    "of another format": {"format": 99, "kind": "koopman.KoopmanModel", "settings": {}, "tensors": {}},
}


@pytest.mark.parametrize("name", ["closed form", "gradient steps"])
def test_data_of_another_shape_are_refused(name, finished, tmp_path, capsys):
    np.save(tmp_path / "wide.npy", np.random.default_rng(0).normal(size=(60, 7)))
    said = refused(capsys, "evaluate", finished(name), "--data", tmp_path / "wide.npy")
    assert "wide.npy has the columns x1, x2, x3, x4, x5, x6, x7, but the run's record has x" in said


def test_columns_in_another_order_are_refused_until_they_are_chosen(finished, tmp_path, capsys):
    rows = np.random.default_rng(0).normal(size=(60, 3)).cumsum(axis=0)
    np.savetxt(tmp_path / "turned.csv", rows, delimiter=",", header="y,x,z", comments="")
    words = ("evaluate", finished("equations"), "--data", tmp_path / "turned.csv")
    said = refused(capsys, *words)
    assert "has the columns y, x, z, but the run's record has x, y, z, in this order; give data.observe=[x,y,z]" in said
    assert called(capsys, *words, "data.observe=[x,y,z]")[0] == 0


def test_as_many_columns_of_other_names_are_refused_until_they_are_renamed(finished, tmp_path, capsys):
    rows = np.random.default_rng(0).normal(size=(60, 3)).cumsum(axis=0)
    np.savetxt(tmp_path / "other.csv", rows, delimiter=",", header="a,b,c", comments="")
    words = ("evaluate", finished("equations"), "--data", tmp_path / "other.csv")
    said = refused(capsys, *words)
    assert f"error: --data {tmp_path / 'other.csv'} has the columns a, b, c, but the run's record has x, y, z" in said
    assert "; give data.component_names=[x,y,z]" in said
    assert called(capsys, *words, "data.component_names=[x,y,z]")[0] == 0
    np.save(tmp_path / "bare.npy", rows)  # whose columns have no names
    assert called(capsys, "evaluate", finished("equations"), "--data", tmp_path / "bare.npy")[0] == 0


def test_a_run_that_is_not_there_is_named(tmp_path, capsys):
    assert "does not exist" in refused(capsys, "evaluate", tmp_path / "nope")
    past = ["--past", tmp_path / "no.csv", "--horizon", "2", "--output", tmp_path / "out.csv"]
    (tmp_path / "out.csv").write_text("x")
    assert "does not exist" in refused(capsys, "forecast", tmp_path / "nope", *past)


@pytest.fixture
def copied(finished, tmp_path):
    """A finished run, to be broken."""
    return RunFolder(shutil.copytree(finished("closed form"), tmp_path / "copied"))


def test_the_script_that_a_folder_names_is_no_path(copied, tmp_path, capsys):
    stored = copied.configuration
    copied.write_configuration({**stored, "script": f"train_{tmp_path}"})
    (tmp_path / "config.yaml").write_text("evaluation: {_target_: os.getcwd}\n")
    assert "of no script of the suite" in refused(capsys, "evaluate", copied.path, "evaluation=forecast")


@pytest.mark.parametrize("how", BROKEN_CONFIGURATIONS)
def test_a_broken_configuration_is_one_sentence_and_nothing_is_written(how, copied, capsys):
    (copied.path / ".hydra" / "config.yaml").write_text(BROKEN_CONFIGURATIONS[how])
    shutil.rmtree(copied.path / "evaluations", ignore_errors=True)
    refused(capsys, "evaluate", copied.path)
    assert not (copied.path / "evaluations").exists()


@pytest.mark.parametrize("how", BROKEN_CHECKPOINTS)
def test_a_broken_checkpoint_is_one_sentence(how, copied, tmp_path, capsys):
    torch.save(BROKEN_CHECKPOINTS[how], copied.learned_checkpoint)
    refused(capsys, "evaluate", copied.path)
    refused(capsys, "forecast", copied.path, "--horizon", 2, "--output", tmp_path / "next.npz")
    refused(capsys, "solve", copied.path, "x.npz")


@pytest.mark.parametrize("text", ["[]", "{", '{"status": "finished", "ensemble": "many"}', '{"ensemble": [-1]}'])
def test_a_broken_record_is_one_sentence(text, copied, tmp_path, capsys):
    (copied.path / "record.json").write_text(text)
    copied.learned_checkpoint.unlink()
    refused(capsys, "evaluate", copied.path)
    refused(capsys, "forecast", copied.path, "--horizon", 2, "--output", tmp_path / "next.npz")


# ---- forecast -----------------------------------------------------------------------------------------------------


def table(path):
    with path.open() as file:
        header, *rows = csv.reader(file)
    return header, np.array(rows, dtype=float)


@pytest.mark.parametrize("name", ["gradient steps", "closed form", "equations"])
def test_a_table_names_the_components_and_the_times_after_the_record(name, finished, tmp_path, capsys):
    learned = restore(finished(name)).learned
    assert called(capsys, "forecast", finished(name), "--horizon", 3, "--output", tmp_path / "next.csv")[0] == 0
    header, rows = table(tmp_path / "next.csv")
    assert header == ["trajectory", "time", *learned.spec.component_names]
    expected = learned.forecast(learned.past, 3)
    np.testing.assert_array_equal(rows[:, 1], expected.times[0])
    np.testing.assert_array_equal(rows[:, 2:], expected.states[0])


def test_an_ensemble_has_the_mean_and_the_deviation_of_its_members(finished, tmp_path, capsys):
    folder, output = finished("ensemble"), tmp_path / "next.npz"
    assert called(capsys, "forecast", folder, "--horizon", 4, "--output", output)[0] == 0
    members = []
    for seed in (0, 1):
        learned = restore(folder / "members" / f"seed={seed}").learned
        members.append(learned.forecast(learned.past, 4).states)
    with np.load(output) as written:
        np.testing.assert_allclose(written["states"], (members[0] + members[1]) / 2, rtol=1e-12)
        np.testing.assert_allclose(written["deviation"], abs(members[0] - members[1]) / np.sqrt(2), rtol=1e-9)
        np.testing.assert_array_equal(written["members"], members)
        assert written["times"].shape == (1, 4)
        assert written["status"].tolist() == ["ok"]
    assert called(capsys, "forecast", folder, "--horizon", 4, "--output", tmp_path / "next.csv")[0] == 0
    header, _ = table(tmp_path / "next.csv")
    assert header[2:] == ["prey", "predators", "prey_deviation", "predators_deviation"]


def test_a_forecast_goes_on_from_a_file(finished, tmp_path, capsys):
    folder, first, second = finished("equations"), tmp_path / "first.npz", tmp_path / "second.npz"
    assert called(capsys, "forecast", folder, "--horizon", 5, "--output", first)[0] == 0
    assert called(capsys, "forecast", folder, "--past", first, "--horizon", 2, "--output", second)[0] == 0
    with np.load(first) as before, np.load(second) as after:
        np.testing.assert_allclose(after["times"][0] - before["times"][0, -1], [0.01, 0.02], atol=1e-9)
        rows = np.column_stack([before["times"][0], before["states"][0]])
    # the same rows as a table with a column of times
    np.savetxt(tmp_path / "first.csv", rows, delimiter=",", header="time,x,y,z", comments="", fmt="%.17g")
    words = ["--past", tmp_path / "first.csv", "--horizon", 2, "--output", tmp_path / "third.npz"]
    assert called(capsys, "forecast", folder, *words)[0] == 0
    with np.load(second) as arrays, np.load(tmp_path / "third.npz") as table_again:
        np.testing.assert_array_equal(arrays["states"], table_again["states"])
    np.save(tmp_path / "rows.npy", rows[:, 1:])
    words = ["--past", tmp_path / "rows.npy", "--horizon", 2, "--output", tmp_path / "fourth.npz"]
    assert called(capsys, "forecast", folder, *words)[0] == 0
    with np.load(tmp_path / "fourth.npz") as without_times:
        np.testing.assert_allclose(without_times["times"][0], [0.05, 0.06])


@pytest.mark.parametrize("ending", ["npz", "csv"])
@pytest.mark.parametrize(("name", "horizon"), [("equations", 5), ("gradient steps", 1), ("ensemble", 3)])
def test_a_forecast_goes_on_from_a_forecast_of_either_kind(name, horizon, ending, finished, tmp_path, capsys):
    folder, first, second = finished(name), tmp_path / f"first.{ending}", tmp_path / "second.npz"
    assert called(capsys, "forecast", folder, "--horizon", horizon, "--output", first)[0] == 0
    code, printed = called(capsys, "forecast", folder, "--past", first, "--horizon", 2, "--output", second)
    assert code == 0, printed.err
    learned = restore(folder).learned
    told = learned.forecast(learned.past, horizon)
    past = TrajectoryFiles.from_arrays([*told.times], [*told.states]).load()
    if horizon == 1:  # a single row has no interval
        past = past.unchecked(time_step=learned.spec.time_step)
    with np.load(second) as written:
        np.testing.assert_array_equal(written["states"], learned.forecast(past, 2).states)
        np.testing.assert_array_equal(written["times"], learned.forecast(past, 2).times)


def test_several_trajectories_of_a_table_stay_apart_and_other_states_are_refused(finished, tmp_path, capsys):
    spec = restore(finished("equations")).learned.spec
    states = np.random.default_rng(0).standard_normal((2, 4, 3))
    forecast = Forecast(states, np.stack([0.01 * np.arange(4), 1 + 0.01 * np.arange(4)]))
    write_forecast(tmp_path / "two.csv", forecast, spec)
    past = read_past(tmp_path / "two.csv", spec)
    np.testing.assert_array_equal(np.stack(past.states), states)
    np.testing.assert_array_equal(np.stack([past.times_of(n) for n in (0, 1)]), forecast.times)
    words = ["--past", tmp_path / "two.csv", "--horizon", 3, "--output", tmp_path / "next.npz"]
    assert "needs the columns trajectory, time, x" in refused(capsys, "forecast", finished("closed form"), *words)


def test_what_cannot_be_forecast_is_told_in_one_sentence(finished, tmp_path, capsys):
    folder, output = finished("closed form"), ["--output", tmp_path / "next.csv"]
    # before any run is looked at
    words = ["--horizon", 3, "--output", tmp_path / "next.txt"]
    assert ".npz or .csv" in refused(capsys, "forecast", tmp_path / "nothing", *words)
    assert "--horizon 0" in refused(capsys, "forecast", folder, "--horizon", 0, *output)
    of_operator = refused(capsys, "forecast", finished("operator"), "--horizon", 3, *output)
    assert "an operator of equations; use `sciml-bench solve`" in of_operator
    missing = ["--past", tmp_path / "nothing.csv"]
    assert "no such file" in refused(capsys, "forecast", folder, *missing, "--horizon", 3, *output)
    np.save(tmp_path / "wide.npy", np.ones((5, 4)))
    wide = ["--past", tmp_path / "wide.npy"]
    assert "states of the shape (4,)" in refused(capsys, "forecast", folder, *wide, "--horizon", 3, *output)
    assert "GiB; ask for fewer steps" in refused(capsys, "forecast", folder, "--horizon", 10**11, *output)
    equations = finished("equations")
    for name in ("equations", "ensemble"):
        assert "ahead only" in refused(capsys, "forecast", finished(name), "--horizon", -3, *output)
    np.savetxt(tmp_path / "foreign.csv", np.eye(3), delimiter=",", header="y,x,w", comments="")
    foreign = ["--past", tmp_path / "foreign.csv"]
    assert "but the run's record has x, y, z" in refused(
        capsys, "forecast", equations, *foreign, "--horizon", 3, *output
    )
    assert not (tmp_path / "next.csv").exists()


def test_the_commands_of_the_pages_run(finished, tmp_path, capsys, monkeypatch, repository):
    pages = [path for room in ("start", "guides", "methods") for path in (repository / "docs" / room).glob("*.md")]
    text = "\n".join(path.read_text() for path in [repository / "README.md", *sorted(pages)])
    lines = dict.fromkeys(line.partition("   #")[0].strip() for line in text.splitlines())
    commands = [line.split() for line in lines if line.startswith("sciml-bench ")]
    expected = {"show", "compare", "list", "evaluate", "forecast", "solve", "report", "export", "starts"}
    assert expected <= {words[1] for words in commands}
    monkeypatch.chdir(tmp_path)
    np.save("mine.npy", np.random.default_rng(0).uniform(0.1, 0.9, (200, 1)))
    np.savetxt("mine.csv", np.load("mine.npy"), delimiter=",", header="x", comments="")
    x = np.arange(8) / 8
    np.savez("mine.npz", parameters=np.sin(2 * np.pi * x)[None, :, None] * np.cos(2 * np.pi * x))
    for words in commands:
        if "--inputs" in words:  # of a run that was given inputs: tests/test_driven_records.py
            continue
        if words[1] in ("try", "predict"):  # whole comparisons: test_try.py, tests/suite/test_common_task.py
            continue
        if words[1] == "kinetics":  # of a reversible process: tests/koopman/kinetics
            continue
        folder = finished("operator" if words[1] == "solve" else "gradient steps")
        typed = " ".join(words[1:]).replace("<run folder>", str(folder))
        typed = " ".join(str(folder) if f"{word}/".startswith("outputs/") else word for word in typed.split())
        code, printed = called(capsys, *typed.split())
        assert code == 0, (words, printed.err)


# ---- solve --------------------------------------------------------------------------------------------------------


def test_an_operator_solves_for_sources_in_a_file(finished, tmp_path, capsys):
    folder, sources = finished("operator"), tmp_path / "mine.npz"
    x = np.arange(8) / 8
    fields = np.sin(2 * np.pi * x)[None, :, None] * np.cos(2 * np.pi * x)
    np.savez(sources, parameters=fields)
    assert called(capsys, "solve", folder, sources, "--resolution", 12)[0] == 0
    expected, _ = restore(folder).learned.solve(fields, 12)
    with np.load(tmp_path / "mine_solutions.npz") as written:
        np.testing.assert_array_equal(written["solutions"], expected)
    assert called(capsys, "solve", folder, sources, "--output", tmp_path / "other.npz")[0] == 0
    assert (tmp_path / "other.npz").exists()


def test_what_cannot_be_solved_is_told_in_one_sentence(finished, tmp_path, capsys):
    folder = finished("operator")
    assert "no such file" in refused(capsys, "solve", folder, tmp_path / "nothing.npz")
    wrong = ["x.npz", "--output", tmp_path / "solutions.csv"]
    assert "written as .npz" in refused(capsys, "solve", tmp_path / "nothing", *wrong)
    assert "nothing that solves an equation" in refused(capsys, "solve", finished("closed form"), "x.npz")
    np.savez(tmp_path / "flat.npz", parameters=np.ones(8))
    assert "parameters" in refused(capsys, "solve", folder, tmp_path / "flat.npz")
    record = json.loads((folder / "record.json").read_text())
    assert record["status"] == "finished"
