"""What changed between two comparisons, and what it can be due to."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from report import documents

from blackbox.evidence.difference import difference
from blackbox.evidence.difference_words import ONLY, UNEXPLAINED

if TYPE_CHECKING:
    from collections.abc import Callable


def compared() -> dict[str, Any]:
    """Return a comparison of one pair."""
    return deepcopy(documents.two())


def changed(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Return the same comparison after `change`."""
    document = compared()
    change(document)
    return document


def verdict(document: dict[str, Any]) -> None:
    """Give the pair another verdict."""
    document["pairs"][0]["same"]["verdict"] = "inconclusive"


def only(document: dict[str, Any]) -> dict[str, Any]:
    """Return the one pair of the difference to the unchanged comparison."""
    found = difference(compared(), document)
    assert len(found["pairs"]) == 1
    return found["pairs"][0]


def test_a_comparison_does_not_differ_from_itself() -> None:
    """Nothing changed, nothing behind it, and both digests agree."""
    found = difference(compared(), compared())

    assert found["pairs"][0]["status"] == "unchanged"
    assert found["pairs"][0]["changes"] == []
    assert found["pairs"][0]["possible_causes"] == []
    assert found["before"]["digest"] == found["after"]["digest"]


def test_the_order_of_the_two_sides_does_not_matter() -> None:
    """A against B and B against A are the same pair, with the same answers on each side."""

    def swap(document: dict[str, Any]) -> None:
        pair = document["pairs"][0]
        pair["a"], pair["b"] = pair["b"], pair["a"]
        pair["a_endpoint"], pair["b_endpoint"] = pair["b_endpoint"], pair["a_endpoint"]

    assert only(changed(swap))["possible_causes"] == []


def set_run(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return a change of the first run's entry and of the verdict."""

    def change(document: dict[str, Any]) -> None:
        verdict(document)
        document["runs"][0][name] = value

    return change


def set_provenance(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    """Return a change of the provenance and of the verdict."""

    def change(document: dict[str, Any]) -> None:
        verdict(document)
        document["provenance"][name] = value

    return change


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (set_run("journal_head", "0" * 64), "answers"),
        (set_run("honoured_decoding", {"temperature": 0.7}), "conditions"),
        (set_run("served_models", {"another": 240}), "conditions"),
        (set_run("n_observations", 480), "sample"),
        (set_run("suite_digest", "1" * 64), "sample"),
        (set_provenance("blackbox", "9.9.9"), "method"),
        (set_provenance("seed", 77), "method"),
    ],
)
def test_one_thing_behind_a_change_is_named(change: Callable[[dict[str, Any]], None], cause: str) -> None:
    """Where one kind of thing differs, the change can only be due to it."""
    found = only(changed(change))

    assert found["status"] == "answer changed"
    assert found["possible_causes"] == [cause]
    assert found["sentence"] == ONLY[cause]


def test_more_replies_of_the_same_served_model_are_no_condition() -> None:
    """How many replies carried a name is sample; which names there were is a condition."""
    tally = {name: n + 5 for name, n in compared()["runs"][0]["served_models"].items()}

    assert only(changed(set_run("served_models", tally)))["possible_causes"] == []


def test_several_things_behind_a_change_are_not_told_apart() -> None:
    """Other answers read by another version: neither is blamed alone."""

    def change(document: dict[str, Any]) -> None:
        set_run("journal_head", "0" * 64)(document)
        document["provenance"]["blackbox"] = "9.9.9"

    found = only(changed(change))

    assert found["possible_causes"] == ["answers", "method"]
    assert "can't be put down to one of them" in found["sentence"]


def test_other_numbers_of_the_same_evidence_are_said_to_be_impossible() -> None:
    """Same answers, sample and method with another verdict: one document is not what it says."""
    assert only(changed(verdict))["sentence"] == UNEXPLAINED


def test_numbers_alone_are_not_a_changed_answer() -> None:
    """A p-value that moved leaves the answer unchanged; effects say whether their intervals are apart."""

    def change(document: dict[str, Any]) -> None:
        same = document["pairs"][0]["same"]
        same["pvalue_adjusted"] = 0.004
        width = same["effect"]["ci_high"] - same["effect"]["ci_low"]
        same["effect"] = {
            **same["effect"],
            **{end: same["effect"][end] + 2 * width for end in ("value", "ci_low", "ci_high")},
        }

    found = only(changed(change))
    by_field = {each["field"]: each for each in found["changes"]}

    assert found["status"] == "numbers changed"
    assert set(by_field) == {"same.pvalue_adjusted", "same.effect"}
    assert by_field["same.effect"]["beyond_interval"] is True
    assert by_field["same.pvalue_adjusted"]["beyond_interval"] is None


def test_pairs_of_one_side_are_listed_and_renaming_joins_them() -> None:
    """Another name is another endpoint, unless the reader says it is the same."""

    def rename(document: dict[str, Any]) -> None:
        document["pairs"][0]["a_endpoint"] = "ours"

    old = compared()["pairs"][0]["a_endpoint"]
    apart = difference(compared(), changed(rename))
    joined = difference(compared(), changed(rename), renamed={old: "ours"})

    assert (apart["pairs"], len(apart["only_before"]), len(apart["only_after"])) == ([], 1, 1)
    assert "nothing can be set side by side" in apart["sentence"]
    assert joined["pairs"][0]["status"] == "unchanged"


def test_the_rules_of_the_pairs_own_suite_are_the_ones_set_side_by_side() -> None:
    """Rules of another suite stand first: their margin is no cause, that of the pair's suite is."""

    def change(document: dict[str, Any], *, own: float, other: float) -> None:
        [rules] = document["decision"]
        document["decision"] = [rules | {"suite": "another", "margin": other}, rules | {"margin": own}]

    before, elsewhere, moved = (
        changed(partial(change, own=own, other=other)) for own, other in ((0.2, 0.3), (0.2, 0.4), (0.4, 0.3))
    )
    causes = [difference(before, after)["pairs"][0]["possible_causes"] for after in (elsewhere, moved)]
    assert causes == [[], ["method"]]


def test_effects_in_two_units_or_without_an_interval_are_not_set_against_each_other() -> None:
    """Whether they are apart is unknown then, neither yes nor no."""

    def moved(**effect: object) -> object:
        def change(document: dict[str, Any]) -> None:
            document["pairs"][0]["same"]["effect"].update(value=0.9, ci_low=0.8, ci_high=0.95)
            document["pairs"][0]["same"]["effect"].update(effect)

        (found,) = [c for c in only(changed(change))["changes"] if c["field"] == "same.effect"]
        return found["beyond_interval"]

    assert [True, None, None] == [moved(), moved(unit="another"), moved(ci_high=None)]
