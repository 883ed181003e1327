"""What a first comparison says about the best method."""

import math

from sciml_bench.suite.first_comparison import verdict


def row(method, error, seed=0):
    beside = {"persistence_standardised_error": 1.4, "mean_standardised_error": 1.0}
    return {"method": method, "seed": seed, "status": "finished", "forecast_standardised_error": error, **beside}


SIMPLE = [row("persistence", 1.4), row("training_mean", 1.0), row("context_parroting", 0.5)]


def test_the_best_beats_what_learns_nothing():
    said = verdict([*SIMPLE, row("dmd", 0.2), row("dmd", 0.4, 1), row("lstm", math.inf)])
    assert said == (
        "Best of 4 is dmd, better than persistence, the mean and context parroting: forecast_standardised_error 0.3 "
        "against persistence 1.4, the training mean 1, context parroting 0.5."
    )


def test_it_is_said_when_nothing_that_learns_is_better():
    said = verdict([*SIMPLE, row("dmd", 0.8)])
    assert said.startswith(
        "Nothing that learns forecasts this record better than what learns nothing; best is context_"
    )
    alone = verdict([row("dmd", 1.2)])
    assert "best is dmd: forecast_standardised_error 1.2 against persistence 1.4, the training mean 1." in alone


def test_without_a_forecast_there_is_no_verdict():
    assert verdict([{"method": "dmd", "seed": 0, "status": "failed"}, row("lstm", math.inf)]) is None
