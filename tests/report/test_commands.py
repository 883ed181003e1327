"""The command that repeats a run leads to the folder of that run again."""

import shlex
import shutil

import pytest
import yaml
from leaderboard_material import benchmark_run, change_record

from sciml_bench.core.errors import DataError
from sciml_bench.report import find_runs
from sciml_bench.report.leaderboard.commands import command_of, configuration_text
from sciml_bench.training.identity import name_of_overrides


def told(root):
    (run,), _ = find_runs([root])
    return command_of(run, configuration_text(run)[1])


def moved(root, overrides, **told):
    """A run of the benchmark in the folder that its overrides get."""
    folder = benchmark_run(root, "lorenz", "ours", 3, 0.5)
    target = folder.parents[1] / name_of_overrides(overrides) / "seed=3"
    if target != folder:
        target.parent.mkdir()
        shutil.move(folder, target)
    configuration = yaml.safe_load((target / ".hydra" / "config.yaml").read_text()) | {"command": overrides, **told}
    (target / ".hydra" / "config.yaml").write_text(yaml.safe_dump(configuration))
    return target


def test_a_run_of_the_benchmark_without_overrides(tmp_path):
    moved(tmp_path, [])
    assert told(tmp_path) == "python benchmark.py task=lorenz method=ours seed=3"


@pytest.mark.parametrize("override", ["training.rate=1e-3", "data.split={train: 0.5}", "model.name=" + "x" * 120])
def test_overrides_are_told_as_typed_whatever_the_folder_is_called(tmp_path, override):
    moved(tmp_path, ["cpu_seconds=20", override])
    assert shlex.split(told(tmp_path))[4:] == ["cpu_seconds=20", override, "seed=3"]


def test_a_run_of_a_script_is_told_as_typed(tmp_path):
    folder = moved(tmp_path, [], given=["data=logistic_map", "training={a: 1}"])
    change_record(folder, script="train_koopman", task=None, method=None)
    assert told(tmp_path) == "python train_koopman.py data=logistic_map 'training={a: 1}'"


@pytest.mark.parametrize("script", ["/bin/sh", "train_koopman; ls", None, ["train_koopman"]])
def test_what_is_no_script_of_ours_is_not_told(tmp_path, script):
    change_record(moved(tmp_path, []), script=script)
    assert told(tmp_path) is None


def test_a_run_without_a_configuration_says_so(tmp_path):
    folder = moved(tmp_path, [])
    (folder / ".hydra" / "config.yaml").unlink()
    with pytest.raises(DataError, match=r"there is no \.hydra/config\.yaml"):
        told(tmp_path)
