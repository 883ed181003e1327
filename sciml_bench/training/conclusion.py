"""What follows a fit: learn from the best weights, score, draw."""

import logging
from collections.abc import Mapping
from typing import Any

from sciml_bench.core.method import DirectMethod, Method
from sciml_bench.core.stored.learned_file import write_learned
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.core.types import Metrics
from sciml_bench.training.loop.checkpoints import load_best
from sciml_bench.training.loop.fit import Fit
from sciml_bench.training.scoring import scored, with_history, write_results

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
    if not isinstance(method, DirectMethod):
        load_best(method, folder)
    learned = method.eval().learned()
    write_learned(folder.learned_checkpoint, learned)
    record["fit_metrics"] = {name: float(value) for name, value in method.fit_metrics().items()}
    results = scored(configuration, learned, observed, record["fit_metrics"])
    record.update(method.record_entries())
    write_results(folder, with_history(results, done.history, method.monitor, method.monitor_mode))
    shown = [f"{n.replace('_', ' ')} {results.metrics[n]:.4g}" for n in method.headline if n in results.metrics]
    if shown:
        log.info("held-out scores: %s", ", ".join(shown))
    return results.metrics
