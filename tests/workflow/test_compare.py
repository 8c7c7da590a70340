"""Comparing stored runs: the contract, null behaviour of imports, caches, and what can't be compared."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from support.runs import drawn_answers, make_run, peaked, stored

from blackbox import suites
from blackbox.errors import EvidenceDamaged, UsageError
from blackbox.evidence.screening import screened
from blackbox.store import TableFields
from blackbox.workflow.compare import compare_runs
from blackbox.workflow.compare_options import CompareOptions
from blackbox.workflow.importing import import_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from blackbox.core import Run

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FIELDS = TableFields(prompt="prompt", response="response", model="model")


def compared(results: Path, names: list[str], **options: Any) -> Mapping[str, Any]:
    """Compare and return the document as strict JSON read back from the folder."""
    report = compare_runs(results, names, CompareOptions(created_at=NOW, **options), lambda _: None)
    return dict(json.loads((report.path / "comparison.json").read_text(), parse_constant=pytest.fail))


def imported(tmp_path: Path, rows: list[dict[str, Any]], suite: str = "sim") -> list[str]:
    """Import rows and return the runs' ids."""
    file = tmp_path / f"{suite}-{len(list(tmp_path.iterdir()))}.json"
    file.write_text(json.dumps(rows))
    runs = import_table(file, FIELDS, suite_name=suite, results=tmp_path / "results", now=lambda: NOW)
    return [run.id for run in runs]


def simulated_rows(rng: np.random.Generator, shares: Mapping[str, np.ndarray], n: int) -> list[dict[str, Any]]:
    """Rows of models that answer one-word questions by given distributions."""
    return [
        {"model": model, "prompt": f"Question {p}?", "response": f"answer {k}"}
        for model, table in shares.items()
        for p, share in enumerate(table)
        for k in rng.choice(len(share), size=n, p=share)
    ]


@pytest.fixture
def one_token() -> Any:
    """The shipped suite."""
    return suites.find("one-token@1")


def session(suite: Any, shares: np.ndarray, seed: int, **more: Any) -> Run:
    """A collected run that answers by the given distributions."""
    rng = np.random.default_rng(seed)
    return make_run(suite, drawn_answers(rng, suite, shares, 15), **more)


def test_two_imported_runs_give_the_contract(tmp_path: Path) -> None:
    """Every key of the published contract is there, and a 40 % mixture is called different."""
    rng = np.random.default_rng(0)
    own, other = peaked(rng, 20, 6), peaked(rng, 20, 6)
    names = imported(tmp_path, simulated_rows(rng, {"m": own, "n": 0.6 * own + 0.4 * other}, 20))
    document = compared(tmp_path / "results", names)
    [pair] = document["pairs"]
    assert document["schema"] == "blackbox.comparison/1"
    assert {"runs", "pairs", "skipped_pairs", "endpoint_pairs", "warnings", "provenance"} <= document.keys()
    assert {"a", "b", "same", "similarity", "related", "mixed", "missing"} <= pair.keys()
    assert {"verdict", "reason", "band", "pvalue", "pvalue_adjusted", "alpha", "effect", "margin"} <= pair[
        "same"
    ].keys()
    assert {"log10_lr", "uncapped_log10_lr", "score", "rank_pvalue", "population", "reason"} <= pair["related"].keys()
    assert pair["same"]["verdict"] == "different"
    assert pair["same"]["effect"]["ci_low"] > 0
    assert pair["related"]["reason"] == "No statement on copying is possible from two endpoints"
    assert pair["similarity"]["value"] is None
    assert pair["exhibits"][0]["counts"]


def test_null_pairs_of_twelve_run_imports(tmp_path: Path) -> None:
    """Of 66 null pairs in an import of 12 runs at most 9 have p ≤ .05, and none is called different.

    The rate itself is tested in `tests/evidence/test_null_pairs.py`; here that nothing on the way from a table to a
    verdict adds to it: reading answers of one model wrongly on a side would move most pairs.
    """
    rng = np.random.default_rng(0)
    shares = peaked(rng, 20, 6)
    names = imported(tmp_path, simulated_rows(rng, {f"m{j}": shares for j in range(12)}, 12))
    pairs = compared(tmp_path / "results", names)["pairs"]
    assert len(pairs) == 66
    assert sum(pair["same"]["pvalue"] <= 0.05 for pair in pairs) <= 9
    assert {pair["same"]["verdict"] for pair in pairs} == {"inconclusive"}


def test_many_pairs_are_drawn_together_and_give_the_same_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 55 pairs every p is the one that a pair at a time gives, whether it is followed further or not."""
    rng = np.random.default_rng(2)
    own, other = np.eye(6)[[0, 1, 2]] * 0.7 + 0.05, np.eye(6)[[3, 4, 5]] * 0.7 + 0.05
    laws = {f"m{j}": other if j > 8 else own for j in range(11)}
    names = imported(tmp_path, simulated_rows(rng, laws, 12))
    asked: list[int] = []

    def counted(pairs: Any, *args: Any, **more: Any) -> Any:
        found = screened(pairs, *args, **more)
        asked.append(sum(map(bool, found)))
        return found

    monkeypatch.setattr("blackbox.workflow._compare_same.screened", counted)
    together = compared(tmp_path / "results", names)["pairs"]
    monkeypatch.setattr("blackbox.workflow._compare_same.screened", lambda pairs, *_, **__: [()] * len(pairs))
    alone = compared(tmp_path / "results", names)["pairs"]
    assert asked[0] == 55
    assert sum(asked[1:]) >= 18  # followed
    for one, other_way in zip(together, alone, strict=True):
        for name in ("pvalue", "pvalue_adjusted", "verdict"):
            assert one["same"][name] == other_way["same"][name]
        assert one["same"]["effect"] == pytest.approx(other_way["same"]["effect"], abs=1e-12)
    assert min(pair["same"]["pvalue"] for pair in together) < 0.001 < max(pair["same"]["pvalue"] for pair in together)


def test_long_imported_answers_are_open(tmp_path: Path) -> None:
    """Above 40 code points of pooled median length a probe is open; one answer a probe can't be permuted."""
    rows = [{"model": m, "prompt": "Why?", "response": "Because " + "of this and that " * 4 + m} for m in "ab"]
    [pair] = compared(tmp_path / "results", imported(tmp_path, rows))["pairs"]
    assert pair["probes"][0]["form"] == "open"
    assert pair["same"]["verdict"] == "not_applicable"


def test_swapping_the_runs_changes_no_number(tmp_path: Path) -> None:
    """A against B and B against A give the same p and effect."""
    rng = np.random.default_rng(1)
    shares = peaked(rng, 8, 5)
    a, b = imported(tmp_path, simulated_rows(rng, {"m": shares, "n": shares}, 9))
    first, second = (compared(tmp_path / "results", names)["pairs"][0]["same"] for names in ([a, b], [b, a]))
    assert (first["pvalue"], first["effect"]) == (second["pvalue"], second["effect"])


def test_a_response_cache_is_never_different_from_its_own_second_session(tmp_path: Path, one_token: Any) -> None:
    """20 % of the replies carry an earlier reply's id: no verdict of difference, and the reason is printed."""
    for seed in range(5):
        shares = peaked(np.random.default_rng(seed), 16, 8)
        first = session(one_token, shares, seed, endpoint=f"e{seed}")
        second = session(one_token, shares, 100 + seed, endpoint=f"e{seed}", session=1)
        names = [stored(tmp_path, first), stored(tmp_path, cached(second, seed))]
        [pair] = compared(tmp_path, names)["pairs"]
        assert pair["same"]["verdict"] in {"inconclusive", "not_applicable"}
        assert "carry an earlier reply's identifier" in pair["same"]["reason"]
        assert "carry an earlier reply's identifier" in pair["sentences"]["same"]


def cached(run: Run, seed: int) -> Run:
    """A fifth of the replies are an earlier reply of their probe."""
    rng = np.random.default_rng(seed)
    seen: dict[str, list[Any]] = {}
    observations = []
    for o in run.observations:
        earlier = seen.setdefault(o.probe_id, [])
        if earlier and rng.random() < 0.2:
            source = earlier[rng.integers(len(earlier))]
            observations.append(replace(o, text=source.text, response_id=source.response_id))
        else:
            observations.append(o)
            earlier.append(o)
    return replace(run, observations=tuple(observations))


def test_the_guard_is_needed_a_cache_without_identifiers_passes_as_different(tmp_path: Path, one_token: Any) -> None:
    """The same runs with heavy caching and fresh identifiers do get small p: copies make false accusations."""
    shares = peaked(np.random.default_rng(3), 16, 8)
    first, second = (session(one_token, shares, s, endpoint="e", session=s) for s in (0, 1))
    frozen = {p.id: [o.text for o in second.observations if o.probe_id == p.id][:1] * 14 for p in one_token.probes}
    frozen = {p: [*texts, "another"] for p, texts in frozen.items()}
    heavy = make_run(one_token, frozen, endpoint="e", session=1)
    [pair] = compared(tmp_path, [stored(tmp_path, first), stored(tmp_path, heavy)])["pairs"]
    assert pair["same"]["pvalue"] <= 0.01


def test_a_second_session_gives_the_repeat_band(tmp_path: Path, one_token: Any) -> None:
    """With two runs of A and one of B: one pair a session, the similarity printed between its bands."""
    own, other = (peaked(np.random.default_rng(s), 16, 8) for s in (0, 1))
    names = [
        stored(tmp_path, session(one_token, own, 0, endpoint="a")),
        stored(tmp_path, session(one_token, own, 1, endpoint="a", session=1)),
        stored(tmp_path, session(one_token, other, 2, endpoint="b")),
    ]
    document = compared(tmp_path, names)
    assert [p["same"]["verdict"] for p in document["pairs"]] == ["different", "different"]
    assert [p["same"]["repeat_control"]["a"]["kind"] for p in document["pairs"]] == ["second_session"] * 2
    assert "repeat control" in document["skipped_pairs"][0]["reason"]
    similarity = document["pairs"][0]["similarity"]
    assert similarity["value"] < similarity["repeat_band"]["low"]
    assert [e["verdict"] for e in document["endpoint_pairs"]] == ["different"]


def test_an_endpoint_that_changed_between_its_sessions_accuses_nobody(tmp_path: Path, one_token: Any) -> None:
    """A failed second-session control: never different."""
    tables = [peaked(np.random.default_rng(s), 16, 8) for s in range(3)]
    names = [
        stored(tmp_path, session(one_token, tables[0], 0, endpoint="a")),
        stored(tmp_path, session(one_token, tables[1], 1, endpoint="a", session=1)),
        stored(tmp_path, session(one_token, tables[2], 2, endpoint="b")),
    ]
    for pair in compared(tmp_path, names)["pairs"]:
        assert pair["same"]["pvalue_adjusted"] <= 0.01
        assert (pair["same"]["verdict"], "repeat control failed" in pair["same"]["reason"]) == ("inconclusive", True)


def test_different_sampling_is_stopped_unless_asked(tmp_path: Path, one_token: Any) -> None:
    """Known and different sent decoding: exit 2; with the option, compared with a warning."""
    shares = peaked(np.random.default_rng(0), 16, 8)
    a, b = session(one_token, shares, 0, endpoint="a"), session(one_token, shares, 1, endpoint="b")
    hot = replace(b, manifest=replace(b.manifest, sent_decoding={**b.manifest.sent_decoding, "temperature": 1.3}))
    names = [stored(tmp_path, a), stored(tmp_path, hot)]
    with pytest.raises(UsageError, match=r"temperature 1.0 against 1.3.*--allow-decoding-differences"):
        compared(tmp_path, names)
    assert "asked for different sampling" in compared(tmp_path, names, allow_decoding_differences=True)["warnings"][0]


def test_imports_are_compared_on_common_probes(tmp_path: Path) -> None:
    """Under half in common is a warning; none in common is an error that names what to do."""
    first = imported(tmp_path, [{"model": "a", "prompt": f"Q{i}?", "response": "x"} for i in range(5)])
    second = imported(tmp_path, [{"model": "b", "prompt": f"Q{i}?", "response": "x"} for i in range(4, 9)])
    third = imported(tmp_path, [{"model": "c", "prompt": "elsewhere", "response": "x"}])
    document = compared(tmp_path / "results", first + second)
    assert "share only 1 of 5 probes" in document["warnings"][0]
    with pytest.raises(UsageError, match="no probe in common"):
        compared(tmp_path / "results", first + third)


def test_kin_are_ranked_among_ten_endpoints(tmp_path: Path) -> None:
    """With eight references beside the pair there is a score and a rank, and no ratio."""
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(300)]
    rows = []
    for m in range(10):
        for p in range(6):
            phrase = " a rare shared turn of phrase number " + str(p) if m in {2, 7} else ""
            text = " ".join(rng.choice(words, size=40)) + phrase
            rows.append({"model": f"m{m}", "prompt": f"Write about {p}.", "response": text})
    pairs = compared(tmp_path / "results", imported(tmp_path, rows))["pairs"]
    best = max(pairs, key=lambda pair: pair["related"]["score"])
    assert (best["a_endpoint"], best["b_endpoint"]) == ("m2", "m7")
    assert best["related"]["rank_pvalue"] == pytest.approx(1 / 9)
    assert best["related"]["log10_lr"] is None
    assert {s["signal"] for s in best["related"]["signals"]} == {"w3", "c5", "prefix"}


def test_nine_endpoints_are_too_few_to_rank(tmp_path: Path) -> None:
    """Seven references: null, with how many are needed."""
    rows = [
        {"model": f"m{m}", "prompt": "Write.", "response": f"{m} " + "some longer answer text " * 5} for m in range(9)
    ]
    related = compared(tmp_path / "results", imported(tmp_path, rows))["pairs"][0]["related"]
    assert (related["score"], related["rank_pvalue"]) == (None, None)
    assert related["reason"] == "only 7 other endpoints to compare with; a rank needs at least 8"


def test_one_run_or_a_run_named_twice_can_not_be_compared(tmp_path: Path) -> None:
    """One clear line each."""
    [name] = imported(tmp_path, [{"model": "a", "prompt": "Q?", "response": "x"}])
    with pytest.raises(UsageError, match="at least two runs"):
        compared(tmp_path / "results", [name])
    with pytest.raises(UsageError, match="named twice"):
        compared(tmp_path / "results", [name, name])


def test_a_damaged_journal_stops_the_comparison(tmp_path: Path) -> None:
    """A changed answer is found before anything is computed."""
    names = imported(tmp_path, [{"model": m, "prompt": "Q?", "response": "xyzzy"} for m in "ab"])
    journal = tmp_path / "results" / names[0] / "journal.jsonl"
    journal.write_text(journal.read_text().replace("xyzzy", "xyzzz"))
    with pytest.raises(EvidenceDamaged):
        compared(tmp_path / "results", names)
