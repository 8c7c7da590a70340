"""Sections: found by file name, in order, pure, and content with a document that holds only the contract."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from report import documents

from blackbox import registry
from blackbox.errors import UsageError
from blackbox.report import blocks, render
from blackbox.report.assembling import assemble
from blackbox.report.sections._histories import history_mark

SECTIONS = registry.names("report.sections")
CONTRACT_PAIR = ("a", "b", "a_endpoint", "b_endpoint", "same", "similarity", "related", "mixed", "missing")
CONTRACT_TOP = ("schema", "runs", "pairs", "skipped_pairs", "endpoint_pairs", "warnings", "provenance")
CONTRACT_RUN = ("id", "endpoint", "suite", "suite_digest", "n_observations", "outcomes")


def bare(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the fields of DESIGN §7 and no extension."""
    kept = {name: copy.deepcopy(document[name]) for name in CONTRACT_TOP}
    kept["pairs"] = [{name: pair[name] for name in CONTRACT_PAIR} for pair in kept["pairs"]]
    kept["runs"] = [{name: run[name] for name in CONTRACT_RUN} for run in kept["runs"]]
    return kept


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_declares_title_order_and_scope(name: str) -> None:
    """What the page needs to place it is stated, and it is no renderer."""
    section = registry.section(name)

    assert isinstance(section, blocks.Section)
    assert section.title
    assert section.scope in {"document", "pair"}


def test_orders_are_distinct() -> None:
    """Two sections of one kind of document never compete for one place."""
    found = [registry.section(name) for name in SECTIONS]
    places = [(getattr(section, "kind", "comparison"), section.order) for section in found]

    assert sorted(set(places)) == sorted(places)


def test_the_answer_comes_first_and_provenance_last() -> None:
    """One pair: answer, warnings, similarity, evidence, what carries it, conditions, advice, limits, digests."""
    document = documents.two()
    document["warnings"] = ["a warning"]
    titles = [part.title[0] for part in assemble(document).parts]

    assert titles == [
        "The answer",
        "Warnings",
        "Similarity with its three bands",
        "What is weighed against what",
        "Signals behind it",
        "Controls",
        "What carries it",
        "Answers side by side",
        "Token counts",
        "Outcomes and missing answers",
        "Conditions",
        "How this comparison came about",
        "What would settle it",
        "Reply, and what would rebut this",
        "Limits",
        "Who answered, when",
        "Provenance",
    ]


def test_several_pairs_stand_in_one_fold_each() -> None:
    """Several pairs: the overview, then a fold a pair with its own sections, then what holds for all."""
    page = assemble(documents.suites_of_two())
    pairs = next(part for part in page.parts if part.anchor == "pairs")
    folds = [block for block in pairs.blocks if isinstance(block, blocks.Fold)]

    assert [part.anchor for part in page.parts] == [
        "overview", "remarks", "pairs", "propositions", "origin", "reply", "limits", "skipped", "runs", "provenance",
    ]  # fmt: skip
    assert [fold.anchor for fold in folds] == ["pair-1", "pair-2", "pair-3"]
    assert [fold.open for fold in folds] == [True, True, True]
    assert [fold.mark.word for fold in folds if fold.mark] == ["different", "inconclusive", "not applicable"]


def test_a_pair_section_sees_its_own_pair_only() -> None:
    """Each fold's answer is that of its pair."""
    page = assemble(documents.suites_of_two())
    folds = next(part for part in page.parts if part.anchor == "pairs").blocks
    words = [
        block.mark.word
        for fold in folds
        if isinstance(fold, blocks.Fold)
        for group in fold.blocks
        if isinstance(group, blocks.Group)
        for block in group.blocks
        if isinstance(block, blocks.Verdict) and block.lead
    ]

    assert words == ["different", "inconclusive", "not applicable"]


@pytest.mark.parametrize("form", ["terminal", "html", "json"])
@pytest.mark.parametrize("kind", ["two", "suites", "related"])
def test_a_document_without_extensions_is_drawn(form: str, kind: str) -> None:
    """The fields of DESIGN §7 are enough for a report; what is absent is said to be unknown."""
    made = {"two": documents.two, "suites": documents.suites_of_two, "related": lambda: documents.related_only(4)}

    assert render(bare(made[kind]()), to=form)


def test_a_document_with_nulls_is_drawn() -> None:
    """Null stands wherever a number can't be had, and no form stumbles over it."""
    document = documents.two("not_applicable", banded=False)
    pair = document["pairs"][0]
    for name in ("tokenizer", "similarity", "missing", "mixed", "related"):
        pair[name] = None
    pair["same"] = {"verdict": "not_applicable", "reason": "nothing varies"}
    pair["sentences"] = None
    document["runs"][0]["outcomes"] = None
    text = render(document)

    assert "\nnothing varies\n" in text
    assert render(document, to="html")


def test_a_document_without_pairs_says_so() -> None:
    """Nothing compared is a statement, not an empty page."""
    document = documents.document([documents.run(1)], [])
    document["skipped_pairs"] = [{"a": "one", "b": "two", "reason": "different suites"}]
    text = render(document)

    assert "No pair of runs could be compared" in text
    assert "different suites" in text


def test_what_is_absent_is_said_to_be_absent() -> None:
    """No probes, no slopes, no answers, no packages, no runs: a line each, or nothing where nothing is missed."""
    document = documents.two()
    pair = document["pairs"][0]
    pair["probes"], pair["tokenizer"] = [], {"status": "not_applicable", "reason": "no counts reported", "slopes": []}
    pair["exhibits"] = [{"probe_id": "p", "prompt": "", "counts": None, "texts": {"a": [], "b": []}}]
    document["runs"], document["provenance"]["packages"] = [], {}
    text = " ".join(render(document).split())
    expected = ("No table of probes", "no counts reported", "No answer is held here.", "(nothing)")

    assert [words for words in expected if words not in text] == []
    assert [words for words in ("Runs compared", "Digests", "packages", "blackbox verify") if words in text] == []


def test_every_probe_with_an_effect_needs_no_remark() -> None:
    """The line on probes without an effect stands only where there are some."""
    document = documents.two(n_probes=3)
    remark = "have too few answers on a side"
    before = remark in render(document)
    document["pairs"][0]["probes"][-1]["effect"] = 0.001

    assert (before, remark in render(document)) == (True, False)


def test_probes_that_speak_for_kinship_are_ranked_where_kinship_leads() -> None:
    """They stand first there, and their answers too; what has no effect at any probe is said in a line."""
    whole = documents.two(lead="related", n_probes=4, n_exhibits=2)
    pair = whole["pairs"][0]
    last = pair["probes"][3]["probe_id"]
    for row in pair["probes"]:
        row["effect"] = None
    pair["related"]["telling"] = {
        "probes": [{"probe_id": last, "score": 9.5}],
        "phrases": [{"probe_id": last, "phrase": "a rare phrase", "n_sharing": 0, "n_references": 52}],
    }
    parts = {part.anchor: part.blocks for part in assemble(whole).parts}
    table, said = parts["probes"]

    assert isinstance(table, blocks.Table)
    assert (blocks.Name(text=last), blocks.Number(text="9.5")) == (table.rows[0][0], table.rows[0][2])
    assert isinstance(said, blocks.Text)
    assert said.text.startswith("None of 4 probes shows an effect")
    shown = next(block for block in parts["answers"] if isinstance(block, blocks.Exhibits))
    assert [last] == [item.probe.text for item in shown.items][:1]


def test_a_category_that_is_no_answer_is_put_in_words() -> None:
    """What came instead of an answer is bracketed words; anything else is quoted as it is."""
    document = documents.two()
    document["pairs"][0]["exhibits"][0]["counts"] = [
        {"answer": "outcome:refusal", "a": 1, "b": 0},
        {"answer": "outcome:unheard-of", "a": 1, "b": 2},
    ]
    text = render(document)

    assert "“[refused]”" in text
    assert "“outcome:unheard-of”" in text


def test_a_calibrated_ratio_is_shown_with_bounds_and_population() -> None:
    """Where a population gave a ratio, its verbal equivalent leads and its population stands beside it."""
    document = documents.two(rank=0.1)
    document["pairs"][0]["related"] |= {
        "log10_lr": 1.3,
        "uncapped_log10_lr": 4.2,
        "verbal": "moderate support",
        "population": {"name": "panel", "digest": "0", "n_groups": 21, "n_pairs": 780, "cllr": 0.3},
    }
    text = render(document)

    assert "· MODERATE SUPPORT" in text
    assert "1.30 against unrelated (not bounded: 4.20)" in text
    assert "panel, 21 families, 780 pairs" in text


def test_a_share_is_shown_with_its_interval() -> None:
    """A mixed share is never a bare number."""
    document = documents.two()
    document["pairs"][0]["mixed"] = {"share": 0.3, "ci_low": 0.2, "ci_high": 0.4, "alternative": "C", "reason": None}

    assert "0.300 [0.200, 0.400]" in render(document)


def test_detectable_margin_imputed_and_controls_are_shown() -> None:
    """What later versions compute has its place already."""
    document = documents.two("equivalent")
    document["pairs"][0]["same"] |= {
        "pvalue_imputed": 0.02,
        "minimum_detectable_effect": {"value": 0.1, "unit": "mixture_share", "alternative": "mixture", "power": 0.8},
        "positive_control": {"passed": True, "share": 0.2, "n_detected": 19, "n_draws": 20, "pvalue": 0.001},
        "benign_explanations": [{"name": "sampling tilt"}],
        "repeat_control": {"a": None, "b": None},
    }
    text = " ".join(render(document).split())
    expected = (
        "p, lost answers 0.02",
        "0.100 of mixture with power 0.8",
        "margin 0.2",
        "Positive control, passed: with 0.2 of B's answers replaced by the control's, 19 of 20 tests saw it",
        "sampling tilt",
        "No repeat control was made.",
    )

    assert [words for words in expected if words not in text] == []


def test_unequal_loss_is_explained() -> None:
    """When loss differs the report says what that asks of a difference."""
    document = documents.two()
    document["pairs"][0]["missing"]["pvalue"] = 0.004

    assert "Loss is unequal (p = 0.004)" in " ".join(render(document).split())


def test_a_loss_that_was_not_tested_says_why() -> None:
    """Copies are counted, not tested: the page gives that reason."""
    document = documents.two()
    document["pairs"][0]["missing"] |= {"pvalue": None, "reason": "replies are copies"}

    assert "Whether loss is unequal was not tested: replies are copies." in " ".join(render(document).split())


def test_two_sessions_of_one_endpoint_are_told_apart() -> None:
    """Where both sides are one endpoint they are numbered, or named by their labels where they have some."""
    a, b = documents.run(1, endpoint="local"), documents.run(2, endpoint="local")
    numbered = render(documents.document([a, b], [documents.pair(a, b)]))
    labelled = render(documents.document([a, b | {"label": "second"}], [documents.pair(a, b)]))

    assert numbered.splitlines()[0] == "local (run 1) against local (run 2)"
    assert labelled.splitlines()[0] == "local against local (second)"


def test_details_are_limited_and_closest_kin_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit the closest pairs keep their details, links lead to these only, and the rest is counted."""
    monkeypatch.setattr("blackbox.report.assembling.DETAILED_PAIRS", 4)
    document = documents.related_only(5)
    pairs = next(part for part in assemble(document).parts if part.anchor == "pairs")
    html = render(document, to="html")

    assert len(pairs.blocks) == 4
    assert [block.anchor for block in pairs.blocks if isinstance(block, blocks.Fold)] == [
        "pair-1", "pair-2", "pair-3", "pair-4",
    ]  # fmt: skip
    listed = re.findall(r'<th scope="row"><a href="#(pair-\d+)"', html)
    assert sorted(listed) == ["pair-1", "pair-2", "pair-3", "pair-4"]
    assert set(re.findall(r'href="#(pair-\d+)"', html)) == set(re.findall(r'id="(pair-\d+)"', html))
    assert "6 of 10 pairs left out here" in " ".join(html.split())
    assert "10 pairs in detail: in the HTML report" in render(document)


def test_kinship_is_mapped_and_ranked() -> None:
    """With references the closest kin stand first, in a matrix and in the list."""
    page = assemble(documents.related_only(4))
    overview = page.parts[0].blocks
    matrices = [block for block in overview if isinstance(block, blocks.Matrix)]
    table = next(block for block in overview if isinstance(block, blocks.Table))
    ranks = [row[-1].text for row in table.rows if isinstance(row[-1], blocks.Number)]

    assert [len(matrix.names) for matrix in matrices] == [4]
    assert ranks == sorted(ranks)


def test_nothing_is_changed_in_the_document() -> None:
    """Drawing leaves its input as it was, in every form."""
    document = documents.suites_of_two()
    before = copy.deepcopy(document)
    for form in ("terminal", "html", "json"):
        render(document, to=form)

    assert document == before


def test_drawing_twice_gives_the_same_bytes() -> None:
    """A report is a function of its document."""
    for form in ("terminal", "html", "json"):
        assert render(documents.two(), to=form) == render(documents.two(), to=form)


def test_json_is_the_document_and_strict() -> None:
    """The JSON form reads back as the document; a NaN is refused."""
    document = documents.two()

    assert json.loads(render(document, to="json")) == document
    document["pairs"][0]["same"]["pvalue"] = float("nan")
    with pytest.raises(ValueError, match="Out of range float"):
        render(document, to="json")


@pytest.mark.parametrize("schema", ["blackbox.comparison/2", None, "blackbox.drift/2"])
def test_another_schema_is_refused(schema: str | None) -> None:
    """A document of another kind or version is one clear line."""
    with pytest.raises(UsageError, match=r"schema must be one of blackbox\.comparison/1"):
        render({"schema": schema})


def test_an_unknown_form_is_refused() -> None:
    """Forms are named in the message."""
    with pytest.raises(UsageError, match="choose terminal, html, json, markdown or junit"):
        render(documents.two(), to="pdf")  # type: ignore[arg-type]


def test_an_effect_is_explained_in_its_own_unit() -> None:
    """A mixture-equivalent share is a share of calls, not a squared distance."""
    document = documents.two()
    squared = " ".join(render(document).split())
    document["pairs"][0]["same"]["effect"]["unit"] = "mixture_equivalent_share"
    share = " ".join(render(document).split())

    assert ("squared kernel distance" in squared, "squared kernel distance" in share) == (True, False)
    assert "as far as if this share of one side's calls" in share


def test_nothing_seen_never_looks_equivalent() -> None:
    """A history without an alarm has a mark of its own: silence is no finding of sameness."""
    tones = {verdict: history_mark({"verdict": verdict}).tone for verdict in ("no change seen", "changed", "unstable")}

    assert {"no change seen": "neutral", "changed": "different", "unstable": "inconclusive"} == tones


def _of_one_verdict(n_runs: int, effects: list[float | None]) -> dict[str, Any]:
    whole = documents.many(n_runs, 4, 1)
    for entry, effect in zip(whole["pairs"], effects, strict=True):
        entry["same"] |= {"verdict": "different", "effect": {**entry["same"]["effect"], "value": effect}}
    for entry in whole["endpoint_pairs"]:
        entry["verdict"] = "different"
    return whole


def _matrices(document: dict[str, Any]) -> list[blocks.Matrix]:
    parts = assemble(document).parts
    return [block for part in parts for block in part.blocks if isinstance(block, blocks.Matrix)]


def test_pairs_of_one_verdict_are_told_apart_by_their_effects() -> None:
    """A matrix of one verdict would say nothing: it holds effects, the nearest pair darkest, with a link to each."""
    [matrix] = _matrices(_of_one_verdict(3, [0.1, 0.4, None]))
    cells = {cell.target: cell for row in matrix.cells for cell in row if cell is not None}

    assert ["0.10", "0.40"] == sorted(cell.text for cell in cells.values())
    assert [("pair-1", 1.0), ("pair-2", 0.0)] == sorted((str(c.target), c.shade) for c in cells.values())
    assert "every pair is different" in matrix.caption


def test_effects_are_not_drawn_beside_distances_or_where_there_are_none() -> None:
    """Where all runs stand in a matrix of distances the overview leads there; where nothing was tested it is silent."""
    whole = _of_one_verdict(4, [0.1] * 6)
    drawn = render({**whole, "landscape": [documents.landscape(whole["runs"])]}, to="html")

    assert "Effect, one-token" not in drawn
    assert "stands under “All runs at once”" in drawn
    assert [] == _matrices(_of_one_verdict(3, [None] * 3))
