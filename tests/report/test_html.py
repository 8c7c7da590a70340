"""The HTML page: one offline file, well formed, usable without a mouse, eyes or colour, and small."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from report import documents
from report.pages import parsed

from blackbox.report import render
from blackbox.report.renderers import html_page

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "different": lambda: documents.two("different"),
    "inconclusive": lambda: documents.two("inconclusive"),
    "not-applicable": lambda: documents.two("not_applicable", banded=False),
    "equivalent": lambda: documents.two("equivalent"),
    "suites": documents.suites_of_two,
    "related": lambda: documents.related_only(9),
}
CONTRAST_PAIRS = (
    *(("ink", surface) for surface in ("paper", "surface", "soft")),
    *(("muted", surface) for surface in ("paper", "surface", "soft")),
    *(("link", surface) for surface in ("paper", "surface")),
    *((f"on-{tone}", tone) for tone in ("different", "inconclusive", "not_applicable", "equivalent", "neutral")),
    *(("ink", f"{tone}-tint") for tone in ("different", "inconclusive", "not_applicable", "equivalent", "neutral")),
    *(("muted", f"{tone}-tint") for tone in ("different", "inconclusive", "not_applicable", "equivalent", "neutral")),
    ("different-ink", "different-tint"),
    *(("s-ink", f"s{step}") for step in range(4)),
    *(("s-on", f"s{step}") for step in (4, 5)),
)


@pytest.fixture(scope="module", params=DOCUMENTS)
def html(request: pytest.FixtureRequest) -> str:
    """Return the page of each kind of document in turn."""
    return render(DOCUMENTS[request.param](), to="html")


def test_every_element_is_closed_in_turn(html: str) -> None:
    """The page is well formed: nothing left open, nothing closed out of turn."""
    page = parsed(html)

    assert (page.misnested, page.unclosed) == ([], [])


def test_nothing_is_loaded_and_one_script_runs(html: str) -> None:
    """No inline style attribute, no handler, one script of ours; addresses lead to places of the page or hold data."""
    page = parsed(html)
    names = {name for element in page.elements for name in element.attributes}

    assert {element.tag for element in page.elements} & {"img", "iframe", "object", "form", "base"} == set()
    assert [name for name in names if name == "style" or name.startswith("on")] == []
    assert [v for v in (*page.values("href"), *page.values("src")) if not v.startswith(("#", "data:,"))] == []
    assert re.findall(r"@import|url\(", page.style) == []
    assert [e.attributes for e in page.elements if e.tag == "script"] == [{}]
    assert page.script == html_page._packaged("page.js")


def test_the_script_sets_text_and_asks_for_nothing() -> None:
    """No way from text to markup or code, and none out of the page, stands in the script."""
    banned = (
        r"innerHTML|outerHTML|insertAdjacent|document\.write|DOMParser|createContextualFragment|srcdoc"
        r"|\beval\b|Function\(|setTimeout\(\s*[\"'`]|import\(|fetch|XMLHttp|WebSocket|EventSource|sendBeacon|Worker"
        r"|new Image|\.src\b|localStorage|sessionStorage|cookie|indexedDB|window\.open|location\s*="
    )
    script = html_page._packaged("page.js")

    assert re.findall(banned, script) == []
    assert re.findall(banned, script + "box.innerHTML = text") == ["innerHTML"]


def test_the_policy_allows_this_style_and_script_and_nothing_else(html: str) -> None:
    """The Content-Security-Policy starts from nothing and names the digests of the style and script on the page."""
    page = parsed(html)
    policy = next(v for v in page.values("content") if v.startswith("default-src"))
    style, script = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (page.style, page.script)
    )

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_headings_are_in_order(html: str) -> None:
    """One first heading, and no level is skipped going down."""
    levels = [int(e.tag[1]) for e in parsed(html).elements if re.fullmatch("h[1-6]", e.tag)]

    assert levels.count(1) == 1
    assert levels[0] == 1
    assert [(a, b) for a, b in pairwise(levels) if b > a + 1] == []


def test_landmarks_language_and_a_way_past_the_contents(html: str) -> None:
    """A screen reader finds banner, navigation, main part and footer, and a first link to the main part."""
    page = parsed(html)
    tally = Counter(element.tag for element in page.elements)

    assert [tally[tag] for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    assert next(e for e in page.elements if e.tag == "html").attributes["lang"] == "en"
    assert next(e for e in page.elements if e.tag == "a").attributes == {"class": "skip", "href": "#main"}


def test_tables_have_captions_and_scoped_headings(html: str) -> None:
    """Every table says what it shows, every heading cell what it heads, and scrolling works by keyboard."""
    page = parsed(html)
    tally = Counter(element.tag for element in page.elements)
    scrolling = [e.attributes for e in page.elements if e.attributes.get("class") == "scroll"]

    assert tally["table"] == tally["caption"]
    assert {e.attributes.get("scope") for e in page.elements if e.tag == "th"} == {"col", "row"}
    assert [a for a in scrolling if a.get("tabindex") != "0" or a.get("role") != "group" or not a["aria-label"]] == []


def test_figures_have_a_title_and_words(html: str) -> None:
    """An image of lines is described by ids that exist; decoration is hidden from a screen reader."""
    page = parsed(html)
    ids = set(page.values("id"))
    drawings = [e.attributes for e in page.elements if e.tag == "svg"]

    assert [a for a in drawings if a.get("role") != "img" and a.get("aria-hidden") != "true"] == []
    assert [i for v in page.values("aria-labelledby") for i in v.split() if i not in ids] == []


def test_ids_are_unique_and_links_lead_somewhere(html: str) -> None:
    """No id twice, no link into nothing."""
    page = parsed(html)
    repeated = [i for i, n in Counter(page.values("id")).items() if n > 1]

    assert repeated == []
    assert [v for v in page.values("href") if v.startswith("#") and v[1:] not in page.values("id")] == []


@pytest.mark.parametrize("palette", [0, 1], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(palette: int) -> None:
    """Each pair of text and ground that the style uses has a contrast of at least 4.5."""
    colours = _palettes()[palette]
    low = {pair: round(_contrast(*(colours[name] for name in pair)), 2) for pair in CONTRAST_PAIRS}

    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


def test_contrast_is_measured_as_published() -> None:
    """WCAG's own examples: black on white is 21, #777777 on white 4.48 and thus too low."""
    assert _contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_inconclusive_is_as_prominent_as_different() -> None:
    """The cards differ in their tone and words only: same elements, same classes, a mark with icon and word."""
    shapes = []
    for verdict in ("different", "inconclusive", "not_applicable"):
        page = parsed(render(documents.two(verdict), to="html"))
        card = next(e for e in page.elements if "card" in (e.attributes.get("class") or ""))
        shapes.append((card.tag, (card.attributes["class"] or "").replace(verdict, "*")))
        assert f"t-{verdict}" in html_page._packaged("page.css")

    assert shapes == [("article", "card t-* lead")] * 3


def test_no_similarity_number_without_bands() -> None:
    """Where no band is known the page prints the reason and draws nothing."""
    html = render(documents.two("inconclusive", banded=False), to="html")

    assert "a number without a band would mislead" in html
    assert "0.612" not in html
    assert 'class="scale"' not in html


def test_a_similarity_number_stands_between_three_bands() -> None:
    """Where the repeat band is known the number is drawn, and the other two bands are said to be unknown."""
    text = parsed(render(documents.two(), to="html")).text

    assert "A–B 0.612" in text
    assert [
        name for name in ("Same weights, other hosts: unknown", "Unrelated endpoints: unknown") if name not in text
    ] == []


def test_related_leads_where_the_claimed_models_differ() -> None:
    """With two claimed models the ancestry question comes first and is the leading card."""
    html = render(documents.two(lead="related"), to="html")
    ancestry, distribution = html.index("Do A and B share ancestry"), html.index("Do A and B answer from one")
    first_card = html[html.index('<article class="card') :][:60]

    assert ancestry < distribution
    assert "lead" in first_card


def test_ten_runs_of_three_hundred_probes_stay_small() -> None:
    """45 pairs × 300 probes: at most 3 MB, every pair there, and what is left out is counted."""
    html = render(documents.many(), to="html")
    page = parsed(html)

    assert len(html.encode()) <= html_page.MAX_BYTES
    assert len([e for e in page.elements if e.tag == "details" and "id" in e.attributes]) == 45
    assert '267 of 300 rows left out here; all of them: "probes" of this pair in comparison.json' in " ".join(
        page.text.split()
    )


def test_a_page_that_would_be_too_large_is_cut_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit holds by drawing less, never by a torn page; little more than that is left out, and it is said."""
    whole = render(documents.two(n_probes=300), to="html")
    monkeypatch.setattr(html_page, "MAX_BYTES", len(whole.encode()) - 5_000)
    cut = render(documents.two(n_probes=300), to="html")

    assert 0.9 <= len(cut.encode()) / (len(whole.encode()) - 5_000) <= 1
    assert (parsed(cut).misnested, parsed(cut).unclosed) == ([], [])
    assert "left out here" in cut


def test_pairs_beyond_the_budget_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more pairs than a page holds, the first ones are detailed and the rest are said to be elsewhere."""
    few = html_page.Budget(whole_rows=99, long_rows=5, short_rows=9, exhibits=1, folds=4, characters=200, names=40)
    monkeypatch.setattr(html_page, "budget", lambda n_pairs, share: few)  # noqa: ARG005 - its signature
    text = " ".join(parsed(render(documents.many(5, 4, 1), to="html")).text.split())

    assert "6 of 10 pairs left out here" in text


def test_a_matrix_too_wide_to_read_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the budget of names the values are pointed to instead."""
    few = html_page.Budget(
        whole_rows=99, long_rows=5, short_rows=9, exhibits=1, folds=9, characters=200, names=3, drawn_names=4
    )
    monkeypatch.setattr(html_page, "budget", lambda n_pairs, share: few)  # noqa: ARG005 - its signature
    html = render(documents.many(5, 4, 1), to="html")

    assert "A matrix of 5 endpoints is too wide to read" in html
    assert 'class="matrix"' not in html


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_outline_is_the_golden_one(name: str, golden: Callable[[str, str], None]) -> None:
    """Landmarks, headings and captions in order, as last looked at."""
    page = parsed(render(DOCUMENTS[name](), to="html"))

    golden(f"outline-{name}.txt", "\n".join(page.outline[:120]) + "\n")


def _palettes() -> list[dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\}", html_page._packaged("page.css"), flags=re.DOTALL)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
