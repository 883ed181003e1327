"""A finished run that is scored again beside its old results."""

from pathlib import Path

import numpy as np
import pytest
from toy_runs import toy

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data import RecordSpec
from sciml_bench.training import run
from sciml_bench.training.evaluate import _require_states, evaluate

TRUSTED = ["toy_method"]


def test_the_same_settings_give_the_runs_own_metrics_and_leave_it_as_it_is(tmp_path: Path) -> None:
    metrics = run(toy(tmp_path, "ToyPlanned"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    again, folder = evaluate(tmp_path, trusted_packages=TRUSTED)
    assert again == metrics
    assert folder == tmp_path / "evaluations" / "defaults"
    assert RunFolder(folder).metrics == metrics
    assert {path: path.read_bytes() for path in before} == before


def test_other_settings_have_a_folder_of_their_own(tmp_path: Path) -> None:
    run(toy(tmp_path) | {"evaluation": {"_target_": "toy_method.ToyEvaluation", "metric": 0.25}})
    metrics, folder = evaluate(tmp_path, overrides=["evaluation.metric=0.75"], trusted_packages=TRUSTED)
    assert metrics["metric"] == 0.75
    assert folder.name == "evaluation.metric=0.75"
    assert RunFolder(tmp_path).metrics["metric"] == 0.25


@pytest.mark.parametrize("override", ["training.learning_rate=1", "evaluation.metric", "evaluation.metric=${seed}"])
def test_what_would_be_another_run_is_refused(tmp_path: Path, override: str) -> None:
    run(toy(tmp_path))
    with pytest.raises(ConfigurationError, match=r"evaluation\.<key>=<value>"):
        evaluate(tmp_path, overrides=[override], trusted_packages=TRUSTED)


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    run(toy(tmp_path))
    with pytest.raises(ConfigurationError, match=r"evaluation\.colour"):
        evaluate(tmp_path, overrides=["evaluation.colour=red"], trusted_packages=TRUSTED)


def test_data_that_are_not_there_are_named(tmp_path: Path) -> None:
    run(toy(tmp_path))
    with pytest.raises(DataError, match="there is no such file"):
        evaluate(tmp_path, data=tmp_path / "nothing.csv", trusted_packages=TRUSTED)


def test_fields_in_another_order_are_refused_with_the_order_to_give() -> None:
    """Two fields over two axes: of one shape, so that nothing else would tell that they are swapped."""
    learned, given = (
        RecordSpec((3, 4, 2), 1.0, "day", names, np.zeros((3, 4, 2)), np.ones((3, 4, 2)), (50,))
        for names in (("t2m", "msl"), ("msl", "t2m"))
    )
    with pytest.raises(DataError, match=r"are msl, t2m, but the run learned t2m, msl: give data\.key=\[t2m,msl\]"):
        _require_states({"data": {"path": "x.zarr"}}, given, learned)
    _require_states({"data": {"path": "x.zarr"}}, learned, learned)
