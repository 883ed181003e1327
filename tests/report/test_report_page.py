"""The page, as a parser sees it."""

import re
import statistics

import numpy as np
import pytest
from leaderboard_material import ERROR, benchmark_run, board_and_tasks
from read_page import read_page, table_below

from sciml_bench.report.page import page_html
from sciml_bench.scores.catalogue import find_score

OURS = (0.1, 0.2, 0.3)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    rng = np.random.default_rng(0)
    for seed, error in enumerate(OURS):
        for method, factor in (("our_method", 1), ("theirs", 10)):
            starts = rng.uniform(0.9, 1.1, 20)
            starts *= factor * error / starts.mean()
            horizon = factor * np.linspace(0.01, error, 300)
            benchmark_run(root, "lorenz", method, seed, factor * error, starts, horizon=horizon, time_unit="s")
        benchmark_run(root, "digits", "our_method", seed, error, cpu_seconds_over_budget=2.5)
        benchmark_run(root, "digits", "broken", seed, status="failed", reason="DataError: too short")
    benchmark_run(root, "digits", "foreign", 0, status="not_applicable", reason="states are images")
    (root / "torn").mkdir()
    (root / "torn" / "record.json").write_text("{")
    text = page_html(*board_and_tasks(root))
    return text, read_page(text)


def test_tables_have_the_numbers_of_the_runs(page):
    rows = table_below(page[1], "lorenz")
    assert [row["method"].all("a")[0].text for row in rows] == ["our method", "theirs"]
    ours = rows[0]
    shown = ours["forecast standardised error"]
    assert float(shown.attributes["data-value"]) == statistics.fmean(OURS)
    assert shown.text.startswith("0.20 ± 0.10")
    assert [ours[name].text for name in ("rank", "seeds", "CPU s of the fit", "parameters")] == [
        "1",
        "3",
        "3",
        "12\u202f345".replace("\u202f", " "),
    ]
    low, high = map(float, shown.all("span")[0].text.split(" … "))
    assert low < 0.2 < high


def test_a_budget_that_was_missed_is_told_once(page):
    told = re.findall(r"Over the budget of CPU seconds[^:]*: ([^.]*\.[^.]*)\.", page[1].text)
    assert told == ["our method by 2.5 s"]


def test_bold_is_the_best_alone(page):
    first, second = table_below(page[1], "lorenz")
    assert [bold.text for bold in first["forecast standardised error"].all("strong")] == ["0.20 ± 0.10"]
    assert second["forecast standardised error"].all("strong") == []
    (only,) = table_below(page[1], "digits")
    assert only["forecast standardised error"].all("strong") == []  # there is nobody else


def test_nothing_disappears(page):
    text = page[1].text
    for words in ("DataError: too short (seed=0, seed=1, seed=2)", "states are images", "torn", "not valid JSON"):
        assert words in text
    ranks = {row["method"].text: row["mean rank"].text for row in table_below(page[1], "Mean rank over the tasks")}
    assert ranks == {"our method": "1", "theirs": "2", "broken": "2"}


def test_every_row_has_its_command_its_configuration_and_its_folders(page):
    document = page[1]
    link = table_below(document, "lorenz")[0]["method"].all("a")[0].attributes["href"]
    (made,) = [each for each in document.all("details") if each.attributes.get("id") == link[1:]]
    command, configuration = made.all("pre")
    assert command.text == "python benchmark.py task=lorenz method=our_method seed=0"
    assert "n_steps: 6000" in configuration.text
    assert len(made.all("code")) == 3


def test_scores_are_defined_as_in_the_catalogue_and_the_environment_is_told(page):
    text = page[1].text
    assert find_score(ERROR).meaning in text
    assert "Commit 0123abc" in text
    assert "python 3.11.7" in text
    assert "a failed run takes the last place of its task" in text


def test_nothing_comes_from_elsewhere(page):
    text, document = page
    for element in document.all():
        for name, value in element.attributes.items():
            if name in ("href", "xlink:href", "src", "action", "data", "poster", "srcset"):
                assert value.startswith("#"), (element.tag, value)
            assert not name.startswith("on"), (element.tag, name)
    assert not document.all("link", "img", "iframe", "object", "embed", "base", "form")
    assert "@import" not in text
    assert set(re.findall(r"url\((.)", text)) <= {"#"}
    assert set(re.findall(r"https?://[^\"\s]+", text)) <= {"http://www.w3.org/1999/xlink"}
    (policy,) = [each.attributes["content"] for each in document.all("meta") if each.attributes.get("http-equiv")]
    assert policy.startswith("default-src 'none'")


def test_a_screen_reader_finds_its_way(page):
    document = page[1]
    (html,) = document.all("html")
    assert html.attributes["lang"] == "en"
    assert html.all("title")[0].text.startswith("Benchmark report: 2 tasks, 4 methods, 13 runs")
    identifiers = [each.attributes["id"] for each in document.all() if "id" in each.attributes]
    assert len(identifiers) == len(set(identifiers))
    for element in document.all():
        for name in ("aria-labelledby", "href", "xlink:href"):
            if name in element.attributes:
                assert element.attributes[name].lstrip("#") in identifiers
        if element.attributes.get("role") == "img":
            assert element.attributes["aria-label"]
    skip = document.all("body")[0].all("a")[0]
    assert (skip.attributes["class"], skip.attributes["href"]) == ("skip", "#content")
    assert len(document.all("h1", "main")) == 2
    for table in document.all("table"):
        assert table.all("caption")
        assert all(cell.attributes["scope"] in ("col", "row") for cell in table.all("th"))
        assert all(row.all("th") for row in table.all("tr"))


def test_pictures_are_small_and_coloured_by_the_page(page):
    pictures = [each for each in page[1].all("svg") if each.attributes.get("role") == "img"]
    assert len(pictures) == 2  # of the task with curves, and with two methods that cost something
    for svg in re.findall(r"<svg viewBox=\"0 0 345.*?</svg>", page[0], flags=re.DOTALL):
        assert 4_000 < len(svg) < 80_000
        assert "var(--series-1)" in svg
        assert "currentColor" in svg
        assert not re.search(r"#[0-9a-f]{6}\b", svg)
    assert "horizon [s]" in page[0]


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_a_contrast_of_four_and_a_half_and_lines_of_three(page, theme):
    """By the formula of WCAG 2."""
    blocks = re.findall(r":root \{(.*?)\}", page[1].all("style")[0].text, flags=re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", blocks[theme]))
    for paper in ("paper", "raised"):
        for text in ("text", "muted", "accent"):
            assert contrast(colours[text], colours[paper]) >= 4.5, (text, paper)
        for number in range(1, 7):
            assert contrast(colours[f"series-{number}"], colours[paper]) >= 3
    assert contrast(colours["good"], colours["good-text"]) >= 4.5
    assert contrast(colours["bad"], colours["bad-text"]) >= 4.5


def test_a_page_of_unfinished_runs_alone_says_so(tmp_path):
    benchmark_run(tmp_path, "lorenz", "late", 0, status="running")
    text = read_page(page_html(*board_and_tasks(tmp_path))).text
    assert "No run is finished." in text
    assert "still running" in text


def test_the_glance_says_clear_only_where_the_intervals_keep_apart(tmp_path):
    starts = np.linspace(0.8, 1.2, 20)
    for task, factor in (("apart", 10.0), ("near", 1.01)):
        benchmark_run(tmp_path, task, "ours", 0, 1.0, starts)
        benchmark_run(tmp_path, task, "theirs", 0, factor, factor * starts)
    rows = table_below(read_page(page_html(*board_and_tasks(tmp_path))), "At a glance")
    assert {row["task"].text: row["how clear"].text for row in rows} == {"apart": "clear", "near": "not clear"}
