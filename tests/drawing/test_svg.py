"""Figures within a page."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from sciml_bench.drawing import draw
from sciml_bench.drawing.style import styled
from sciml_bench.drawing.svg import one_axis, power_label, svg_text


def parsed(text):
    return ElementTree.fromstring(text)


@pytest.fixture
def figure():
    with styled():
        figure, axis = one_axis()
        axis.plot([1, 2, 3], [1, 4, 9], color="#0072B2", marker="o")
        axis.plot([1, 2, 3], [2, 2, 2], color="#000000")
        axis.set(xlabel="<time> & more")
    return figure


def test_colours_are_those_of_the_page(figure):
    text = svg_text(figure, "one", "a line")
    assert "stroke: var(--series-1)" in text
    assert "stroke: currentColor" in text
    assert "stroke: var(--line)" in text  # the grid
    assert not re.search("#[0-9a-f]{6}", text)


def test_text_is_text_and_says_what_it_is_for_who_does_not_see_it(figure):
    picture = parsed(svg_text(figure, "one", 'a "line" <b>'))
    assert picture.attrib["role"] == "img"
    assert picture.attrib["aria-label"] == 'a "line" <b>'
    assert "<time> & more" in [text.text for text in picture.iter("text")]


def test_names_of_several_pictures_do_not_meet_and_all_of_them_are_there(figure):
    one, two = (svg_text(figure, name, "a line") for name in ("one", "two"))
    names, others = (set(re.findall(r' id="([^"]+)"', text)) for text in (one, two))
    assert names
    assert not names & others
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', one)) <= names


def test_the_same_figure_gives_the_same_text(figure):
    assert svg_text(figure, "one", "a line") == svg_text(figure, "one", "a line")


@pytest.mark.parametrize(("value", "text"), [(0.01, "0.01"), (1.0, "1"), (1e4, "10⁴"), (1e-7, "10⁻⁷"), (1e12, "10¹²")])
def test_powers_of_ten_are_plain_text(value, text):
    assert power_label(value) == text


def test_points_that_touch_share_their_label():
    nothing = np.full(4, np.nan)
    arrays = {"costs": np.array([1.0, 1.0, 50.0, 1.0]), "scores": np.array([1.0, 1.01, 1.5, 2.0])}
    arrays |= {"lower": nothing, "upper": nothing, "numbers": np.arange(1, 5), "on_front": np.array([1, 0, 0, 0])}
    drawn = draw("accuracy_against_cost", arrays | {"score_label": "error", "cost_label": "s"})
    assert [text.get_text() for text in drawn.axes[0].texts] == ["1, 2", "3", "4"]


def test_the_number_of_a_tick_at_the_right_end_is_not_cut_off():
    arrays = {name: np.array([0.01, 0.0638]) for name in ("costs", "scores", "lower", "upper")}
    labels = {"score_label": np.array("error"), "cost_label": np.array("CPU seconds")}
    with styled():
        figure = draw("accuracy_against_cost", {**arrays, "numbers": [1, 2], "on_front": np.ones(2), **labels})
        figure.draw_without_rendering()
        (axis,) = figure.axes
        shown = [tick for tick in axis.get_xticks() if tick <= axis.get_xlim()[1]]
        boxes = [label.get_window_extent() for label in axis.get_xticklabels()[: len(shown)]]
    assert shown[-1] == pytest.approx(0.07)  # at 0.0703 the axis ends
    assert boxes[-1].x1 <= figure.bbox.x1


def test_curves_beyond_the_colours_stand_back_and_what_runs_away_leaves_the_picture():
    errors = np.linspace(0.1, 0.9, 8)[:, None] * np.ones(5)
    errors[0, 3:] = 1e9
    axis = draw("errors_of_methods", {"times": np.arange(5.0), "errors": errors}).axes[0]
    assert [line.get_color() for line in axis.lines[:2]] == ["#777777"] * 2
    (best,) = [line for line in axis.lines if line.get_color() == "#0072B2"]
    np.testing.assert_array_equal(best.get_ydata(), [0.1, 0.1, 0.1, np.nan, np.nan])
    assert axis.get_yscale() == "linear"
