"""The page in a browser, where one is installed."""

import numpy as np
import pytest
from browser import EXECUTABLE, Browser
from leaderboard_material import benchmark_run, board_and_tasks

from sciml_bench.report.page import page_html

pytestmark = pytest.mark.skipif(EXECUTABLE is None, reason="there is no Chromium")

TABLE = "#task-1 table.sortable"
ERRORS = {"a_first": 0.3, "b_second": 2e-7, "c_third": float("inf"), "d_fourth": 12.0}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    root = tmp_path_factory.mktemp("pages")
    for method, error in ERRORS.items():
        horizon = np.full(50, min(error, 1e9))
        benchmark_run(root / "runs", "lorenz_with_a_long_name", method, 0, error, horizon=horizon)
    benchmark_run(root / "runs", "other", "a_first", 0, 1.0)
    path = root / "page.html"
    path.write_text(page_html(*board_and_tasks(root / "runs")))
    return path


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


def methods(browser):
    return browser.value(f"[...document.querySelectorAll('{TABLE} tbody a')].map(a => a.textContent)")


def column(browser, title):
    titles = browser.value(f"[...document.querySelectorAll('{TABLE} thead th')].map(h => h.textContent)")
    return 1 + next(place for place, each in enumerate(titles) if each.startswith(title))


def test_a_click_sorts_by_numbers_and_another_turns_the_order(page, browser):
    browser.open(page, 1400)
    assert methods(browser) == ["b second", "a first", "d fourth", "c third"]
    heading = f"{TABLE} thead th:nth-child({column(browser, 'forecast standardised error')})"
    assert browser.value(f"document.querySelector('{heading}').ariaSort") == "ascending"
    browser.click(f"{heading} button")
    assert methods(browser) == ["c third", "d fourth", "a first", "b second"]
    assert browser.value(f"document.querySelector('{heading}').ariaSort") == "descending"
    browser.click(f"{TABLE} thead th:nth-child(1) button")
    assert methods(browser) == ["a first", "b second", "c third", "d fourth"]
    assert browser.value(f"document.querySelector('{heading}').ariaSort") is None


def test_the_keyboard_sorts_too(page, browser):
    browser.open(page, 1400)
    browser.value(f"document.querySelector('{TABLE} thead button').focus()")
    browser.press("Enter", 13, "\r")
    assert methods(browser) == ["a first", "b second", "c third", "d fourth"]
    browser.press(" ", 32, " ")
    assert methods(browser) == ["d fourth", "c third", "b second", "a first"]
    browser.press("Tab", 9)
    assert browser.value("document.activeElement.textContent").startswith("forecast standardised error")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_the_page_is_as_wide_as_the_window_and_its_text_is_not_small(page, browser, width, scheme):
    browser.open(page, width, scheme)
    assert browser.value("document.documentElement.scrollWidth") <= width
    sizes = "[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height)"
    assert min(browser.value(sizes)) > 9  # pixels, line of text as a whole
    light = browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert light == (scheme == "light")
    stroke = "getComputedStyle(document.querySelector('figure path[style*=series-1]')).stroke"
    assert browser.value(stroke) == ("rgb(0, 114, 178)" if light else "rgb(90, 180, 240)")
    assert not [
        event for event in browser.events if event.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")
    ]


def test_a_script_that_was_smuggled_in_does_not_run(page, browser, tmp_path):
    changed = tmp_path / "changed.html"
    changed.write_text(page.read_text().replace("</h1>", "</h1><script>document.title = 'smuggled'</script>"))
    browser.open(changed, 1400)
    assert browser.value("document.title").startswith("Benchmark report")
    assert any("Content Security Policy" in str(event) for event in browser.events)


def test_everything_is_there_without_scripts(page, browser):
    browser.open(page, 390, scripts=False)
    document = browser.ask("DOM.getDocument", depth=0)["root"]["nodeId"]
    count = {
        name: len(browser.ask("DOM.querySelectorAll", nodeId=document, selector=name)["nodeIds"])
        for name in (f"{TABLE} tbody tr", "thead button", "figure > svg")
    }
    browser.ask("Emulation.setScriptExecutionDisabled", value=False)
    assert list(count.values()) == [4, 0, 2]
