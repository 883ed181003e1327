"""What follows a fit: learn from the best weights, score, draw; and the same again for what was learned."""

import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.core.method import DirectMethod, Method
from sciml_bench.core.plain_types import Metrics
from sciml_bench.core.results import Results
from sciml_bench.core.stored.learned_file import write_learned
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.drawing import picture_names, pictures_of
from sciml_bench.drawing.animation import Animation
from sciml_bench.drawing.style import save_figure
from sciml_bench.training.build import build_evaluation, scored_record
from sciml_bench.training.loop.callbacks import History
from sciml_bench.training.loop.checkpoints import load_weights
from sciml_bench.training.loop.fit import Fit

log = logging.getLogger(__name__)


def conclude(
    configuration: Mapping[str, Any],
    folder: RunFolder,
    observed: Any,
    method: Method,
    done: Fit,
    record: dict[str, Any],
) -> Metrics:
    """Learn from the best weights, score and draw.

    Args:
        configuration: of a run of one seed.
        folder: of the same.
        observed: the record that was learned from.
        method: after its fit.
        done: the fit.
        record: the content of record.json, which is added to.
    """
    if isinstance(method, DirectMethod):
        fitted = method.n_parameters()
        record.update({} if fitted is None else {"parameters": fitted})
    else:
        method.best_epoch = load_weights(method, folder.best_checkpoint)
    learned = method.eval().learned()
    write_learned(folder.learned_checkpoint, learned)
    record["fit_metrics"] = {name: float(value) for name, value in method.fit_metrics().items()}
    results = scored(configuration, learned, observed, record["fit_metrics"])
    record.update(method.record_entries())
    write_results(folder, with_history(results, done.history, method.monitor, method.monitor_mode))
    for note in results.notes:
        log.info("%s", note)
    shown = [f"{n.replace('_', ' ')} {results.metrics[n]:.4g}" for n in method.headline if n in results.metrics]
    if shown:
        log.info("held-out scores: %s", ", ".join(shown))
    return results.metrics


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
        DataError: what a person's own method has learned cannot be scored so.
    """
    evaluation, observed = build_evaluation(configuration), scored_record(configuration, observed)
    with torch.inference_mode():
        try:
            results = evaluation(learned, observed)
        except (AttributeError, TypeError) as error:
            # what the suite itself has learned suits the evaluations of its scripts
            if type(learned).__module__.startswith("sciml_bench."):
                raise
            raise DataError(
                f"{type(evaluation).__name__} cannot score {type(learned).__name__} ({error}); choose "
                "evaluation=forecast, or an evaluation of your own"
            ) from error
    metrics = {name: float(value) for name, value in {**results.metrics, **(fit_metrics or {})}.items()}
    if broken := [f"{name} is {value}" for name, value in metrics.items() if not math.isfinite(value)]:
        log.warning("scores that are not finite, as of a forecast that left every bound: %s", ", ".join(broken))
    return Results(metrics, dict(results.arrays), results.pictures, results.notes)


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
    return with_curves(results, arrays)


def with_curves(results: Results, curves: Mapping[str, Any]) -> Results:
    """Results and the arrays of learning curves, where there are any.

    Args:
        results: of the evaluation.
        curves: as `with_history` makes them.
    """
    return Results(arrays=dict(curves), pictures=("learning_curves",)).joined(results) if curves else results


def write_results(folder: RunFolder, results: Results) -> None:
    """Draw the pictures, and write them, the arrays and the metrics.

    Args:
        folder: of a run, or of an evaluation below it.
        results: what goes there.
    """
    arrays = results.stored_arrays
    for stale in (set(picture_names()) - set(results.pictures)) & {path.stem for path in folder.figures.glob("*.*")}:
        for path in folder.figures.glob(f"{stale}.*"):
            path.unlink()
    for name, picture in pictures_of(arrays).items():
        if isinstance(picture, Animation):
            picture.save(folder.figures / f"{name}.gif")
        else:
            save_figure(picture, folder.figures / f"{name}.png")
    folder.write_arrays(arrays)
    folder.write_metrics(results.metrics)
