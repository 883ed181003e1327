"""Pure functions that say how good a model is: scores, spectra, timescales, forecasts; and the catalogue of all names.

A name is imported when it is asked for, so that the catalogue needs no torch.
"""

from sciml_bench.core import lazy_names

_HOMES = {
    "CATALOGUE": "catalogue",
    "ForecastEvaluation": "forecast_evaluation",
    "Score": "catalogue",
    "breakeven_number": "operators.breakeven",
    "chapman_kolmogorov_test": "chapman_kolmogorov",
    "classification_accuracy": "forecast_scores",
    "directed_hausdorff_distance": "spectral_distances",
    "find_score": "catalogue",
    "implied_timescales": "timescales",
    "implied_timescales_with_bands": "timescales",
    "largest_violation": "chapman_kolmogorov",
    "relative_l2": "operators.field_errors",
    "spectral_error": "spectral_distances",
    "streamed_vamp_scores": "vamp",
    "timescale_error": "timescales",
    "vamp_e": "vamp",
    "vamp_e_deficit": "vamp",
    "vamp_e_exact": "vamp",
    "vamp_score": "vamp",
}
__all__ = list(_HOMES)  # pyright: ignore[reportUnsupportedDunderAll]

__getattr__ = lazy_names(__name__, _HOMES)
