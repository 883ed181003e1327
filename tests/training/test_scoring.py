"""What goes beside the scores: the learning curves, with the epoch whose weights were kept."""

from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.results import Results
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.training.loop.callbacks import History
from sciml_bench.training.scoring import with_history, write_results

RESULTS = Results({"slope": 2.0}, {"weight": np.ones(1)}, ("errors",))


def history(*losses):
    kept = History()
    kept.rows = [{"epoch": float(epoch), "loss": loss} for epoch, loss in enumerate(losses)]
    return kept


@pytest.mark.parametrize(("mode", "epoch"), [("min", 1), ("max", 2)])
def test_the_marked_epoch_is_the_best_one(mode: str, epoch: int) -> None:
    results = with_history(RESULTS, history(3.0, 1.0, 4.0), "loss", mode)
    assert results.arrays["selected_epoch"] == epoch
    np.testing.assert_array_equal(results.arrays["history_loss"], [3.0, 1.0, 4.0])
    assert results.pictures == ("learning_curves", "errors")
    assert results.metrics == RESULTS.metrics


def test_without_epochs_there_are_no_curves_and_without_a_choice_none_is_marked() -> None:
    assert with_history(RESULTS, history(), "loss") is RESULTS
    assert "selected_epoch" not in with_history(RESULTS, history(1.0), None).arrays


def test_pictures_of_an_earlier_evaluation_do_not_stay_beside_other_scores(tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    for name in ("spectrum.png", "my_own.png"):
        (tmp_path / "figures" / name).write_bytes(b"x")
    write_results(RunFolder(tmp_path), Results({"slope": 2.0}))
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["my_own.png"]
