"""Synthetic comparison documents: made up from end to end, shaped as the contract says."""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

DIRECTION = "Behaviour is symmetric: no result says who derived from whom."
READ_IT = "read it against the repeat band; same weights on other hosts and unrelated endpoints are unknown here"
NO_BAND = "no second session of either endpoint and no unrelated band: a number without a band would mislead"
SENTENCES = {
    "different": (
        "Different: the two do not answer from one distribution (p = 0.0003, α = 0.01). "
        "Different serving or a different model; these data can't say which."
    ),
    "inconclusive": (
        "Inconclusive (p = 0.41, α = 0.01): no difference was detected, and equivalence can't be concluded: that "
        "needs a positive control at the margin, which this version does not evaluate."
    ),
    "not_applicable": (
        "Not applicable: fewer than two usable answers a side at every probe: nothing varies within a probe."
    ),
    "equivalent": "Equivalent within the margin 0.2: the positive control at the margin was seen.",
}
PROMPTS = (
    "Name one colour. Answer with one word.",
    "用一个词回答：你最喜欢的季节是什么？",
    "Pick a number from 1 to 10.",
    "Write a short recipe for a soup that uses only vegetables, and say how long each step takes.",
)


def run(number: int, *, endpoint: str | None = None, suite: str = "one-token", calls: int = 240) -> dict[str, Any]:
    """Return a run's entry."""
    name = endpoint or f"endpoint-{number:02d}"
    return {
        "id": f"20260301t09{number % 60:02d}00-{name}-{suite}-{number:08x}",
        "endpoint": name,
        "suite": suite,
        "suite_version": 1,
        "suite_digest": f"{number:02x}" * 32,
        "n_observations": calls,
        "outcomes": {"ok": calls - 7, "error": 3, "refusal": 4},
        "label": "",
        "origin": "collected",
        "model": f"vendor/model-{number}",
        "claimed_model": f"model-{number}",
        "base_url": "https://api.example.org/v1",
        "requested_from": f"2026-03-01T09:{number % 60:02d}:00.000000Z",
        "requested_to": f"2026-03-01T10:{number % 60:02d}:00.000000Z",
        "sent_decoding": {"temperature": 1.0, "top_p": 1.0, "max_output_tokens": 8, "seed": None, "stop": []},
        "honoured_decoding": None,
        "served_models": {f"model-{number}-0214": calls - 3},
        "providers": {"host-east": calls - 3},
        "fingerprints": {"fp_44709d6fcb": calls - 3},
        "journal_head": f"{number + 16:02x}" * 32,
        "independence": {"state": "unknown", "reason": "no response ids were recorded"},
    }


def _conditions() -> list[dict[str, Any]]:
    return [
        {
            "name": "sent decoding",
            "a": "max_output_tokens 8, temperature 1.0, top_p 1.0",
            "b": "max_output_tokens 8, temperature 1.0, top_p 1.0",
            "state": "equal",
            "meaning": "both were asked for the same sampling",
        },
        {
            "name": "honoured decoding",
            "a": "not measured",
            "b": "not measured",
            "state": "unknown",
            "meaning": "what a server really honours was not measured; servers answer 200 and ignore settings",
        },
        {
            "name": "time of collection",
            "a": "2026-03-01 09:00 to 2026-03-01 10:00 UTC",
            "b": "2026-03-03 09:00 to 2026-03-03 10:00 UTC",
            "state": "different",
            "meaning": "47 h apart: this compares then with now, and a model may have been updated between",
        },
    ]


def _probes(n_probes: int) -> list[dict[str, Any]]:
    return [
        {
            "probe_id": f"cell-{number:03d}",
            "family": "forced-choice" if number % 4 != 3 else "recipe",
            "language": "zh" if number % 4 == 1 else "en",
            "form": "closed" if number % 4 != 3 else "open",
            "prompt": PROMPTS[number % 4],
            "n_a": 15,
            "n_b": 14,
            "effect": round(0.62 * 0.97**number - 0.02, 6) if number < n_probes - 1 else None,
            "unit": "mmd2",
        }
        for number in range(n_probes)
    ]


def _exhibits(n_exhibits: int) -> list[dict[str, Any]]:
    counts = [
        {"answer": "blue", "a": 11, "b": 2},
        {"answer": "红色", "a": 1, "b": 9},
        {"answer": "outcome:refusal", "a": 0, "b": 2},
        {"answer": "(all other answers)", "a": 3, "b": 1},
    ]
    long_text = "Chop the carrots and the leeks, let them soften for ten minutes, then add a litre of water. " * 9
    texts = {
        side: [
            {"key": f"cell-003#{repeat}", "outcome": "truncated", "text": opening + long_text[:850], "cut": True}
            for repeat in range(3)
        ]
        for side, opening in (("a", "Certainly! "), ("b", "这是一份蔬菜汤的食谱。\n\n"))
    }
    numbers = [4 * (place // 4) + (0, 3, 1, 2)[place % 4] for place in range(n_exhibits)]
    return [
        {
            "probe_id": f"cell-{number:03d}",
            "prompt": PROMPTS[number % 4],
            "counts": counts if number % 4 != 3 else None,
            "texts": texts if number % 4 == 3 else None,
        }
        for number in numbers
    ]


def _same(verdict: str) -> dict[str, Any]:
    tested = verdict != "not_applicable"
    pvalue = {"different": 0.0001, "inconclusive": 0.2052, "equivalent": 0.3}.get(verdict)
    computed = {
        "status": "computed",
        "reason": None,
        "pvalue": pvalue,
        "pvalue_adjusted": pvalue,
        "n_permutations": 9999,
        "n_x": 233,
        "n_y": 231,
        "version": 1,
    }
    absent = {
        "signal": "embedding_mmd",
        "version": 1,
        "status": "not_applicable",
        "reason": "no probe of its form has two usable answers a side",
        "statistic": None,
        "pvalue": None,
        "pvalue_adjusted": None,
        "n_permutations": None,
        "n_x": 0,
        "n_y": 0,
    }
    return {
        "verdict": verdict,
        "reason": "the difference is larger than chance allows",
        "band": "unknown",
        "pvalue": pvalue,
        "pvalue_adjusted": {"different": 0.0003, "inconclusive": 0.41, "equivalent": 0.6}.get(verdict),
        "pvalue_imputed": None,
        "alpha": 0.01,
        "effect": {
            "value": 0.1423 if tested else None,
            "ci_low": 0.0981 if tested else None,
            "ci_high": 0.1912 if tested else None,
            "unit": "mmd2",
        },
        "primary_signal": "exact_mmd" if tested else None,
        "margin": 0.2,
        "minimum_detectable_effect": None,
        "repeat_control": {
            "a": {"pvalue": 0.44, "kind": "second_session", "reason": None},
            "b": {
                "pvalue": 0.71,
                "kind": "halves",
                "reason": "early against late answers of one session, for want of a second session",
            },
        },
        "positive_control": None,
        "benign_explanations": [],
        "signals": [
            *(
                {"signal": name, "statistic": s, **computed}
                for name, s in (("exact_mmd", 0.1423), ("chi2", 412.7))
                if tested
            ),
            absent,
        ],
    }


def _related(rank: float | None) -> dict[str, Any]:
    known = rank is not None
    return {
        "log10_lr": None,
        "uncapped_log10_lr": None,
        "against": "unrelated",
        "bounds": None,
        "verbal": None,
        "score": 1.3 + (1 - rank) if rank is not None else None,
        "rank_pvalue": rank,
        "n_references": 10 if known else 0,
        "population": None,
        "reason": "no reference population of known lineage: ranks and scores only, no ratio",
        "signals": [
            {"signal": name, "version": 1, "status": "computed", "value": 1.7, "unrelated_quantile": 0.9}
            for name in ("w3", "c5")
            if known
        ],
    }


def pair(
    a: dict[str, Any],
    b: dict[str, Any],
    *,
    verdict: str = "different",
    lead: str = "same",
    rank: float | None = None,
    n_probes: int = 16,
    n_exhibits: int = 4,
    banded: bool = True,
) -> dict[str, Any]:
    """Return a pair's entry."""
    known = {"low": 0.93, "high": 1.01, "n_pairs": 2}
    return {
        "a": a["id"],
        "b": b["id"],
        "a_endpoint": a["endpoint"],
        "b_endpoint": b["endpoint"],
        "suite": a["suite"],
        "suite_version": 1,
        "claims_differ": lead == "related",
        "lead": lead,
        "same": _same(verdict),
        "similarity": {
            "value": 0.612 if banded else None,
            "unit": "kernel cosine (1: one distribution, 0: nothing in common)",
            "repeat_band": known if banded else None,
            "benign_band": None,
            "unrelated_band": None,
            "reason": READ_IT if banded else NO_BAND,
        },
        "related": _related(rank),
        "mixed": {
            "share": None,
            "ci_low": None,
            "ci_high": None,
            "alternative": None,
            "reason": "Not computed: this version does not estimate the share of calls answered by another model.",
        },
        "missing": {"pvalue": 0.81, "a": {"error": 3}, "b": {"error": 3}},
        "sentences": {
            "same": SENTENCES[verdict],
            "related": f"Among 10 other endpoints of unknown lineage the two rank at p = {rank:.2g}. {DIRECTION}"
            if rank is not None
            else f"No statement on copying is possible from two endpoints. {DIRECTION}",
            "mixed": "Not computed: this version does not estimate the share of calls answered by another model.",
        },
        "conditions": _conditions(),
        "tokenizer": {
            "status": "computed",
            "reason": None,
            "slopes": [{"unit": "hello", "a": 1.0, "b": 1.0}, {"unit": "你好", "a": 2.0, "b": 3.0}],
            "sentence": "Reported token counts grow differently for 1 of 2 units.",
        },
        "probes": _probes(n_probes),
        "exhibits": _exhibits(n_exhibits),
        "what_would_settle_it": [
            "Collect a second session of each endpoint (`blackbox run --label second`): it is the repeat control.",
            "Collect the same weights from other hosts: without that band, serving and model can't be told apart.",
        ],
    }


def document(runs: list[dict[str, Any]], pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a whole document around runs and pairs."""
    ends: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for entry in pairs:
        ends.setdefault((entry["a_endpoint"], entry["b_endpoint"]), []).append(entry)
    return {
        "schema": "blackbox.comparison/1",
        "runs": runs,
        "pairs": pairs,
        "skipped_pairs": [],
        "endpoint_pairs": [
            {
                "a_endpoint": a,
                "b_endpoint": b,
                "verdict": members[0]["same"]["verdict"],
                "pvalue_adjusted": members[0]["same"]["pvalue_adjusted"],
                "adjustment": "holm",
                "suites": [{"suite": m["suite"], "verdict": m["same"]["verdict"]} for m in members],
            }
            for (a, b), members in ends.items()
        ],
        "warnings": [],
        "limits": [
            "This covers only the calls that were sent; an endpoint can answer other traffic in another way.",
            DIRECTION,
        ],
        "alpha": 0.01,
        "adjustment": "holm",
        "smallest_pvalue_adjusted": 0.0001,
        "decision": [
            {
                "suite": "one-token",
                "suite_version": 1,
                "alpha": 0.01,
                "margin": 0.2,
                "adjustment": "holm",
                "n_pairs_tested": len(pairs),
                "n_permutations": 9999,
                "smallest_pvalue_adjusted": 0.0001,
            }
        ],
        "questions": ["same", "related", "mixed"],
        "provenance": {
            "blackbox": "0.1.0",
            "seed": 0,
            "created_at": "2026-03-04T08:00:00.000000Z",
            "packages": {"numpy": "2.4.0", "scipy": "1.17.0"},
            "command": " ".join(["blackbox compare", *(str(run["id"]) for run in runs)]),
        },
    }


def two(verdict: str = "different", **options: Any) -> dict[str, Any]:
    """Return a document of two endpoints under one suite."""
    a, b = run(1, endpoint="qwen-official"), run(2, endpoint="qwen-reseller")
    return document([a, b], [pair(a, b, verdict=verdict, **options)])


def related_only(n_runs: int = 12) -> dict[str, Any]:
    """Return a document of imported runs that all claim to be different models."""
    runs = [run(number, calls=805) for number in range(n_runs)]
    pairs = [
        pair(a, b, verdict="not_applicable", lead="related", rank=(1 + i % 11) / 11, n_exhibits=0, banded=False)
        for i, (a, b) in enumerate(combinations(runs, 2))
    ]
    whole = document(runs, pairs)
    whole["warnings"] = ["sampling settings of 12 of 12 runs are unknown: an untested condition of every verdict"]
    return whole


def many(n_runs: int = 10, n_probes: int = 300, n_exhibits: int = 10) -> dict[str, Any]:
    """Return a document of all pairs of many runs."""
    verdicts = ("different", "inconclusive", "not_applicable", "different", "equivalent")
    runs = [run(number) for number in range(n_runs)]
    pairs = [
        pair(a, b, verdict=verdicts[i % 5], n_probes=n_probes, n_exhibits=n_exhibits)
        for i, (a, b) in enumerate(combinations(runs, 2))
    ]
    return document(runs, pairs)


def suites_of_two() -> dict[str, Any]:
    """Return a document of two endpoints under three suites, with something skipped and warned of."""
    runs, pairs = [], []
    for number, (suite, verdict) in enumerate(
        (("one-token", "different"), ("open-ended", "inconclusive"), ("tokenizer", "not_applicable"))
    ):
        a = run(2 * number, endpoint="qwen-official", suite=suite)
        b = run(2 * number + 1, endpoint="qwen-reseller", suite=suite)
        runs += [a, b]
        pairs.append(pair(a, b, verdict=verdict))
    whole = document(runs, pairs)
    whole["warnings"] = ["qwen-reseller: 3 replies named another model than the one asked for"]
    whole["skipped_pairs"] = [{"a": runs[0]["id"], "b": runs[3]["id"], "reason": "different suites"}]
    return whole


def everywhere(value: Any, text: Callable[[str], str]) -> Any:
    """Return a JSON value with every text replaced, object keys included; numbers and nulls stay."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, list):
        return [everywhere(v, text) for v in value]
    if isinstance(value, dict):
        return {key: everywhere(v, text) for key, v in value.items()}
    return value


def population() -> dict[str, Any]:
    """Return a population's summary: kin around a log10 ratio of 2, others around −1, no pair of either at the ends."""
    grid = [quarter / 4 for quarter in range(-16, 29)]
    fall = {"same_source": 2.0, "different_source": -1.0}
    curves = {name: [1 / (1 + math.exp(2.5 * (x - middle))) for x in grid] for name, middle in fall.items()}
    rate = {"value": 0.002, "n": 2, "n_pairs": 780, "ci_low": 0.0, "ci_high": 0.006, "upper_95": 0.01}
    return {
        "name": "panel",
        "digest": "0" * 64,
        "counts": {"n_models": 40, "n_groups": 21, "n_pairs": 780},
        "bounds": {"unrelated": {"lower": -1.2, "upper": 1.95}, "sibling": None},
        "cllr": {"unrelated": {"total": 0.2, "minimum": 0.15, "calibration": 0.05}},
        "cllr_uncapped": {"unrelated": {"total": 0.18, "minimum": 0.16, "calibration": 0.02}},
        "misleading": {
            "different_source": [{"lr": 10.0, "beyond": "at least", "capped": rate, "uncapped": rate}],
            "same_source": [{"lr": 0.1, "beyond": "at most", "capped": rate, "uncapped": rate}],
        },
        "tippett": [{"log10_lr": x, **{n: curves[n][i] for n in curves}} for i, x in enumerate(grid)],
        "calibration_curve": {"stated": grid, "isotonic": [-9.0, *(0.8 * x + 0.3 for x in grid[1:-1]), 9.0]},
        "sibling_reason": "too few siblings",
        "collected_from": "2026-02-01T09:00:00.000000Z",
        "collected_to": "2026-02-03T09:00:00.000000Z",
        "languages": ["en", "zh"],
        "separates": ["kin from unrelated"],
        "cannot_separate": ["the same weights from a close derivative"],
    }


def against_population(n: int = 3) -> dict[str, Any]:
    """Return pairs with a ratio, the last without one."""
    found = related_only(n)
    for place, entry in enumerate(found["pairs"][:-1]):
        entry["related"] |= {
            "log10_lr": max(1.5 - place, -1.2),
            "uncapped_log10_lr": 4.2 - place,
            "bounds": [-1.2, 1.95],
            "verbal": "moderate support",
            "population": {"name": "panel", "digest": "0", "n_groups": 21, "n_pairs": 780, "cllr": 0.2},
        }
    return {**found, "population": population()}


def landscape(runs: list[dict[str, Any]], seed: int = 7) -> dict[str, Any]:
    """Return a suite's entry of `landscape`: made-up distances, a tree like a comb, places on a circle."""
    n = len(runs)
    distances = [
        [0.0 if i == j else 0.2 + (31 * (i + j) + seed * i * j) % 97 / 120 for j in range(n)] for i in range(n)
    ]
    last = 2 * n - 3
    inner = [{"a": i, "b": i - 1, "length": 0.1, "support": (i % 10) / 9} for i in range(last, n, -1)]
    stems = [max(n, min(last, last + 1 - i)) for i in range(n)]
    outer = [{"a": stem, "b": i, "length": 0.3, "support": None} for i, stem in enumerate(stems)]
    return {
        "suite": runs[0]["suite"],
        "suite_version": 1,
        "runs": [run["id"] for run in runs],
        "names": [run["endpoint"] for run in runs],
        "n_probes": 16,
        "unit": "square root of the squared distance (MMD², unbiased, floored at 0) between answer distributions",
        "distances": distances,
        "tree": {"edges": [*inner, *outer], "n_bootstrap": 100, "newick": ";"},
        "map": {"points": [[math.cos(6.28 * i / n), math.sin(6.28 * i / n)] for i in range(n)], "shown": 0.4},
        "reason": None,
    }


def hundred(n_runs: int = 100) -> dict[str, Any]:
    """Return a document of all pairs of a hundred runs, with a landscape and without probes."""
    whole = many(n_runs, 0, 0)
    return {**whole, "landscape": [landscape(whole["runs"])]}


def wide(n_runs: int = 26) -> dict[str, Any]:
    """Return a document whose matrices are drawings but which holds few pairs."""
    whole = hundred(n_runs)
    return {**whole, "pairs": whole["pairs"][:3], "endpoint_pairs": whole["endpoint_pairs"][:3]}


def answers(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a suite's entry of `answers`: four probes, one of them with markup for an answer."""
    said = [
        {"text": "<i>blue</i>", "cut": False, "outcome": "ok", "n": 9, "by_run": {"0": 7, "1": 2}},
        {"text": None, "cut": False, "outcome": "refusal", "n": 1, "by_run": {"1": 1}},
    ]
    return {
        "suite": runs[0]["suite"],
        "suite_version": 1,
        "runs": [run["id"] for run in runs],
        "n_probes": 5,
        "probes": [
            {
                "probe_id": f"cell-{number:03d}",
                "family": ("colour", "season")[number % 2],
                "language": ("en", "zh")[number // 2],
                "form": "closed",
                "prompt": PROMPTS[number],
                "prompt_cut": False,
                "n_distinct": 2,
                "answers": said if number == 0 else [{**said[0], "text": f"word {number}"}],
            }
            for number in range(4)
        ],
    }
