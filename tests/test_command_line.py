"""Bad input through the command line: each mistake stops before training, names its field, and says what to do."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training.script import main

SMALL = [
    "model=mlp",
    "model.encoder.hidden=[8]",
    "model.n_modes=3",
    "trainer.threads=1",
    "trainer.max_epochs=1",
    "evaluation.n_bootstrap=5",
    "evaluation.quadrature_points=50",
    "evaluation.forecast_steps=2",
    "logger=none",
]


@pytest.fixture
def command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """train_koopman.py in this process, in an empty working directory: its exit code and what it said on stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["train_koopman.py", *arguments])
        capfd.readouterr()
        try:
            main("koopman")
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, capfd.readouterr().err

    return run


def walk(n_steps: int = 200, dim: int = 2) -> np.ndarray:
    """A stationary autoregressive process."""
    rng = np.random.default_rng(0)
    states = np.zeros((n_steps, dim))
    for step in range(1, n_steps):
        states[step] = 0.9 * states[step - 1] + rng.standard_normal(dim)
    return states


def with_value(value: float) -> np.ndarray:
    states = walk()
    states[77, 1] = value
    return states


def save_npy(states: np.ndarray) -> Callable[[Path], str]:
    def write(folder: Path) -> str:
        np.save(folder / "mine.npy", states)
        return str(folder / "mine.npy")

    return write


def missing(folder: Path) -> str:
    return str(folder / "nothing_here.npy")


def truncated_npz(folder: Path) -> str:
    np.savez(folder / "mine.npz", states=walk())
    content = (folder / "mine.npz").read_bytes()
    (folder / "mine.npz").write_bytes(content[: len(content) // 2])
    return str(folder / "mine.npz")


def object_array(folder: Path) -> str:
    np.save(folder / "mine.npy", np.array([[1, 2], [3]], dtype=object), allow_pickle=True)
    return str(folder / "mine.npy")


def csv_with_text(folder: Path) -> str:
    lines = ["x,y", *(f"{x},{y}" for x, y in walk(50)), "3.0,broken", *(f"{x},{y}" for x, y in walk(50))]
    (folder / "mine.csv").write_text("\n".join(lines))
    return str(folder / "mine.csv")


def unequal_shapes(folder: Path) -> str:
    np.savez(folder / "mine.npz", a=walk(100, 2), b=walk(100, 3))
    return str(folder / "mine.npz")


BAD_FILES = {
    "nan": (save_npy(with_value(np.nan)), ["data.missing", "mine.npy"]),
    "infinity": (save_npy(with_value(np.inf)), ["data.path", "mine.npy"]),
    "a trajectory shorter than the lag": (save_npy(walk(7)), ["training.view.lag", "smaller lag"]),
    "constant data": (save_npy(np.ones((100, 2))), ["constant", "data.observe", "data.path"]),
    "a single number": (save_npy(np.array(3.0)), ["mine.npy", "shape ()"]),
    "an empty array": (save_npy(np.zeros((0, 2))), ["mine.npy"]),
    "states of different shapes": (unequal_shapes, ["shape"]),
    "a missing file": (missing, ["data.path", "nothing_here.npy"]),
    "a truncated npz": (truncated_npz, ["data.path", "truncated"]),
    "an object array": (object_array, ["data.path", "object array"]),
    "a csv with text": (csv_with_text, ["data.path", "mine.csv", "broken"]),
}


def assert_stopped_before_training(tmp_path: Path, code: int, said: str, parts: list[str]) -> None:
    assert code == 1
    lines = [line for line in said.splitlines() if line and not line.startswith("short record, ")]
    assert len(lines) == 1, said
    assert lines[0].startswith("error: ")
    for part in parts:
        assert part in lines[0], lines[0]
    assert not list(tmp_path.rglob("checkpoints"))
    assert not list(tmp_path.rglob("metrics.json"))
    assert not list(tmp_path.rglob("*.incomplete"))
    for path in tmp_path.rglob("record.json"):
        record = json.loads(path.read_text())
        assert record["status"] == "failed"
        assert lines[0].removeprefix("error: ") in record["reason"]


@pytest.mark.parametrize("kind", BAD_FILES)
def test_data_that_cannot_be_used_stop_before_training(
    kind: str, command_line: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    write, parts = BAD_FILES[kind]
    lag = ["training.view.lag=5"] if "lag" in kind else []
    code, said = command_line(
        "data=trajectories", f"data.path={write(tmp_path)}", "training.view.batch_size=16", *SMALL, *lag
    )
    assert_stopped_before_training(tmp_path, code, said, parts)


BAD_VALUES = {
    "a batch smaller than the number of modes": (
        ["training.view.batch_size=4", "model.n_modes=5"],
        ["training.view.batch_size=4", "model.n_modes=5", "choose larger"],
    ),
    "a negative lag": (["training.view.lag=-1"], ["training.view.lag=-1", "at least 1"]),
    "a lag of zero": (["training.view.lag=0"], ["training.view.lag=0"]),
    "half a lag": (["training.view.lag=1.5"], ["training.view.lag=1.5"]),
    "a lag longer than the trajectory": (["training.view.lag=5000"], ["training.view.lag=5000"]),
    "a batch larger than the data": (
        ["training.view.batch_size=100000"],
        ["training.view.batch_size=100000", "smaller batch"],
    ),
    "an empty batch": (["training.view.batch_size=0"], ["training.view.batch_size=0"]),
    "a negative fraction": (["data.split.train=-0.5"], ["data.split"]),
    "a negative seed": (["seed=-3"], ["seed=-3"]),
    "a learning rate of zero": (["training.learning_rate=0"], ["training.learning_rate=0"]),
    "no modes": (["model.n_modes=0", "model.center=false"], ["n_modes=0", "at least one"]),
    "an unknown encoder side": (["model.lagged=seperate"], ["model.lagged=seperate", "linear, separate, shared"]),
    "an unknown nesting": (["training.loss.nesting=both"], ["nesting", "both", "joint"]),
    "no epochs": (["trainer.max_epochs=0"], ["trainer.max_epochs=0"]),
    "epochs in words": (["trainer.max_epochs=many"], ["trainer.max_epochs=many"]),
    "an image network for vectors": (["model=cnn"], ["model=mlp"]),
    "a forbidden target": (
        ["model._target_=os.getcwd"],
        ["model._target_='os.getcwd'", "no class"],
    ),
}


@pytest.mark.parametrize("kind", BAD_VALUES)
def test_values_that_make_no_sense_stop_before_training(
    kind: str, command_line: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    words, parts = BAD_VALUES[kind]
    small = [
        word for word in SMALL if not (kind == "an image network for vectors" and word.startswith("model.encoder"))
    ]
    code, said = command_line("data=logistic_map", "data.n_steps=2000", *small, *words)
    assert_stopped_before_training(tmp_path, code, said, parts)


def test_data_without_a_path_say_which_key_to_give(
    command_line: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = command_line("data=trajectories", *SMALL)
    assert_stopped_before_training(tmp_path, code, said, ["data.path has no value", "data.path="])


def test_a_run_on_ones_own_file_finishes(command_line: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    path = save_npy(walk(400))(tmp_path)
    code, said = command_line("data=trajectories", f"data.path={path}", "training.view.batch_size=32", *SMALL)
    assert code == 0, said
    (record,) = tmp_path.rglob("record.json")
    assert json.loads(record.read_text())["status"] == "finished"


def test_a_loss_that_is_not_finite_ends_with_one_sentence(
    command_line: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = command_line(
        "data=logistic_map", "data.n_steps=2000", *SMALL, "training.learning_rate=1e30", "trainer.max_epochs=5"
    )
    assert code == 1
    (line,) = [line for line in said.splitlines() if line.startswith("error: ")]
    assert "epoch" in line
    assert "step" in line
    assert "training.learning_rate" in line
    (path,) = tmp_path.rglob("record.json")
    record = json.loads(path.read_text())
    assert record["status"] == "failed"
    assert line.removeprefix("error: ") in record["reason"]
    assert not (path.parent / "metrics.json").exists()


def test_one_bad_job_of_a_sweep_does_not_stop_the_others_and_is_listed_at_the_end(
    command_line: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    code, said = command_line(
        "--multirun", "data=logistic_map", "data.n_steps=2000", *SMALL, "training.view.lag=1,5000,2"
    )
    assert code == 1
    statuses = [json.loads(path.read_text())["status"] for path in tmp_path.rglob("record.json")]
    assert sorted(statuses) == ["failed", "finished", "finished"]
    ending = said[said.index("1 job(s) of the sweep failed") :]
    assert "training.view.lag=5000" in ending
    assert "Traceback" not in said
    assert not list(tmp_path.rglob(".failed-jobs*"))


def test_a_sweep_repeated_after_its_failure_runs_only_what_failed(
    command_line: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    sweep = ["--multirun", "data=logistic_map", "data.n_steps=2000", *SMALL, "training.view.lag=1,5000"]
    assert command_line(*sweep)[0] == 1
    (finished,) = [p for p in tmp_path.rglob("record.json") if json.loads(p.read_text())["status"] == "finished"]
    before = finished.read_bytes()
    code, said = command_line(*sweep)
    assert code == 1
    assert "already finished" in said
    assert finished.read_bytes() == before


def test_an_objective_is_returned_by_name_or_refused_with_the_names(
    command_line: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    words = ["data=logistic_map", "data.n_steps=2000", *SMALL]
    assert command_line(*words, "objective=spectral_error")[0] == 0
    code, said = command_line(*words, "objective=spectral_eror")
    assert code == 1
    assert "objective=spectral_eror: there is no such metric; did you mean spectral_error" in said
    code, said = command_line(*words, "objective=forecast_eror_over_mean_step_3")
    assert code == 1
    assert "did you mean forecast_error_over_mean_step_<n>" in said
    code, said = command_line(*words, "objective=spectral_error_std")  # of an ensemble
    assert code == 1
    assert "is not a metric of this run; did you mean spectral_error?" in said


def test_a_finished_run_goes_on_below_its_own_folder_with_what_is_given_now(
    command_line: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    words = ["data=logistic_map", "data.n_steps=2000", *SMALL, "training.learning_rate=0.002"]
    assert command_line(*words)[0] == 0
    (run,) = [path.parent for path in tmp_path.rglob("record.json")]
    assert run.name == "seed=0"
    code, said = command_line(f"extend={run}", "trainer.max_epochs=3")
    assert code == 0, said
    more = RunFolder(run / "extended" / "trainer.max_epochs=3")
    assert (more.status, more.record["epochs"]) == ("finished", 3)
    assert more.configuration is not None
    assert more.configuration["training"]["learning_rate"] == 0.002
    assert more.configuration["trainer"]["max_epochs"] == 3
    assert more.record["data"] == "logistic_map"
    assert RunFolder(run).record["epochs"] == 1
    assert "already finished" in command_line(f"extend={run}", "trainer.max_epochs=3")[1]
    code, said = command_line(f"extend={run}", "trainer.max_epochs=1")
    assert code == 1
    assert said.splitlines()[-1].startswith("error: trainer.max_epochs=1, but extend=")
    code, said = command_line(f"extend={run}", "trainer.max_epochs=3", "model.encoder.hidden=[9]")
    assert code == 1
    assert "the weights of another model" in said.splitlines()[-1]


# ---- in processes of their own -----------------------------------------------------------------------------------


def script(repository: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(repository / "train_koopman.py"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_is_quick_and_names_what_can_be_chosen(repository: Path, tmp_path: Path) -> None:
    started = time.process_time(), time.perf_counter()
    shown = script(repository, tmp_path, "--help")
    assert time.perf_counter() - started[1] < 10  # 0.8 s alone on the machine
    assert shown.returncode == 0
    for part in ("logistic_map", "nested_lora", "wandb", "--multirun", "data.path="):
        assert part in shown.stdout
    heavy = "import sys, sciml_bench.training.script; print({'torch', 'lightning'} & set(sys.modules))"
    imported = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, check=True)
    assert imported.stdout.strip() == "set()"


def test_the_script_itself_ends_with_one_sentence_and_exit_code_1(repository: Path, tmp_path: Path) -> None:
    done = script(repository, tmp_path, "data=trajectories", "data.path=nothing.csv", *SMALL)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.slow
def test_the_joblib_launcher_runs_jobs_in_parallel_and_lists_the_failed_ones(repository: Path, tmp_path: Path) -> None:
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    words = ["--multirun", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", "data=logistic_map", "data.n_steps=2000"]
    done = script(repository, tmp_path, *words, *SMALL, "training.view.lag=1,5000,2")
    assert done.returncode == 1
    statuses = [json.loads(path.read_text())["status"] for path in tmp_path.rglob("record.json")]
    assert sorted(statuses) == ["failed", "finished", "finished"]
    assert "1 job(s) of the sweep failed" in done.stderr
    assert script(repository, tmp_path, *words, *SMALL, "training.view.lag=1,2").returncode == 0


@pytest.mark.slow
def test_two_processes_train_one_run_and_a_repeated_command_continues_it(repository: Path, tmp_path: Path) -> None:
    words = ["trainer=ddp", "trainer.accelerator=cpu", "data=logistic_map", "data.n_steps=2000", *SMALL]
    metrics = []
    for name in ("one", "two"):
        done = script(repository, tmp_path, *words, "trainer.max_epochs=3", f"hydra.run.dir={tmp_path / name}")
        assert done.returncode == 0, done.stderr
        assert json.loads((tmp_path / name / "record.json").read_text())["status"] == "finished"
        metrics.append((tmp_path / name / "metrics.json").read_bytes())
    assert metrics[0] == metrics[1]
    assert (
        "already finished"
        in script(repository, tmp_path, *words, "trainer.max_epochs=3", f"hydra.run.dir={tmp_path / 'one'}").stderr
    )
