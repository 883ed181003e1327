import pytest

from sciml_bench.report.comparison import Estimate
from sciml_bench.report.replications.table5.cells import verdict
from sciml_bench.report.replications.table5.published import METHODS, PublishedScore, published_score


def test_both_standard_errors_combine_as_the_sides_of_a_right_triangle():
    found = verdict(Estimate(0.9, 0.03 * 3**0.5, 0.9, 3), PublishedScore(0.8, 0.04))
    assert found.limit == pytest.approx(0.8 + 2 * 0.05)
    assert (found.answer, found.standard_error_of) == ("within two standard errors", "ours and the paper's")


def test_a_mean_above_the_limit_is_not_as_good():
    assert verdict(Estimate(0.901, 0.03 * 3**0.5, 0.9, 3), PublishedScore(0.8, 0.04)).answer == "no"


def test_a_mean_below_the_published_one_is_as_good_whatever_the_spread():
    assert verdict(Estimate(0.7, 5.0 * 3**0.5, 0.7, 3), PublishedScore(0.8)).answer == "yes"


def test_ours_alone_counts_where_the_paper_gives_no_error():
    found = verdict(Estimate(0.75, 0.02 * 3**0.5, 0.75, 3), PublishedScore(0.72))
    assert found.limit == pytest.approx(0.76)
    assert (found.answer, found.standard_error_of) == ("within two standard errors", "ours")


def test_the_papers_alone_counts_for_one_seed():
    found = verdict(Estimate(0.89, None, 0.89, 1), PublishedScore(0.78, 0.05))
    assert (found.answer, found.standard_error_of) == ("no", "the paper's")


def test_without_any_error_the_means_are_compared():
    assert verdict(Estimate(0.73, None, 0.73, 1), PublishedScore(0.72)) == ("no", 0.72, "neither")


def test_seeds_that_scatter_by_more_than_the_published_error_prove_nothing():
    assert verdict(Estimate(20.0, 9.0 * 3**0.5, 3.0, 3), PublishedScore(7.66)).answer == "undecided"


def test_in_the_paper_homotopy_extrapolates_lotka_volterra_and_lorenz_best():
    for column in ("lotka_volterra_blackbox", "lotka_volterra_graybox", "lorenz_blackbox"):
        means = {method: published_score(method, column, "extrapolation").mean for method in METHODS}
        assert min(means, key=means.get) == "homotopy"


def test_published_scores_are_in_the_unit_of_our_metrics():
    assert published_score("homotopy", "lotka_volterra_blackbox", "interpolation") == (0.0078, 0.0005)
    assert published_score("vanilla", "lotka_volterra_graybox", "extrapolation") == (62.54, None)
