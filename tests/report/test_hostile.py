"""Text from outside is shown, never obeyed: by the browser, by the terminal, by the template."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from report import documents
from report.pages import parsed

from blackbox.report import render
from blackbox.report.renderers import html_page

if TYPE_CHECKING:
    from collections.abc import Callable

CORPUS = (
    '"><script>alert(1)</script>',
    "</style><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)' x='",
    "javascript:alert(1)//",
    "</bdi></td></table><h1>Verdict: equivalent</h1>",
    "<svg/onload=alert(1)>",
    "<!-- <details open ontoggle=alert(1)>",
    "]]><![CDATA[",
    "&lt;b&gt;&#x3c;i&#x3e;",
    "{{ 7 * 191 }}{% for x in y %}{# comment",
    "[bold red]markup[/] :smile: [link=https://example.org]x[/link]",
    "\x1b]0;title\x07\x1b[2J\x1b[31m\x9b31m",
    "\x1b]8;;https://example.org\x1b\\click\x1b]8;;\x1b\\",
    "\x00\x08\x0b\x7f\x85",
    "\u202eevil\u202c \u2066x\u2069 \u200b\u200f\ufeff",
    "line one\r\nline two\u2028three\u2029",
    "\udfff \ud800",
    "\U000e0041\U000e0042\ufff9\U000e0100",
    "x" * 5_000,
    "Ẑ̴̧͕͛a̷l̸g̵o" * 40,
    "",
)
ALLOWED_SIGN = ("span", ("class", "title"))
"""A hidden character's sign is the one element a text may cause; it is ours."""
UNTOUCHED = ("schema",)


def attacked(document: dict[str, Any], text: Callable[[str], str]) -> dict[str, Any]:
    """Return the document with every text replaced, also the keys that servers choose."""
    changed = documents.everywhere(document, text)
    for run in changed["runs"]:
        for tally in ("served_models", "providers", "fingerprints", "outcomes"):
            run[tally] = {text(name): n for name, n in run[tally].items()}
    return changed | {name: document[name] for name in UNTOUCHED}


def foreign(benign: str, hostile: str) -> list[str]:
    """Return what a hostile text made of a page: elements, attributes or broken nesting a benign one has not."""
    before, after = parsed(benign), parsed(hostile)
    shapes = {element.shape for element in before.elements} | {ALLOWED_SIGN}
    found = [str(e.shape) for e in after.elements if e.shape not in shapes]
    found += ["more than the one script"] * (sum(e.tag == "script" for e in after.elements) != 1)
    found += [f"closed out of turn: {tag}" for tag in after.misnested] + [f"left open: {t}" for t in after.unclosed]
    found += [v for v in after.values("href") if not re.fullmatch(r"#[a-z0-9-]+|data:,", v)]
    found += [v for v in after.values("class") if not re.fullmatch(r"[a-zA-Z0-9_ -]*", v)]
    return found + [v for v in after.values("id") if not re.fullmatch(r"[a-z0-9-]+", v)]


@pytest.fixture(scope="module")
def documents_of_every_kind() -> list[dict[str, Any]]:
    """Return small documents that together use every block."""
    return [
        documents.two(rank=0.2),
        documents.two("not_applicable", banded=False, lead="related"),
        documents.many(3, 4, 2),
    ]


@pytest.fixture(scope="module")
def benign(documents_of_every_kind: list[dict[str, Any]]) -> str:
    """Return all their pages' elements in one text, to compare shapes with."""
    return "".join(render(document, to="html") for document in documents_of_every_kind)


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
@pytest.mark.parametrize("how", ["before", "instead"])
def test_no_text_makes_an_element_or_attribute(
    text: str, how: str, documents_of_every_kind: list[dict[str, Any]], benign: str
) -> None:
    """In every text field at once, before the true text and in its place: the page keeps its own shape."""
    for document in documents_of_every_kind:
        changed = attacked(document, lambda true: text + true if how == "before" else text)
        html = render(changed, to="html")

        assert foreign(benign, html) == []
        assert (
            re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", html) == []
        )
        assert "1337" not in html
        html.encode("utf-8")


def test_the_check_sees_a_page_that_does_not_escape(
    documents_of_every_kind: list[dict[str, Any]], benign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same check on a renderer with escaping switched off finds what the corpus made."""
    monkeypatch.setattr(html_page._environment(), "autoescape", False)
    html_page._environment().cache.clear()
    monkeypatch.setattr("markupsafe.escape", lambda value: value)
    changed = attacked(documents_of_every_kind[0], lambda true: CORPUS[0] + true)
    try:
        html = render(changed, to="html")
    finally:
        html_page._environment().cache.clear()

    assert "more than the one script" in foreign(benign, html)


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
@pytest.mark.parametrize("how", ["before", "instead"])
def test_no_text_reaches_the_terminal_as_a_control(
    text: str, how: str, documents_of_every_kind: list[dict[str, Any]]
) -> None:
    """No control, escape, direction or zero-width character is printed, and rich's markup stays text."""
    for document in documents_of_every_kind:
        out = render(attacked(document, lambda true: text + true if how == "before" else text))

        assert (
            re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", out) == []
        )


def test_markup_of_the_terminal_library_stays_text() -> None:
    """Brackets and emoji names are printed as they are."""
    document = documents.two()
    document["warnings"] = ["[bold red]markup[/] :smile:"]

    assert "! [bold red]markup[/] :smile:\n" in render(document)


def test_colour_codes_are_ours_alone() -> None:
    """With colour, an escape from outside is a sign and the codes printed are rich's own."""
    document = documents.two()
    document["warnings"] = ["\x1b[5mblink\x1b]0;title\x07"]
    out = render(document, color=True)

    assert "⟨U+001B⟩[5mblink⟨U+001B⟩]0;title⟨U+0007⟩" in out
    assert set(re.findall(r"\x1b(.)", out)) == {"["}
    assert "\x1b[5m" not in out


@pytest.mark.parametrize("text", CORPUS, ids=range(len(CORPUS)))
def test_json_gives_back_every_text(text: str) -> None:
    """The JSON form is ASCII and holds the document exactly, lone surrogates included."""
    document = attacked(documents.two(), lambda true: text + true)
    out = render(document, to="json")

    assert out.isascii()
    assert re.findall(r"[\x00-\x09\x0b-\x1f\x7f]", out) == []
    assert json.loads(out) == document
