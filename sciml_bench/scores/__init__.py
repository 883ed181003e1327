"""Pure functions that say how good a model is: scores, spectra, time scales, forecasts; and the catalogue of all names.

A name is imported when it is asked for, so that the catalogue needs no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sciml_bench.scores.catalogue import CATALOGUE, Score, score_of
    from sciml_bench.scores.chapman_kolmogorov import ChapmanKolmogorovResult, chapman_kolmogorov_test
    from sciml_bench.scores.field_errors import relative_l2
    from sciml_bench.scores.forecast_evaluation import ForecastEvaluation
    from sciml_bench.scores.forecast_scores import classification_accuracy
    from sciml_bench.scores.spectral_distances import directed_hausdorff_distance, spectral_error
    from sciml_bench.scores.timescales import TimeScaleBands, implied_time_scales, implied_time_scales_with_bands
    from sciml_bench.scores.vamp import (
        streamed_vamp_scores,
        vamp_e,
        vamp_e_deficit,
        vamp_e_exact,
        vamp_score,
    )

__all__ = [
    "CATALOGUE",
    "ChapmanKolmogorovResult",
    "ForecastEvaluation",
    "Score",
    "TimeScaleBands",
    "chapman_kolmogorov_test",
    "classification_accuracy",
    "directed_hausdorff_distance",
    "implied_time_scales",
    "implied_time_scales_with_bands",
    "relative_l2",
    "score_of",
    "spectral_error",
    "streamed_vamp_scores",
    "vamp_e",
    "vamp_e_deficit",
    "vamp_e_exact",
    "vamp_score",
]

_HOMES = {
    "catalogue": ("CATALOGUE", "Score", "score_of"),
    "chapman_kolmogorov": ("ChapmanKolmogorovResult", "chapman_kolmogorov_test"),
    "field_errors": ("relative_l2",),
    "forecast_evaluation": ("ForecastEvaluation",),
    "forecast_scores": ("classification_accuracy",),
    "spectral_distances": ("directed_hausdorff_distance", "spectral_error"),
    "timescales": ("TimeScaleBands", "implied_time_scales", "implied_time_scales_with_bands"),
    "vamp": ("streamed_vamp_scores", "vamp_e", "vamp_e_deficit", "vamp_e_exact", "vamp_score"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
