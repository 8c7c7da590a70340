"""Documents as commands print them: made up from end to end, valid by their schemas."""

from __future__ import annotations

from typing import Any

AT = "2026-03-01T09:00:00.000000Z"
HEAD = "5f" * 32
A, B = "20260301t090000z-qwen-official-one-token-0a1b2c3d", "20260301t090000z-qwen-reseller-one-token-4e5f6a7b"


def run_line(run: str, endpoint: str, **changed: Any) -> dict[str, Any]:
    """Return a run as `ls` and `show` list it."""
    return {
        "id": run,
        "path": f"results/{run}",
        "endpoint": endpoint,
        "model": "qwen2.5-14b-instruct",
        "suite": "one-token",
        "suite_version": 2,
        "suite_digest": HEAD,
        "origin": "collected",
        "label": "",
        "status": "finished",
        "created_at": AT,
        "finished_at": AT,
        "n_planned": 600,
        "totals": {"ok": 588, "refusal": 9, "error": 3, "n_attempts": 611},
        "cost": 0.0321,
        "journal_head": HEAD,
        "warnings": [],
        **changed,
    }


def runs() -> dict[str, Any]:
    """Return what `ls` prints: a finished run, one under way, and one of recorded answers."""
    imported = {"origin": "imported", "n_planned": None, "totals": {"ok": 40, "empty": 2}, "label": "march"}
    under_way = {"status": "running", "totals": {}, "finished_at": None, "cost": None}
    found = [run_line(A, "qwen-official"), run_line(B, "qwen-reseller", **under_way)]
    found.append(run_line("20260301t100000z-gpt-mine-89abcdef", "gpt", suite="mine", **imported))
    return {"schema": "blackbox.runs/1", "results": "results", "runs": found, "redacted": []}


def shown() -> dict[str, Any]:
    """Return what `show` prints: long, wide and hostile answers, and calls without one."""
    texts = [
        "blue",
        "Certainly! " + "A colour that many people name first when they are asked for one is blue. " * 3,
        "天空和大海的颜色是蓝色，这是很多人最先想到的颜色，也是我今天想说的颜色，因为今天的天空非常晴朗。",
        "red\x1b[2J\nwith a second line",
    ]
    answers = [
        {"key": f"colour#{i}", "outcome": "ok", "text": text, "error": None, "requested_at": AT}
        for i, text in enumerate(texts)
    ]
    lost = {"kind": "http_500", "message": "the server answered 500", "status": 500}
    answers.append({"key": "colour#4", "outcome": "error", "text": None, "error": lost, "requested_at": AT})
    answers.append({"key": "colour#5", "outcome": "refusal", "text": "I can't.", "error": None, "requested_at": AT})
    sides = [
        {"run": A, "counts": {"ok": 4, "error": 1, "refusal": 1}, "observations": answers},
        {"run": B, "counts": {"ok": 1}, "observations": answers[:1]},
    ]
    probe = {"probe_id": "colour", "family": "pick", "language": "en", "form": "closed", "answers": sides}
    prompt = "Name a random colour. Answer with one word only, in lower case, without a full stop at its end."
    lines = [run_line(A, "qwen-official"), run_line(B, "qwen-reseller")]
    return {"schema": "blackbox.show/1", "runs": lines, "probes": [{**probe, "prompt": prompt}]}


def identification() -> dict[str, Any]:
    """Return what `identify` prints: three candidates against a population."""
    candidates = [
        {
            "rank": rank,
            "run": A,
            "endpoint": name,
            "group": name,
            "score": 12.5 / rank,
            "rank_pvalue": 0.024 * rank,
            "rank_pvalue_adjusted": min(1.0, 0.072 * rank),
            "log10_lr": 2.0 - rank,
            "uncapped_log10_lr": 4.25 - rank,
            "against": "unrelated",
            "bounds": [-1.2, 2.0],
            "verbal": "moderate support for shared ancestry" if rank == 1 else "weak support for the alternative",
            "reason": None,
        }
        for rank, name in enumerate(("qwen2.5-14b-instruct", "yi-1.5-9b-chat", "phi-4"), start=1)
    ]
    return {
        "schema": "blackbox.identification/1",
        "verdict": "inconclusive",
        "reason": "the closest candidate stands out (p = 0.012), but the second is a sibling and can't be told from it",
        "attributed_to": None,
        "suspect": {
            "id": B,
            "endpoint": "qwen-reseller",
            "suite": "open-ended",
            "suite_version": 1,
            "suite_digest": HEAD,
            "n_observations": 200,
        },
        "candidates": candidates,
        "rejection": {"pvalue": 0.012, "n_groups": 41, "source": "population", "alpha": 0.05},
        "prompt_dependence": {"pvalue": 0.0005, "library_share": 1.0, "n_probes": 50},
        "rival": "yi-1.5-9b-chat",
        "n_probes": 50,
        "library": {
            "n_runs": 3,
            "n_endpoints": 3,
            "oldest": AT,
            "newest": AT,
            "age_days": 12.0,
            "n_runs_of_unknown_age": 0,
            "note": "The true endpoint may not be in the library.",
        },
        "population": {"name": "panel", "digest": HEAD, "n_groups": 41, "n_models": 80, "n_pairs": 3160},
        "skipped_runs": [],
        "warnings": [],
        "limits": [],
        "provenance": {"blackbox": "0.1.0", "seed": 0, "created_at": AT},
    }


def weights() -> dict[str, Any]:
    """Return what `weights` prints: a pair that correlates, as strangers do."""
    model = {"zoo_member": None, "n_layers": 48, "n_experts": 0, "dtypes": ["BF16"], "spreads": {"q": [0.1, 0.2]}}
    strangers = [
        {
            "name": name,
            "n_layers": 30,
            "n_points": 30,
            "with_a": r,
            "with_b": r - 0.02,
            "pair_at_these_points": 0.92,
            "counted": r > 0.5,
            "reason": None if r > 0.5 else "no attention weights of this shape in any of its files",
        }
        for name, r in (("deepseek-llm-7b-base", 0.93), ("llama-2-7b", 0.61), ("bloom-7b", 0.2))
    ]
    return {
        "schema": "blackbox.weights/1",
        "a": {**model, "name": "Qwen2.5-14B-Instruct", "model_type": "qwen2"},
        "b": {**model, "name": "pangu-pro-moe", "model_type": "pangu_moe", "n_experts": 64},
        "correlation": 0.927,
        "by_matrix": {"q": 0.95, "k": 0.91, "v": 0.93, "o": 0.92},
        "n_points": 48,
        "unrelated": {
            "source": "named",
            "n": 3,
            "n_counted": 2,
            "n_as_high": 1,
            "distribution": {"min": 0.59, "median": 0.76, "q95": 0.93, "max": 0.93},
            "models": strangers,
        },
        "rank_pvalue": None,
        "reason": "2 unrelated models count; at least 9 are needed before a rank says anything",
        "reading": "1 of 2 unrelated models correlate at least as highly with one of the two: here this number does "
        "not tell a relative from a stranger.",
        "warnings": [],
        "provenance": {"blackbox": "0.1.0"},
    }


def finding(check: str, status: str, seen: str, *quirks: str, **effects: str) -> dict[str, Any]:
    """Return one finding of `doctor`."""
    return {
        "check": check,
        "status": status,
        "asked": "asked for",
        "seen": seen,
        "counts": {},
        "pvalue": None,
        "quirks": list(quirks),
        "breaks": [],
        "effects": effects,
    }


def findings() -> list[dict[str, Any]]:
    """Return what `doctor` found of an endpoint that cuts its sampling."""
    hidden = "12 of 20 likeliest tokens only, where the log-probabilities leave 31 % of the calls to others"
    return [
        finding("temperature", "honoured", "pairs of equal answers by temperature: 0: 100%, 1: 19%, 1.5: 8%"),
        finding("sampling", "not honoured", hidden, "hidden-top-p", same="answers look like a colder model's"),
        finding("n", "ignored", "2 replies with 1 choice(s)", "ignore-n", same="none: every answer is a call"),
        finding("seed", "can't tell", "no reply was long enough to tell a seed from chance, so nothing is said of it"),
    ]


def drift() -> dict[str, Any]:
    """Return what `drift` prints: a change suspected at one run and confirmed by the next."""
    points = [_point(day, suspected=day > 6, alarm=day == 8) for day in range(1, 10)]
    return {
        "schema": "blackbox.drift/1",
        "verdict": "changed",
        "reason": "run 8 of 9 confirms what run 7 suspected",
        "onset": points[6]["run"],
        "onset_interval": {"low": points[5]["run"], "high": points[6]["run"], "level": 0.95},
        "detected": points[7]["run"],
        "alpha": 0.01,
        "horizon": 60,
        "endpoint": "qwen-official",
        "suite": "one-token",
        "suite_version": 2,
        "suite_digests": [HEAD],
        "order": "time",
        "points": points,
        "reference": {"runs": [p["run"] for p in points[:5]], "dispersion_pvalue": 0.4, "over_dispersed": False},
        "rules": {
            "exchangeable": "answers",
            "exchangeable_reason": None,
            "suspected_at": 0.01,
            "confirmed_at": 8.3e-05,
            "wealth_needed": 200.0,
            "n_permutations": 120000,
            "baseline_runs": 7,
        },
        "probes": [
            {"probe_id": "colour", "prompt": "Name a random colour.", "effect": 0.4, "n_before": 90, "n_after": 45}
        ],
        "exhibits": [],
        "context": [],
        "warnings": [],
        "limits": ["No alarm is not evidence of sameness: small changes are found late or not at all."],
        "provenance": {"blackbox": "0.1.0", "seed": 0, "created_at": AT, "command": "blackbox drift A B"},
    }


def _point(day: int, *, suspected: bool, alarm: bool) -> dict[str, Any]:
    tested = day > 3
    return {
        "run": f"202603{day:02d}t051700z-qwen-official-one-token-{day:08x}",
        "label": f"daily-2026-03-{day:02d}",
        "endpoint": "qwen-official",
        "statistic": (0.31 if suspected else 0.01) if tested else None,
        "pvalue": (8.3e-06 if suspected else 0.3) if tested else None,
        "n": 60,
        "n_missing": 0,
        "suspected": suspected,
        "alarm": alarm,
        "rule": 1 if alarm else None,
        "reason": None if tested else "one of the first 3 runs, by which the endpoint is known: not tested itself",
        "limit": 0.2 if tested else None,
        "score": 1.0 if tested else None,
        "n_reference_runs": 3 if tested else 0,
        "pvalue_imputed": None,
        "loss_pvalue": 1.0 if tested else None,
        "wealth": 1.2 if tested else None,
        "journal_head": HEAD,
        "at": f"2026-03-{day:02d}T05:17:00.000000Z",
        "until": f"2026-03-{day:02d}T05:19:00.000000Z",
        "served_model": ["qwen2.5-14b-instruct"],
        "provider": [],
        "system_fingerprint": [],
    }
