"""Every kind of run comes back in a fresh process, without its data, as what it was, and is scored again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from restored_answers import answers

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.systems import Lorenz63, LotkaVolterra
from sciml_bench.training import composed, restore, run
from sciml_bench.training.evaluate import evaluate
from sciml_bench.training.extension import extended
from sciml_bench.training.scoring import write_learned

EPOCHS = ["trainer.max_epochs=2", "schedule=constant"]
NETWORK = ["model.encoder.hidden=[8]", "model.n_modes=3", "training.view.batch_size=64", *EPOCHS]
SEQUENCE = ["training.validation_steps=2", "evaluation.rollout_steps=[4]", "training.view.batch_size=2", *EPOCHS]
RUNS = {
    "Koopman network": ("koopman", "lorenz", [*NETWORK, "training=nested_lora"]),
    "Koopman in closed form": ("koopman", "lorenz", ["training=linear_ridge", "training.view.batch_size=64"]),
    "Koopman auto-encoder": ("koopman", "lorenz", [*NETWORK, "training=dynamical_auto_encoder"]),
    "vector field": ("node_homotopy", "populations", ["training=vanilla", *EPOCHS]),
    "vector field, smoothed start": (
        "node_homotopy",
        "populations",
        ["training=vanilla", "training.forecast_start=smoothed", *EPOCHS],
    ),
    "equations in closed form": ("mechnn", "lorenz", ["training=closed_form"]),
    "equations by a network": (
        "mechnn",
        "lorenz",
        [
            *["model=discovery_network", "training=network", "model.hidden_width=8", "training.threshold=1.0e-6"],
            *["training.epochs_per_cycle=1", *EPOCHS],
        ],
    ),
    "trajectory fit": (
        "mechnn",
        "populations",
        ["model=learned_linear_ode", "training=trajectory_fit", *EPOCHS],
    ),
    "growth by a network": ("mechnn", "growth", ["training=logistic_network", "training.view.batch_size=4", *EPOCHS]),
    "growth in closed form": ("mechnn", "growth", ["training=logistic_closed_form"]),
    "sequence of fields": (
        "mechnn",
        "fields",
        ["model=block_resnet", "model.width=4", "training.view.n_inputs=3", "training.view.n_outputs=5", *SEQUENCE],
    ),
    "sequence of bodies": (
        "mechnn",
        "bodies",
        ["model=interaction", "model.n_initial=3", "training.view.n_inputs=6", "training.view.n_outputs=2", *SEQUENCE],
    ),
    "operator": (
        "nsm",
        "sources",
        [
            *["model.modes=[7,7]", "model.width=4", "model.depth=1", "pde.test_resolutions=[16]"],
            *["pde.steps_per_epoch=2", "pde.batch_size=2", "pde.n_validation=2", "pde.n_test=2"],
            *["trainer.max_steps=4", "schedule=constant"],
        ],
    ),
}


BY_GRADIENT = [name for name in RUNS if "closed form" not in name]


def observations(name, folder):
    """What is observed: in a file, or simulated and kept in one."""
    split = "data.split={train:4,validation:2,test:2}"
    times = np.arange(300) * 0.02
    if name == "sources":
        return ["pde=poisson", "pde.n_points=8", f"pde.cache={folder}"]
    if name == "growth":
        return ["data=logistic_growth", split, "data.n_times=20"]
    if name == "bodies":
        return ["data=two_body", split, "data.n_states=12", "data.n_test_states=16"]
    if name == "fields":
        few = ["data.system.n_points=32", "data.n_skipped=0", "data.n_frames=20", "data.n_test_frames=20"]
        return ["data=kdv", split, *few, f"+data.cache={folder}"]
    if name == "lorenz":
        states = Lorenz63().reference(np.array([1.0, 2.0, 20.0]), times)
    else:
        times = times[:60] * 5
        states = LotkaVolterra().reference(np.array([2.0, 1.0]), times)
    np.save(folder / f"{name}.npy", states)
    return ["data=trajectories", f"data.path={folder / f'{name}.npy'}", f"data.time_step={times[1]}"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folders of all runs, that of their data, and what each answered when it had just learned."""
    root, data = tmp_path_factory.mktemp("runs"), tmp_path_factory.mktemp("data")
    original = {}
    with pytest.MonkeyPatch.context() as patch:
        # drawing takes longer than everything else here
        patch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
        for name, (paradigm, record, overrides) in RUNS.items():

            def written(path, learned, name=name):
                original[name] = answers(learned)
                write_learned(path, learned)

            patch.setattr("sciml_bench.training.scoring.write_learned", written)
            run(composed(paradigm, ["logger=none", *observations(record, data), *overrides], folder=root / name))
        yield root, data, original


@pytest.fixture(scope="module")
def restored(runs):
    """The folders of all runs, each with what it answers in a fresh process while its data are not there."""
    root, data, _ = runs
    away = data.rename(data.with_name("away"))
    script = Path(__file__).with_name("restored_answers.py")
    done = subprocess.run(
        [sys.executable, script, *(root / name for name in RUNS)],
        capture_output=True,
        text=True,
        check=False,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"},
    )
    away.rename(data)
    assert done.returncode == 0, done.stderr
    return root


@pytest.mark.parametrize("name", RUNS)
def test_a_run_without_its_data_answers_in_a_fresh_process_as_it_did(name, runs, restored):
    original = runs[-1][name]
    with np.load(restored / name / "answers.npz") as found:
        assert set(found) == set(original)
        assert len(found) > 1
        for key, expected in original.items():
            np.testing.assert_array_equal(found[key], expected, err_msg=key)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_that_is_scored_again_gets_its_own_scores_to_the_last_bit(name, runs):
    metrics, folder = evaluate(runs[0] / name)
    own = RunFolder(runs[0] / name)
    assert metrics == own.metrics
    arrays, own_arrays = RunFolder(folder).arrays, own.arrays
    for key in arrays.keys() - {"pictures"}:
        np.testing.assert_array_equal(arrays[key], own_arrays[key], err_msg=key)


@pytest.mark.parametrize("name", BY_GRADIENT)
def test_the_weights_of_a_checkpoint_are_scored_as_what_was_learned_from_them(name, runs):
    own = RunFolder(runs[0] / name)
    metrics, _ = evaluate(own.path, checkpoint=own.best_checkpoint)
    of_the_fit = own.record["fit_metrics"]
    assert "best_epoch" in of_the_fit
    assert metrics == {name: value for name, value in own.metrics.items() if name not in of_the_fit}
    metrics, folder = evaluate(own.path, checkpoint="last")
    assert folder.name == "checkpoint=last"
    assert metrics.keys() == own.metrics.keys() - of_the_fit.keys()


@pytest.mark.parametrize("name", RUNS)
def test_the_record_names_every_choice_as_it_was_typed(name, runs):
    own = RunFolder(runs[0] / name)
    chosen = {group: choice for group, choice in own.configuration["choices"].items() if group in own.record}
    assert len(chosen) >= 3
    assert {group: own.record[group] for group in chosen} == chosen


@pytest.mark.parametrize("name", BY_GRADIENT)
def test_half_a_run_and_its_extension_are_the_whole_to_the_last_bit(name, runs, tmp_path):
    root, data, _ = runs
    paradigm, record, overrides = RUNS[name]
    given = ["logger=none", *observations(record, data), *overrides]
    half = ["trainer.max_steps=2"] if paradigm == "nsm" else ["trainer.max_epochs=1"]
    run(composed(paradigm, [*given, *half], folder=tmp_path / "half"))
    more = [f"extend={tmp_path / 'half'}", "trainer.max_steps=4" if paradigm == "nsm" else "trainer.max_epochs=2"]
    # nothing else is given: all that the folder says stays
    choice = [word for word in given if word.split("=")[0] in ("data", "pde", "model", "training", "data.path")]
    run(extended(composed(paradigm, [*choice, *more], folder=tmp_path / "more"), more))
    whole, found = RunFolder(root / name), RunFolder(tmp_path / "more")
    expected = torch.load(whole.learned_checkpoint, weights_only=True)["tensors"]
    tensors = torch.load(found.learned_checkpoint, weights_only=True)["tensors"]
    assert all(torch.equal(tensors[key], expected[key]) for key in expected)
    measured = ("seconds_per_", "solver_seconds_per_", "breakeven_")
    scores = [{n: v for n, v in one.metrics.items() if not n.startswith(measured)} for one in (found, whole)]
    assert scores[0] == scores[1]


@pytest.mark.parametrize("name", BY_GRADIENT)
def test_what_was_learned_without_its_weights_is_refused_in_one_sentence(name, runs, tmp_path):
    folder = RunFolder(runs[0] / name)
    content = torch.load(folder.learned_checkpoint, weights_only=True)
    assert content["tensors"]
    shutil.copy(folder.path / "record.json", tmp_path)
    (tmp_path / "checkpoints").mkdir()
    for broken in ({}, {name: torch.zeros(0) for name in content["tensors"]}, dict.fromkeys(content["tensors"], "0")):
        torch.save(content | {"tensors": broken}, RunFolder(tmp_path).learned_checkpoint)
        with pytest.raises(DataError) as refusal:
            restore(tmp_path)
        assert len(str(refusal.value).splitlines()) == 1
