"""JUnit XML, Markdown and JSON: verdicts as a CI job needs them, nothing from outside that a viewer would obey."""

from __future__ import annotations

import re
from copy import deepcopy
from html import unescape
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt
from report import documents
from report.pages import parsed
from report.test_hostile import CORPUS, attacked

from blackbox.errors import UsageError
from blackbox.evidence.difference import difference
from blackbox.report import render
from blackbox.report.blocks import Bullets, Command, Group, Page
from blackbox.report.renderers import markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKDOWN = (
    "@octocat and @org/team",
    "someone@example.org",
    "https://example.org/?q=1 ftp://x",
    "www.example.org WWW.EXAMPLE.ORG",
    "#12 GH-12 org/repo#12",
    "| a | b |",
    "``` code",
    "~~~ code",
    "    code",
    "- item",
    "+ item",
    "1. item",
    "12) item",
    "> quote",
    "# heading",
    "***",
    "![x](https://example.org/x.png)",
    "[x]: https://example.org",
    "<https://example.org>",
    "<details><summary>x",
    "a_b_ *c* **d** ~~e~~ ==f== $g$ :smile: ^[note]",
    "\\",
    "x\\|y",
    "&lt;b&gt;",
)
"""What Markdown, or a service that shows it, obeys."""
JSON_FORMS: dict[str, Callable[[], Mapping[str, Any]]] = {
    "comparison": lambda: documents.two(n_probes=1, n_exhibits=1),
    "difference": lambda: difference(
        documents.two(n_probes=1, n_exhibits=0), documents.two("inconclusive", n_probes=1, n_exhibits=0)
    ),
}
DOCUMENTS = {
    "different": ("failure", "failures"),
    "inconclusive": ("error", "errors"),
    "not_applicable": ("skipped", "skipped"),
}


def test_an_unknown_verdict_is_no_pass() -> None:
    """A word that this version does not know is an error, never a success."""
    document = deepcopy(documents.two())
    document["pairs"][0]["same"]["verdict"] = "wonderful"

    assert 'errors="1"' in render(document, to="junit")


@pytest.mark.parametrize("verdict", [*DOCUMENTS, "equivalent"])
def test_only_an_equivalent_pair_passes(verdict: str) -> None:
    """Different fails, inconclusive is an error, not applicable is skipped, and the counts say so."""
    root = ET.fromstring(render(documents.two(verdict), to="junit"))  # noqa: S314 - our own output
    case = root.find("./testsuite/testcase")
    assert case is not None
    kinds = {child.tag for child in case} - {"system-out"}
    suite = root.find("testsuite")
    assert suite is not None

    expected = DOCUMENTS.get(verdict)
    assert kinds == ({expected[0]} if expected else set())
    assert {name: suite.get(name) for name in ("failures", "errors", "skipped")} == {
        name: str(int(bool(expected) and expected[1] == name)) for name in ("failures", "errors", "skipped")
    }


def test_every_case_has_a_name_of_its_own() -> None:
    """Readers of JUnit keep one case a name: two pairs of the same two endpoints are told apart by their runs."""
    document = deepcopy(documents.two())
    document["pairs"].append({**document["pairs"][0], "b": "another-run"})
    cases = ET.fromstring(render(document, to="junit")).findall("./testsuite/testcase")  # noqa: S314 - our own output

    assert len({case.get("name") for case in cases}) == 2
    assert "another-run" in str(cases[1].get("name"))


def test_a_time_that_is_not_known_is_left_out() -> None:
    """An empty time stamp is not valid JUnit."""
    document = {**documents.two(), "provenance": {}}

    assert "timestamp" not in render(document, to="junit")
    assert 'timestamp="20' in render(documents.two(), to="junit")


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_leaves_xml_well_formed_and_inert(text: str) -> None:
    """Whatever a name or sentence holds, the XML parses, has the same elements and holds no control character."""
    plain = ET.fromstring(render(attacked(documents.two(), lambda true: "x" + true), to="junit"))  # noqa: S314
    xml = render(attacked(documents.two(), lambda true: text + true), to="junit")
    hostile = ET.fromstring(xml)  # noqa: S314 - our own output

    shapes = [[each.tag.replace("failure", "error") for each in root.iter()] for root in (hostile, plain)]
    assert shapes[0] == shapes[1]
    assert all(character.isprintable() or character == "\n" for character in xml)


def tokens(page: str) -> list[str]:
    """Return what a strict CommonMark reader with tables and raw HTML sees in a page, texts left out."""
    found = []
    for token in READER.parse(page):
        found += (
            [token.type]
            if token.type != "inline"
            else [child.type for child in token.children or () if child.type != "text"]
        )
    return found


@pytest.mark.parametrize("text", ["".join(CORPUS[:18]), *CORPUS[18:], *MARKDOWN, "".join(MARKDOWN)])
def test_hostile_text_draws_nothing_in_markdown(text: str) -> None:
    """A strict reader sees the same elements: no HTML, link, picture, table, heading, list or code from outside."""
    plain, hostile = (
        render(attacked(documents.two(), lambda true, added=added: added + true), to="markdown")
        for added in ("x", text)
    )

    assert tokens(hostile) == tokens(plain)
    assert {"html_block", "html_inline", "link_open", "image", "s_open"} & set(tokens(hostile)) == set()


@pytest.mark.parametrize("text", ["".join(CORPUS[:18]), *MARKDOWN])
def test_nothing_is_left_for_what_looks_at_the_finished_page(text: str) -> None:
    """Services make links of mentions, addresses and issue numbers in the HTML, where no backslash is left."""
    html = READER.render(render(attacked(documents.two(), lambda true: f"{text} {true}"), to="markdown"))
    words = unescape(re.sub("<[^>]*>", " ", html))

    assert re.findall(r"(?<!\w)@\w|\w@[\w-]+\.\w|\w://|www\.|#\d|GH-\d", words) == []


def test_the_reader_would_see_an_attack() -> None:
    """The two checks above can fail."""
    seen = tokens("<b>x</b> [a](b)\n\n| a |\n| - |\n| b |\n\n- ~~c~~\n")

    assert {"html_inline", "link_open", "table_open", "bullet_list_open", "s_open"} <= set(seen)


def test_commands_are_code_whatever_stands_before_them() -> None:
    """A command after a list is a block of its own, and its backquotes do not end it."""
    page = Page(
        title=("t",),
        subtitle="",
        parts=(Group(title=("g",), blocks=(Bullets(items=("x",)), Command(lines=("a ``` b", "<i> @me"))), brief=True),),
        n_pairs=1,
    )
    (code,) = (token for token in READER.parse(markdown.render(page)) if token.type == "fence")

    assert code.content == "a ``` b\n<i> @me\n"


def test_markdown_leads_with_the_answer_and_what_it_does_not_say() -> None:
    """The verdict, its sentence and its limits stand in the summary."""
    page = render(documents.two("inconclusive"), to="markdown")

    assert "**? inconclusive**" in page
    assert "This does not say" in page


def test_many_pairs_stay_a_summary() -> None:
    """Forty runs give a page that a CI service accepts, and say what was left out."""
    page = render(documents.many(40, n_probes=6, n_exhibits=2), to="markdown")

    assert len(page.encode()) < 1_000_000
    assert "left out here" in page


def test_a_difference_is_drawn_in_every_form_but_junit() -> None:
    """Terminal, HTML, JSON and Markdown; JUnit is for comparisons."""
    after = deepcopy(documents.two())
    after["pairs"][0]["same"]["verdict"] = "inconclusive"
    document = difference(documents.two(), after)

    for form in ("terminal", "html", "markdown"):
        assert "inconclusive" in render(document, to=form).lower()
    assert '"blackbox.diff/1"' in render(document, to="json")
    with pytest.raises(UsageError, match="comparisons only"):
        render(document, to="junit")


@pytest.mark.parametrize("text", ["".join(CORPUS[:18])])
def test_hostile_names_are_inert_in_a_difference(text: str) -> None:
    """The page of a difference has the same elements whatever the names hold."""
    shapes = []
    for added in ("x", text):
        before, after = (attacked(documents.two(), lambda true, added=added: added + true) for _ in range(2))
        after["pairs"][0]["same"]["verdict"] = f"{added}inconclusive"
        page = parsed(render(difference(before, after), to="html"))
        shapes.append({element.shape for element in page.elements if element.shape != ("span", ("class", "title"))})

    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", JSON_FORMS)
def test_the_json_form_is_the_golden_one(name: str, golden: Callable[[str, str], None]) -> None:
    """Every field as last looked at."""
    golden(f"json-{name}.json", render(JSON_FORMS[name](), to="json"))
