"""JUnit XML and Markdown: verdicts as a CI job needs them, nothing from outside that a viewer would obey."""

from __future__ import annotations

from copy import deepcopy
from xml.etree import ElementTree as ET

import pytest
from report import documents
from report.pages import parsed
from report.test_hostile import CORPUS, attacked

from blackbox.errors import UsageError
from blackbox.evidence.difference import difference
from blackbox.report import render

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


@pytest.mark.parametrize("text", CORPUS)
def test_hostile_text_leaves_xml_well_formed_and_inert(text: str) -> None:
    """Whatever a name or sentence holds, the XML parses, has the same elements and holds no control character."""
    plain = ET.fromstring(render(attacked(documents.two(), lambda true: "x" + true), to="junit"))  # noqa: S314
    xml = render(attacked(documents.two(), lambda true: text + true), to="junit")
    hostile = ET.fromstring(xml)  # noqa: S314 - our own output

    shapes = [[each.tag.replace("failure", "error") for each in root.iter()] for root in (hostile, plain)]
    assert shapes[0] == shapes[1]
    assert all(character.isprintable() or character == "\n" for character in xml)


@pytest.mark.parametrize("text", ["".join(CORPUS[:18]), *CORPUS[18:]])
def test_hostile_text_draws_nothing_in_markdown(text: str) -> None:
    """No HTML, link, mention, table or heading of a viewer can come from outside."""
    plain = render(documents.two(), to="markdown")
    hostile = render(attacked(documents.two(), lambda true: text + true), to="markdown")

    for sign in ("<", ">", "[", "]", "`", "@", "!", "&", "~"):
        assert hostile.replace(f"\\{sign}", "").count(sign) == 0, sign
    for opening in ("#", "|", "- "):
        lines = [sum(line.startswith(opening) for line in page.splitlines()) for page in (plain, hostile)]
        assert lines[0] == lines[1]


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
