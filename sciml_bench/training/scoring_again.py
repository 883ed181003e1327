"""Scores of a finished run under other settings of the evaluation."""

from collections.abc import Mapping
from typing import Any

from sciml_bench.core.results import Results
from sciml_bench.core.seeds import seed_everything
from sciml_bench.core.stored.learned_file import read_learned
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.core.types import Metrics
from sciml_bench.training.build import build_record, trusted
from sciml_bench.training.ensemble import Ensemble
from sciml_bench.training.scoring import scored, write_results


def score_again(configuration: Mapping[str, Any], folder: RunFolder) -> Metrics:
    """Replace the scores of a finished run, or of every member of an ensemble, without training.

    Args:
        configuration: with other settings of the evaluation.
        folder: of the run.
    """
    ensemble = Ensemble.of(dict(configuration), folder)
    if ensemble is not None:
        for member in ensemble.member_configurations():
            score_again(member, RunFolder(member["run_folder"]))
        metrics = ensemble.averaged()
        folder.write_metrics(metrics)
    else:
        seed_everything(configuration["seed"], "build")
        observed = build_record(configuration)
        observed.setup()
        learned = read_learned(folder.learned_checkpoint, trusted(configuration))
        results = scored(configuration, learned, observed, folder.record.get("fit_metrics"))
        curves = {
            name: values
            for name, values in folder.arrays.items()
            if name.startswith("history_") or name == "selected_epoch"
        }
        pictures = ("learning_curves",) if curves else ()
        write_results(folder, Results(arrays=curves, pictures=pictures).joined(results))
        metrics = results.metrics
    folder.write_configuration({**(folder.configuration or {}), "evaluation": configuration.get("evaluation")})
    return metrics
