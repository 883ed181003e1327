"""From a learned object to scores, arrays and pictures in a run folder; nothing here trains."""

import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.core.results import Results
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.drawing import pictures_of
from sciml_bench.drawing.animation import Animation
from sciml_bench.drawing.style import save_figure
from sciml_bench.training.build import build_evaluation
from sciml_bench.training.loop.callbacks import History

log = logging.getLogger(__name__)


def scored(
    configuration: Mapping[str, Any], learned: Any, observed: Any, fit_metrics: Mapping[str, float] | None = None
) -> Results:
    """The scores of a learned object on a record, and what is drawn of it.

    Args:
        configuration: whose `evaluation` scores.
        learned: what was learned.
        observed: the record, loaded.
        fit_metrics: what the fit itself is judged by.

    Raises:
        DataError: a score is not finite, or what a person's own method has learned cannot be scored so.
    """
    evaluation = build_evaluation(configuration)
    with torch.inference_mode():
        try:
            results = evaluation(learned, observed)
        except (
            AttributeError,
            TypeError,
        ) as error:  # what the suite itself has learned suits the evaluations of its scripts
            if type(learned).__module__.startswith("sciml_bench."):
                raise
            raise DataError(
                f"{type(evaluation).__name__} cannot score {type(learned).__name__} ({error}); choose "
                "evaluation=forecast, or an evaluation of your own"
            ) from error
    metrics = {name: float(value) for name, value in {**results.metrics, **(fit_metrics or {})}.items()}
    broken = [name for name, value in metrics.items() if not math.isfinite(value)]
    if broken:
        raise DataError(f"the evaluation gave numbers that are not finite: {', '.join(broken)}")
    return Results(metrics, dict(results.arrays), results.pictures)


def with_history(results: Results, history: History, monitor: str | None, mode: str = "min") -> Results:
    """Results and the learning curves, where there were epochs.

    Args:
        results: of the evaluation.
        history: of the fit.
        monitor: the quantity that selected the weights.
        mode: `min` or `max`.
    """
    if not history.rows:
        return results
    names = sorted({name for row in history.rows for name in row})
    arrays: dict[str, Any] = {
        f"history_{name}": np.array([row.get(name, math.nan) for row in history.rows]) for name in names
    }
    monitored = [row for row in history.rows if monitor in row]
    if monitored:
        sign = 1 if mode == "min" else -1
        arrays["selected_epoch"] = np.array(min(monitored, key=lambda row: sign * row[str(monitor)])["epoch"])
    return Results(arrays=arrays, pictures=("learning_curves",)).joined(results)


def write_results(folder: RunFolder, results: Results) -> None:
    """Draw the pictures, and write them, the arrays and the metrics.

    Args:
        folder: of a run, or of an evaluation below it.
        results: what goes there.
    """
    arrays = results.stored_arrays
    for name, picture in pictures_of(arrays).items():
        if isinstance(picture, Animation):
            picture.save(folder.figures / f"{name}.gif")
        else:
            save_figure(picture, folder.figures / f"{name}.png")
    folder.write_arrays(arrays)
    folder.write_metrics(results.metrics)
