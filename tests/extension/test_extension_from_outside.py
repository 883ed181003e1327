"""What somebody adds in a folder of her own: one file and one yaml each, and nothing in the suite changes."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.command_line import main as command_line
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training import restore
from sciml_bench.training.script import main

TRUSTED = ["own_package"]
SHORT = ["data=roessler", "logger=none", "trainer=cpu"]
RUNS = {
    "features": ("koopman", ["debug=fast", "training.view.batch_size=32", "evaluation.n_bootstrap=2"]),
    "field": ("node_homotopy", ["debug=fast", "solver=fixed_step", "model.nodes_per_layer=4", "data.n_steps=60"]),
    "equations": ("mechnn", ["debug=fast"]),
    "own loss": ("koopman", ["training=overlap", "debug=fast", "training.view.batch_size=32"]),
    "own forecaster": ("mechnn", ["training=affine", "trainer.max_epochs=30"]),
}


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A working directory with a package and configurations that the repository knows nothing of."""
    folder = tmp_path_factory.mktemp("outside")
    shutil.copytree(Path(__file__).parent / "outside", folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(str(folder))
        # drawing takes longer than everything else here
        patch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
        yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "own_package"]:
        del sys.modules[name]


def trained(script, arguments, folder, trusted=TRUSTED):
    """The script in this process; its exit code."""
    words = [*SHORT, *arguments, f"hydra.run.dir={folder}", f"trusted_packages=[{','.join(trusted)}]"]
    words.append(f"hydra.searchpath=[file://{Path.cwd() / 'conf'}]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [f"train_{script}.py", *words])
        try:
            main(script)
        except SystemExit as stop:
            return int(stop.code or 0)
    return 0


@pytest.fixture(scope="module")
def finished(outside):
    """The folders of all runs by name, each trained once."""
    folders = {}
    for name, (script, arguments) in RUNS.items():
        folders[name] = outside / "runs" / name.replace(" ", "_")
        assert trained(script, arguments, folders[name]) == 0
    return folders


def told(capsys):
    """The one sentence in which a script or a verb ended."""
    lines = capsys.readouterr().err.strip().splitlines()
    return lines[-1]


def test_a_system_of_ones_own_is_learned_by_every_script_and_its_equations_are_found(finished):
    for name in ("features", "field", "equations"):
        assert {"forecast_mse", "forecast_error_over_mean_clean"} <= RunFolder(finished[name]).metrics.keys()
    assert RunFolder(finished["equations"]).metrics["exact_support"] == 1
    assert RunFolder(finished["equations"]).metrics["n_terms"] == 7
    learned = restore(finished["equations"], TRUSTED).learned
    assert type(learned.spec.system).__module__ == "own_package.roessler"


FORECASTS = """
import sys
import numpy as np
from sciml_bench.training import restore

output, *folders = sys.argv[1:]
runs = [restore(folder, trusted_packages=["own_package"]) for folder in folders]
np.savez(output, *[run.learned.forecast(run.learned.past, 4).states for run in runs])
"""


def test_what_was_learned_comes_back_in_a_fresh_process_to_the_last_bit(finished, outside, tmp_path):
    names = list(finished)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(outside), os.environ.get("PYTHONPATH", "")])}
    words = [sys.executable, "-c", FORECASTS, tmp_path / "forecasts.npz", *finished.values()]
    subprocess.run([str(word) for word in words], check=True, env=environment, cwd=tmp_path)
    with np.load(tmp_path / "forecasts.npz") as there:
        for name, again in zip(names, there.values(), strict=True):
            learned = restore(finished[name], TRUSTED).learned
            np.testing.assert_array_equal(again, learned.forecast(learned.past, 4).states)
            assert np.isfinite(again).all()


def test_a_method_of_ones_own_has_learned_and_is_scored_like_the_others(finished):
    metrics = RunFolder(finished["own forecaster"]).metrics
    assert 0 < metrics["forecast_error_over_mean"] < 0.5
    assert RunFolder(finished["own forecaster"]).arrays["pictures"].tolist() == ["learning_curves", "forecast"]


def test_runs_of_ones_own_are_compared_with_those_of_the_suite(finished, capsys):
    name = "forecast_error_over_mean"
    assert command_line(["compare", str(finished["equations"].parent), "--metrics", name]) == 0
    table = capsys.readouterr().out
    for folder in finished.values():
        row = next(line for line in table.splitlines() if folder.name in line)
        assert f"{RunFolder(folder).metrics[name]:.3g}"[:4] in row


def test_a_run_of_ones_own_is_scored_again_and_forecasts_where_the_caller_trusts(finished, tmp_path, capsys):
    folder = finished["own forecaster"]
    for verb in (["evaluate", folder], ["forecast", folder, "--horizon", 3, "--output", tmp_path / "next.npz"]):
        words = [str(word) for word in verb]
        assert command_line(words) == 1
        assert "own_package" in told(capsys)
        assert command_line([*words, "--trust", "own_package"]) == 0
    assert RunFolder(folder / "evaluations" / "defaults").metrics == RunFolder(folder).metrics


def test_what_was_learned_needs_no_trust_in_the_loss_that_it_was_learned_with(finished, capsys):
    system_alone = ["own_package.roessler"]
    assert restore(finished["own loss"], system_alone).learned.past_length == 1
    with pytest.raises(ConfigurationError, match=r"own_package\.forecaster\.AffineForecaster"):
        restore(finished["own forecaster"], system_alone)
    words = ["evaluate", str(finished["own loss"]), "--trust", "own_package.roessler", "--checkpoint", "last"]
    assert command_line(words) == 1
    assert "own_package.loss.NegativeOverlap" in told(capsys)
    assert command_line([*words, "--trust", "own_package.loss"]) == 0


def test_callbacks_loggers_views_and_evaluations_of_ones_own_go_along(outside, tmp_path, capsys):
    own = "own_package.companions"
    arguments = [
        "training=affine",
        f"training.view._target_={own}.EverySecondRow",
        f"+callbacks.counter={{_target_: {own}.EpochCounter, path: {tmp_path / 'epochs.txt'}}}",
        f"+logger={{_target_: {own}.DiaryLogging, title: diary}}",
        "~evaluation",
        f"+evaluation={{_target_: {own}.LargestState, horizon: 3}}",
        "trainer.max_epochs=2",
    ]
    assert trained("mechnn", arguments, tmp_path / "run") == 0, capsys.readouterr().err
    assert (tmp_path / "epochs.txt").read_text() == "2"
    assert (outside / "diary.txt").read_text() == "success"
    assert list((tmp_path / "run" / "logs" / "diary").rglob("metrics.csv"))
    assert set(json.loads((tmp_path / "run" / "metrics.json").read_text())) == {"largest_state", "best_epoch"}
    assert restore(tmp_path / "run", TRUSTED).learned.spec.lag == 2


OWN_METHOD = ["data=lorenz63_ko2023", "training=affine", "training.view.batch_size=8"]
OWN_CALLBACK = "+callbacks.mine={_target_: own_package.companions.EpochCounter, path: epochs.txt}"
OWN_LOGGER = "+logger={_target_: own_package.companions.DiaryLogging, title: diary}"
OWN_VIEW = "training.view._target_=own_package.companions.EverySecondRow"
OWN_EVALUATION = ["~evaluation", "+evaluation={_target_: own_package.companions.LargestState}"]


@pytest.mark.parametrize(
    ("arguments", "trusted", "named"),
    [
        ([], [], "data.system._target_='own_package.roessler.Roessler'"),
        (OWN_METHOD, [], "training._target_='own_package.forecaster.AffineLearning'"),
        ([*OWN_METHOD, OWN_CALLBACK], ["own_package.forecaster"], "callback._target_='own_package.companions."),
        ([*OWN_METHOD, OWN_LOGGER], ["own_package.forecaster"], "logger._target_='own_package.companions."),
        ([*OWN_METHOD, OWN_VIEW], ["own_package.forecaster"], "view._target_='own_package.companions."),
        ([*OWN_METHOD, *OWN_EVALUATION], ["own_package.forecaster"], "evaluation._target_='own_package.companions."),
        ([*OWN_METHOD, "training._target_=own_package.forecaster.Missing"], TRUSTED, "own_package.forecaster.Missing"),
    ],
)
def test_what_is_not_trusted_or_not_there_is_one_clear_sentence(arguments, trusted, named, outside, tmp_path, capsys):
    assert trained("mechnn", ["trainer.max_epochs=1", *arguments], tmp_path / "run", trusted) == 1
    sentence = told(capsys)
    assert sentence.startswith("error: ")
    assert named in sentence
    assert ("PYTHONPATH" if trusted == TRUSTED else "trusted_packages=[...]") in sentence


def test_an_evaluation_that_a_method_of_ones_own_does_not_suit_says_what_does(outside, tmp_path, capsys):
    assert trained("koopman", ["training=affine", "trainer.max_epochs=1", "schedule=constant"], tmp_path / "run") == 1
    assert "choose evaluation=forecast" in told(capsys)
    assert RunFolder(tmp_path / "run").status == "failed"
