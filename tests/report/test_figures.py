"""Figures keep within their axes, whatever the numbers, and say where runs are."""

from __future__ import annotations

import re

import pytest
from report import documents
from report.histories import history
from report.pages import parsed
from support.schemas import problems

from blackbox.report import blocks, render
from blackbox.report.assembling import assemble
from blackbox.report.renderers import timeline
from blackbox.report.sections import drift_overview, landscape


def _timeline(*values: float | None, limit: float | None = 0.01, onset: int | None = None) -> blocks.Timeline:
    name = blocks.Name(text="20261101t080000z-local-one-token-00000001")
    moments = tuple(blocks.Moment(name=name, value=v, limit=limit, state="calm", words="") for v in values)
    return blocks.Timeline(title="t", moments=moments, onset=onset, description="d")


@pytest.mark.parametrize("n", [1, 2, 3, 40])
def test_a_null_band_stays_on_its_axis(n: int) -> None:
    """It reaches half a step beyond its first and last run, but neither beyond the axis nor below its foot."""
    (band,) = timeline.drawing(_timeline(*[0.005] * n, limit=0.02)).bands
    corners = [tuple(map(float, corner.split(","))) for corner in band.split()]

    assert all(timeline.LEFT <= x <= timeline.RIGHT and timeline.TOP <= y <= timeline.FOOT for x, y in corners)
    assert (timeline.LEFT, timeline.FOOT) == corners[-1]


def test_a_stretch_that_was_not_tested_has_no_band() -> None:
    """Untested runs part the band in two; a change begins between two runs."""
    one, two = _timeline(0.1, 0.1), _timeline(0.1, limit=None)
    drawn = timeline.drawing(
        blocks.Timeline(title="t", moments=(*one.moments, *two.moments, *one.moments), onset=1, description="d")
    )

    assert len(drawn.bands) == 2
    assert drawn.onset is not None
    assert drawn.spots[0].x < drawn.onset < drawn.spots[1].x
    assert drawn.ends == ("20261101t080000z-…",) * 2


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.999, 1.0), (1.0, 1.0), (0.0, 0.0), (0.4, 0.6)])
def test_a_band_of_a_scale_stays_on_its_track(low: float, high: float) -> None:
    """A narrow band is drawn three units wide so that it is seen, inside the track, also at its ends."""
    whole = documents.two()
    whole["pairs"][0]["similarity"] |= {"repeat_band": {"low": low, "high": high, "n_pairs": 2}}
    (band,) = (e.attributes for e in parsed(render(whole, to="html")).elements if e.attributes.get("class") == "band")
    left, width = float(band["x"] or 0), float(band["width"] or 0)

    assert width >= 3
    assert 8 <= left <= left + width <= 452


@pytest.mark.parametrize("onset", [9, None])
def test_a_history_is_a_document_and_its_answer_leads_on(onset: int | None) -> None:
    """The made-up reading is one of the published schema; its page's links lead somewhere."""
    document = history(14 if onset else 2, onset=onset)
    page = parsed(render(document, to="html"))

    assert problems(document) == []
    assert (page.misnested, page.unclosed) == ([], [])
    assert [v for v in page.values("href") if v.startswith("#") and v[1:] not in page.values("id")] == []
    assert any("onward" in (e.attributes.get("class") or "") for e in page.elements)


@pytest.mark.parametrize(
    ("verdict", "first"),
    [
        ("different", "probes"),
        ("inconclusive", "settling"),
        ("not_applicable", "settling"),
        ("equivalent", "controls"),
    ],
)
def test_an_answer_points_at_what_carries_it_or_would_settle_it(verdict: str, first: str) -> None:
    """A finding leads to its evidence, and just as plainly an open question to what would settle it."""
    html = render(documents.two(verdict), to="html")
    links = re.findall(r'<p class="onward"><a href="#([\w-]+)">(.*?)</a>', html)

    assert first == links[0][0]
    assert f'<section id="{first}"' in html
    assert links[0][1] in parsed(html).text


def test_answers_of_several_pairs_point_into_their_own_pair() -> None:
    """Each fold's links stay in it; a section with nothing to say is not pointed at."""
    whole = documents.suites_of_two()
    whole["pairs"][1]["what_would_settle_it"] = []
    folds = next(part for part in assemble(whole).parts if part.anchor == "pairs").blocks
    for number, fold in enumerate(folds, start=1):
        assert isinstance(fold, blocks.Fold)
        answers = [b for group in fold.blocks if isinstance(group, blocks.Group) for b in group.blocks]
        targets = {link.target for block in answers if isinstance(block, blocks.Verdict) for link in block.onward}
        assert targets
        assert {target.partition(f"{fold.anchor}-")[0] for target in targets} == {""}
        assert (f"{fold.anchor}-settling" in targets) == (number != 2)


def test_all_histories_stand_in_one_table_that_leads_to_each() -> None:
    """One line an endpoint and suite: verdict, since when, on how much; what isn't known is a dash."""
    read = [history(), history(2, onset=None)]
    document = {"schema": "blackbox.drift/1", "histories": read}
    said, table = drift_overview.SECTION.build(document)

    assert isinstance(said, blocks.Text)
    assert isinstance(table, blocks.Table)
    assert said.text == "2 histories read: 1 changed, 1 inconclusive."
    links, marks, since, *counts = zip(*table.rows, strict=True)
    assert [link.target for link in links if isinstance(link, blocks.Link)] == ["history-1", "history-2"]
    assert [mark.word for mark in marks if isinstance(mark, blocks.Mark)] == ["changed", "inconclusive"]
    assert [getattr(cell, "text", cell) for cell in since] == ["2026-11-10 08:00", "–"]
    assert [[getattr(cell, "text", None) for cell in column] for column in counts[:2]] == [["14", "2"], ["840", "120"]]
    assert [getattr(cell, "text", None) for cell in counts[2]][1] == "–"


def test_no_history_is_said_and_not_shown_as_none_changed() -> None:
    """An empty watch is a warning, not a table without a change."""
    (said,) = drift_overview.SECTION.build({"schema": "blackbox.drift/1", "histories": []})

    assert said == blocks.Text(text="No history was read.", kind="warning")


def test_a_suite_without_a_tree_says_why() -> None:
    """The reason stands where the figures would."""
    whole = documents.two()
    entry = {**documents.landscape(whole["runs"]), "distances": None, "tree": None, "map": None, "reason": "3 runs"}
    (group, _) = landscape.SECTION.build({**whole, "landscape": [entry]})

    assert isinstance(group, blocks.Group)
    assert group.blocks == (blocks.Text(text="No tree and no map: 3 runs."),)
