"""What a Koopman run shows: spectrum, leading functions, forecasts, time scales."""

from sciml_bench.koopman.figures.forecasts import accuracy_against_step, forecast_images, forecast_states
from sciml_bench.koopman.figures.functions import eigenfunction_scatter, singular_functions_on_a_line
from sciml_bench.koopman.figures.spectrum import implied_time_scales_figure, spectrum

__all__ = [
    "accuracy_against_step",
    "eigenfunction_scatter",
    "forecast_images",
    "forecast_states",
    "implied_time_scales_figure",
    "singular_functions_on_a_line",
    "spectrum",
]
