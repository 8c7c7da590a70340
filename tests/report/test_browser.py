"""The page in a real browser: quiet, usable by keyboard and screen reader, and its tools do what they say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import expect
from report import documents
from report.histories import history
from report.test_hostile import CORPUS, attacked
from support.opened_pages import DESKTOP, NEEDS_BROWSER, PHONE, PICTURES, browser, opened, picture

from blackbox.report import render

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser
    from support.opened_pages import Opened

pytestmark = NEEDS_BROWSER

LOOKS: dict[str, tuple[tuple[int, int], Literal["light", "dark"]]] = {
    "light": (DESKTOP, "light"),
    "dark": (DESKTOP, "dark"),
    "phone": (PHONE, "light"),
}
KINDS: dict[str, Callable[[], dict[str, Any]]] = {
    "different": lambda: documents.two(n_probes=6, n_exhibits=4),
    "inconclusive": lambda: documents.two("inconclusive", n_probes=6, n_exhibits=4),
    "related": lambda: {**(whole := documents.against_population(3)), "pairs": whole["pairs"][:1]},
    "many": lambda: documents.hundred(5),
    "history": history,
    "wide": documents.wide,
    "hostile": lambda: attacked(documents.two(n_probes=2, n_exhibits=2), lambda true: "".join(CORPUS[:18]) + true),
}
EXAMINED = {
    "different": "light",
    "inconclusive": "dark",
    "related": "phone",
    "many": "dark",
    "history": "phone",
    "wide": "light",
    "hostile": "light",
}
"""In which look axe-core, the dear part, reads each page."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return one browser for all tests of this file."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def hundred() -> str:
    """Return the page of a hundred runs."""
    return render(documents.hundred(), to="html")


def overflow(found: Opened) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(found.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


_LETTERS = """() => [...document.querySelectorAll("svg text")].filter((text) => text.checkVisibility()).map((text) => {
  const turned = text.getScreenCTM();
  return [parseFloat(getComputedStyle(text).fontSize) * Math.hypot(turned.a, turned.b), text.textContent];
}).filter(([size]) => size < 9.5)"""
"""Words in figures whose letters are lower than nine and a half pixels."""


@pytest.mark.parametrize(("kind", "examined"), EXAMINED.items())
def test_a_report_is_quiet_fits_and_has_no_grave_finding(
    kind: str, examined: str, chromium: Browser, tmp_path: Path
) -> None:
    """Light, dark, on a phone: no console line, no request, nothing grave, no sideways scrolling, no tiny letters."""
    with opened(chromium, render(KINDS[kind](), to="html"), tmp_path) as found:
        for look in (*(each for each in LOOKS if each != examined), examined):
            size, scheme = LOOKS[look]
            found.page.set_viewport_size({"width": size[0], "height": size[1]})
            found.page.emulate_media(color_scheme=scheme)
            if PICTURES in os.environ:
                picture(found.page, f"{kind}-{look}", tmp_path)

            assert overflow(found) <= 0
            assert [] == found.page.evaluate(_LETTERS)
        assert [] == found.grave_in_pieces(1_500)[0]
        assert ([], []) == (found.console, found.requests)


@pytest.mark.parametrize(
    ("spoilt", "seen"),
    [
        ('<script>document.title="ran"</script>', "console"),
        ("<style>p { color: red }</style>", "console"),
        ('<img src="http://127.0.0.1:9/x.png" alt="">', "requests"),
        (
            '<section><h2>Late</h2><details><summary>Fold</summary><p><input type="text"></p></details></section>',
            "grave",
        ),
    ],
)
def test_what_these_tests_look_for_would_be_seen(spoilt: str, seen: str, chromium: Browser, tmp_path: Path) -> None:
    """A planted script or style is refused aloud and does not run; a picture, a field without a name are caught."""
    html = render(documents.two(n_probes=1, n_exhibits=0), to="html").replace("</main>", f"{spoilt}</main>")
    with opened(chromium, html, tmp_path) as found:
        if seen == "grave":
            assert ["label"] == [each.partition(":")[0] for each in found.grave()]
            in_pieces, n_pieces, n_elements = found.grave_in_pieces(400)
            assert ["label"] == [each.partition(":")[0] for each in in_pieces]
            assert n_elements > n_pieces > 1
        else:
            assert [] != getattr(found, seen)
            assert "Content Security Policy" in found.console[0]
            assert "ran" != found.page.title()


def test_everything_stands_there_without_the_script(chromium: Browser, tmp_path: Path) -> None:
    """With scripts off the same words are on the page, every fold opens, and no dead control is shown."""
    html = render(documents.many(4, 4, 2), to="html")
    words: list[str] = []
    for script in (True, False):
        with opened(chromium, html, tmp_path, script=script) as found:
            tools = found.page.locator("select, input[type=search], main button").count()
            assert script == (tools > 0)
            words.append(found.page.locator("main article, main .exhibit").all_text_contents().__repr__())

    assert words[0] == words[1]


def test_pairs_are_found_sorted_and_opened(chromium: Browser, tmp_path: Path) -> None:
    """Filters by verdict, endpoint and words add up, folds follow, headings sort, and a row leads into its pair."""
    with opened(chromium, render(documents.many(6, 8, 3), to="html"), tmp_path) as found:
        page, rows = found.page, "[data-find] tbody tr"
        assert 15 == found.shown(rows) == found.shown("#pairs > details")

        who, words = page.get_by_label("Endpoint", exact=True), page.get_by_label("Find", exact=True)
        who.select_option("endpoint-03")
        assert 5 == found.shown(rows) == found.shown("#pairs > details")
        page.locator(".f-different").check()
        left = found.shown(rows)
        assert 0 < left < 5
        assert page.locator("[data-find] [role=status]").inner_text() == f"{left} of 15 shown"
        page.locator(".f-all").check()
        who.select_option("any")
        words.fill("endpoint-02 against endpoint-04")
        count = page.locator("[data-find] [role=status]")
        expect(count).to_have_text("1 of 15 shown")

        page.locator(f"{rows} a").filter(visible=True).click()
        assert "true" == page.evaluate("String(document.querySelector(location.hash).open)")
        words.fill("")
        expect(count).to_have_text("15 of 15 shown")

        first = page.locator(f"{rows} th").first
        before = first.inner_text()
        heading = page.get_by_role("button", name="Pair")
        heading.press("Enter")
        heading.press("Enter")
        assert "descending" == page.locator("[data-find] [aria-sort]").get_attribute("aria-sort")
        assert "endpoint-04 against endpoint-05" == first.inner_text()
        heading.click()
        assert before == first.inner_text()
        assert found.quiet


def test_numbers_sort_as_numbers_and_the_unknown_come_last(chromium: Browser, tmp_path: Path) -> None:
    """A column of numbers with dashes: ascending and descending both end with what is not known."""
    html = render(documents.many(6, 4, 1), to="html")
    with opened(chromium, html, tmp_path) as found:
        column = found.page.locator("[data-find] tbody tr td:nth-child(3)")
        heading = found.page.get_by_role("button", name="p, adjusted")
        for sign in (1, -1):
            heading.click()
            told = column.all_inner_texts()
            known = [sign * float(text) for text in told if text != "–"]

            assert sorted(known) == known
            assert {"–"} == set(told[len(known) :])


def test_a_matrix_is_put_in_order_and_leads_into_a_pair(chromium: Browser, tmp_path: Path) -> None:
    """Rows and columns move together, names keep their cells, and a cell opens its pair."""
    with opened(chromium, render(documents.many(6, 4, 1), to="html"), tmp_path) as found:
        page = found.page
        box = page.locator(".gridded").first
        cells = (
            "rows => rows.map(r => [...r.cells].slice(1).map(c => c.querySelector('[aria-label]')?.ariaLabel ?? ''))"
        )
        before = box.locator("tbody tr").evaluate_all(cells)
        box.get_by_label("Order").select_option(label="nearest to endpoint-04")
        after = box.locator("tbody tr").evaluate_all(cells)

        assert "endpoint-04" == box.locator("tbody th").first.inner_text()
        assert [True] * 6 == ["" == row[place] for place, row in enumerate(after)]
        assert sorted(map(sorted, before)) == sorted(map(sorted, after))
        box.get_by_label("Order").select_option("as listed")
        assert before == box.locator("tbody tr").evaluate_all(cells)
        box.locator("tbody td a").first.click()
        assert page.evaluate("document.querySelector(location.hash).open")


def test_answers_are_found_by_words_family_and_language(chromium: Browser, tmp_path: Path) -> None:
    """The browser narrows probes, opens the few that are left, and shows answers as text."""
    whole = documents.two(n_probes=1, n_exhibits=0)
    whole["answers"] = [documents.answers(whole["runs"])]
    with opened(chromium, render(whole, to="html"), tmp_path) as found:
        page = found.page
        count = page.locator(".browser [role=status]")
        expect(count).to_have_text("4 of 4 probes")
        page.get_by_label("Language", exact=True).select_option("zh")
        assert 2 == found.shown(".found")
        page.get_by_label("Family", exact=True).select_option("season")
        assert 1 == found.shown(".found") == found.shown(".found[open]")
        page.get_by_label("Family", exact=True).select_option("any")
        page.get_by_label("Language", exact=True).select_option("any")
        page.get_by_label("Probe or words", exact=True).fill("<I>BLUE")
        expect(count).to_have_text("1 of 4 probes")
        assert "<i>blue</i>" == page.locator(".found[open] .sayings .quote").first.inner_text()
        assert found.quiet


def test_a_link_from_outside_opens_its_pair(chromium: Browser, tmp_path: Path) -> None:
    """The address of a pair, mailed around, shows it unfolded."""
    with opened(chromium, render(documents.many(6, 4, 1), to="html"), tmp_path, place="#pair-7") as found:
        assert found.page.evaluate("document.getElementById('pair-7').open")
        assert not found.page.evaluate("document.getElementById('pair-6').open")


def test_a_hundred_runs_stay_usable(hundred: str, chromium: Browser, tmp_path: Path) -> None:
    """All 4,950 pairs are listed, found and sorted, the matrix is drawn, put in order and leads to its rows."""
    with opened(chromium, hundred, tmp_path) as found:
        page, rows = found.page, "[data-find] tbody tr"
        assert 4950 == page.locator(rows).count()
        page.get_by_label("Endpoint", exact=True).select_option("endpoint-77")
        assert "99 of 4,950 shown" == page.locator("[data-find] [role=status]").inner_text()
        assert 99 == found.shown(rows)

        heat = page.locator(".heat").first
        heat.get_by_label("Order").select_option(label="nearest to endpoint-42")
        stage = heat.locator(".stage")
        stage.focus()
        stage.press("ArrowRight")
        assert heat.locator(".readout").inner_text().startswith("endpoint-42 against ")
        stage.press("Enter")
        assert page.evaluate("document.querySelector(location.hash) !== null")
        page.locator(".f-different").check()
        assert 0 < found.shown(rows) < 99
        assert found.quiet


def test_print_shows_what_is_folded(chromium: Browser, tmp_path: Path) -> None:
    """On paper the folds are open, the tools are gone, and it is black on white also for who prefers dark."""
    with opened(chromium, render(documents.many(6, 4, 1), to="html"), tmp_path, dark=True) as found:
        found.page.emulate_media(media="print")
        picture(found.page, "many-print", tmp_path)

        assert 0 == found.shown(".tools, nav, .filter")
        assert 15 == found.shown("#pairs > details article.lead")
        assert "rgb(255, 255, 255)" == found.page.evaluate("getComputedStyle(document.body).backgroundColor")
