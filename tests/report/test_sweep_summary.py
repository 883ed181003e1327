import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from table5_material import write_table5_run

from sciml_bench.report.sweep_summary import Table5OfSweep


def sweep_config(folder, job=None):
    output = None if job is None else str(job)
    return OmegaConf.create({"hydra": {"sweep": {"dir": str(folder)}, "runtime": {"output_dir": output}}})


def run_sweep(folder, jobs):
    """A sweep whose jobs run in other processes: each works with a copy of the callback."""
    callback = Table5OfSweep()
    callback.on_multirun_start(sweep_config(folder))
    for job in jobs:
        pickle.loads(pickle.dumps(callback)).on_job_start(sweep_config(folder, job), task_function=None)
    callback.on_multirun_end(sweep_config(folder))


def test_only_the_runs_of_the_sweep_are_in_its_table(tmp_path):
    ours = write_table5_run(tmp_path / "homotopy" / "seed=10", {"interpolation_mse": 0.03})
    write_table5_run(tmp_path / "other" / "seed=10", {"interpolation_mse": 9.0})
    run_sweep(tmp_path, [ours, tmp_path / "never_made"])
    text = (tmp_path / "table5" / "table5.md").read_text()
    assert "3.00 (1)" in text
    assert "900" not in text
    assert sorted(path.name for path in (tmp_path / "table5").iterdir()) == ["table5.csv", "table5.md", "table5.png"]


def test_a_table_that_cannot_be_made_is_told_in_one_sentence(tmp_path, capsys):
    failed = write_table5_run(tmp_path / "homotopy" / "seed=10", status="failed")
    run_sweep(tmp_path, [failed])
    error = capsys.readouterr().err.splitlines()
    assert "was not made, the runs are not affected: there is no finished run" in error[-1]
    assert "Traceback" not in "".join(error)
    assert list((tmp_path / "table5").iterdir()) == []


def test_a_defect_of_the_table_does_not_end_the_sweep(tmp_path, capsys, monkeypatch):
    def broken(*arguments):
        raise KeyError("defect")

    monkeypatch.setattr("sciml_bench.report.sweep_summary.summarise_table5", broken)
    run_sweep(tmp_path, [])
    assert "KeyError: 'defect'" in capsys.readouterr().err


def test_a_single_run_makes_no_table(tmp_path):
    callback = Table5OfSweep()
    callback.on_job_start(sweep_config(tmp_path, tmp_path / "job"), task_function=None)
    callback.on_multirun_end(sweep_config(tmp_path))
    assert list(tmp_path.iterdir()) == []


APP = """
import sys
sys.path[:0] = {paths!r}
from pathlib import Path
import hydra
from hydra.core.hydra_config import HydraConfig
from table5_material import write_table5_run

@hydra.main(version_base="1.3", config_path=None)
def job(config):
    folder = Path(HydraConfig.get().runtime.output_dir) / "members"
    write_table5_run(folder / "seed=10", training=config.training)

job()
"""


@pytest.mark.parametrize("launcher", ["basic", pytest.param("joblib", marks=pytest.mark.slow)])
def test_hydra_makes_the_table_at_the_end_of_a_sweep_whatever_the_launcher(tmp_path, launcher):
    if launcher == "joblib":
        pytest.importorskip("hydra_plugins.hydra_joblib_launcher")
    script = tmp_path / "app.py"
    script.write_text(APP.format(paths=[str(folder) for folder in Path(__file__).parents[:2]]))
    arguments = [
        "--multirun",
        "+training=vanilla,homotopy",
        "hydra.sweep.dir=sweep",
        f"hydra/launcher={launcher}",
        "+hydra.callbacks.table5._target_=sciml_bench.report.sweep_summary.Table5OfSweep",
        *(["hydra.launcher.n_jobs=2"] if launcher == "joblib" else []),
    ]
    done = subprocess.run(
        [sys.executable, script, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("# Table 5 of Ko et al.") == 1
    text = (tmp_path / "sweep" / "table5" / "table5.csv").read_text()
    assert "vanilla,lotka_volterra_blackbox,interpolation_mse,1,0.0078" in text
    assert "homotopy,lotka_volterra_blackbox,interpolation_mse,1,0.0078" in text
