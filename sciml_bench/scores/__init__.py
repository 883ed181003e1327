"""Pure functions that say how good a model is: scores, spectra, time scales, forecasts."""

from sciml_bench.scores.chapman_kolmogorov import ChapmanKolmogorovResult, chapman_kolmogorov_test
from sciml_bench.scores.field_errors import relative_l2
from sciml_bench.scores.forecast_errors import classification_accuracy, forecast_root_mean_square_error
from sciml_bench.scores.spectral_error import directed_hausdorff_distance, spectral_error
from sciml_bench.scores.timescales import TimeScaleBands, implied_time_scales, implied_time_scales_with_bands
from sciml_bench.scores.vamp import projected_vamp_score, vamp_e, vamp_e_deficit, vamp_e_exact, vamp_score
from sciml_bench.scores.whitening import whitening

__all__ = [
    "ChapmanKolmogorovResult",
    "TimeScaleBands",
    "chapman_kolmogorov_test",
    "classification_accuracy",
    "directed_hausdorff_distance",
    "forecast_root_mean_square_error",
    "implied_time_scales",
    "implied_time_scales_with_bands",
    "projected_vamp_score",
    "relative_l2",
    "spectral_error",
    "vamp_e",
    "vamp_e_deficit",
    "vamp_e_exact",
    "vamp_score",
    "whitening",
]
