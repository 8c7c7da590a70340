"""What each suite is worth: null rejection, power for each relation, cost of a verdict; and parsers under fuzz.

Suites that tiny models answer sensibly are asked of the zoo over the reference endpoint: per probe, many independent
answers (`n` choices a request) are dealt into sessions of the suite's own size, and each session is in one pair only,
so that pairs are independent and their rate is binomial. Other families are tested on scripted answers from known laws:
their power is that of the machinery on these laws, not a figure for real models.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import combinations
from time import perf_counter
from typing import TYPE_CHECKING

import _scripted as scripted
import _zoo_repeats as repeats
import numpy as np
from _drawn import drawn_from_keys
from _fuzzing import fuzz
from _results import FOLDER, others, record
from _zoo_answers import drawn, sampled_here
from scipy.stats import binom

from blackbox import registry, serve, suites
from blackbox.collect import estimate
from blackbox.core import EndpointSpec, Observation, Outcome, Prices, Probe, Run, Suite
from blackbox.evidence.benign import deterministic_disagreement
from blackbox.evidence.same import Design, compare_pair
from blackbox.evidence.samples import Sample
from blackbox.features import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Draw = Callable[[str, Suite, Probe, int, np.random.Generator], list[tuple[str, str]]]

SEED, ALPHA, N_PERMUTATIONS = 20_260_102, 0.05, 199
MEMBERS = ("a", "a-tuned", "b", "c")
RELATIONS = {
    "same weights": ("a", "a"),
    "tuned from": ("a", "a-tuned"),
    "same data": ("a", "b"),
    "unrelated": ("a", "c"),
}
PRICES = Prices(input_per_mtok=0.50, output_per_mtok=1.50)
SECRET = b"benchmark key, public on purpose"
OMNIBUS = {
    n: s for n in registry.names("signals") if (s := registry.signal(n)).info.question == "same" and s.info.omnibus
}
N_CLOSED, N_OPEN = 50, 3
"""Sessions of each member: pairs a relation; null pairs are half of them at each of four members."""
N_SCRIPTED, N_FACTS, N_BITS, N_FUZZED = 200, 100, 4, 1_000_000


def priced(suite: Suite) -> float:
    """Return the cost of one verdict: two endpoints asked the suite once each, at the reference prices."""
    spec = EndpointSpec(name="x", kind="openai-chat", base_url="http://127.0.0.1", model="x", prices=PRICES)
    return 2 * estimate(suite, spec).cost


def sessions(draw: Draw, member: str, suite: Suite, n_sessions: int, rng: np.random.Generator) -> list[Run]:
    """Return independent runs of one member under a suite."""
    answers = {p.id: draw(member, suite, p, p.repeats * n_sessions, rng) for p in suite.probes}
    found = []
    for s in range(n_sessions):
        rows = [
            _observation(suite, probe, answers[probe.id][s * probe.repeats + repeat], repeat, rng)
            for probe in suite.probes
            for repeat in range(probe.repeats)
        ]
        found.append(Run(id=f"{member}-{s}", manifest=scripted.manifest(rng), suite=suite, observations=tuple(rows)))
    return found


def _observation(
    suite: Suite, probe: Probe, said: tuple[str, str], repeat: int, rng: np.random.Generator
) -> Observation:
    text, finish = said
    outcome = Outcome.EMPTY if not text else Outcome.TRUNCATED if finish == "length" else Outcome.OK
    return Observation(
        key=f"{probe.id}#{repeat}", probe_id=probe.id, repeat=repeat, block_id=repeat, outcome=outcome,
        text=text or None, response_id=f"r-{rng.integers(2**60)}", sent_decoding=suite.sent_decoding(probe),
    )  # fmt: skip


def sample(run: Run) -> Sample:
    """Return a run with the features that the omnibus needs."""
    closed = frozenset(p.id for p in run.suite.probes if p.form == "closed")
    opened = frozenset(p.id for p in run.suite.probes if p.form == "open")
    features = {}
    for signal in OMNIBUS.values():
        probes = closed if signal.info.forms == ("closed",) else opened if signal.info.forms == ("open",) else None
        if probes is None or probes:
            features[signal.info.feature] = registry.feature(signal.info.feature).extract(
                run, probes or closed | opened
            )
    return Sample.of(run, features)


def rate(pairs: list[tuple[Sample, Sample]], seed: int) -> dict:
    """Return how often pairs of samples are called different at the two usual levels."""
    pvalues = []
    for i, (x, y) in enumerate(pairs):
        forms = {p.id: p.form for p in x.run.suite.probes}
        design = Design(signals=OMNIBUS, seed=seed + i, n_permutations=N_PERMUTATIONS)
        pvalues.append(compare_pair(x, y, forms, design).pvalue)
    found = np.array([p for p in pvalues if p is not None])
    return {
        "n_pairs": len(found),
        "rejected_05": float(np.mean(found <= 0.05)) if len(found) else None,
        "rejected_01": float(np.mean(found <= 0.01)) if len(found) else None,
    }


def shortened(suite: Suite, n_probes: int, repeats: int) -> Suite:
    """Return a suite of fewer probes and repeats: what a loaded machine can ask."""
    return replace(suite, probes=tuple(replace(p, repeats=repeats) for p in suite.probes[:n_probes]))


def public_on_the_zoo(rng: np.random.Generator) -> list[dict]:
    """Return the rows of the public one-token suite: 100 independent null pairs, 50 for each relation."""
    return list(_rows(sampled_here, {"one-token.short": (suites.find("one-token.short"), N_CLOSED)}, rng))


def secret_on_the_zoo(rng: np.random.Generator) -> list[dict]:
    """Return the same rows of a one-token suite drawn from a key."""
    secret = suites.secret_suite("one-token", SECRET)
    spoken = replace(secret, probes=tuple(p for p in secret.probes if p.language in {"en", "zh"}))
    return list(_rows(sampled_here, {"one-token secret": (shortened(spoken, 10, 10), N_CLOSED)}, rng))


def open_on_the_zoo(rng: np.random.Generator) -> list[dict]:
    """Return the rows of continuation and open-ended; most continuations of these tiny models are short."""
    return zoo_rows({
        "continuation.short": (suites.find("continuation.short"), N_OPEN),
        "open-ended.short, 6 probes × 4": (shortened(suites.find("open-ended.short"), 6, 4), N_OPEN),
    }, rng)  # fmt: skip


def zoo_rows(asked: dict[str, tuple[Suite, int]], rng: np.random.Generator) -> list[dict]:
    """Return a row a suite and relation, asked of the zoo: suite and sessions of each member by name."""
    with serve.running({member: member for member in MEMBERS}) as url:
        return list(_rows(lambda member, suite, probe, n, _: drawn(url, member, suite, probe, n), asked, rng))


def _rows(draw: Draw, asked: dict[str, tuple[Suite, int]], rng: np.random.Generator) -> Iterator[dict]:
    for name, (suite, n_sessions) in asked.items():
        started = perf_counter()
        samples = {m: [sample(run) for run in sessions(draw, m, suite, n_sessions, rng)] for m in MEMBERS}
        for relation, (x, y) in RELATIONS.items():
            pairs = (
                [pair for m in MEMBERS for pair in zip(samples[m][::2], samples[m][1::2], strict=False)]
                if x == y
                else list(zip(samples[x], samples[y], strict=True))
            )
            row = {
                "suite": name, "digest": suite.digest, "on": "zoo", "relation": relation, **rate(pairs, SEED),
                "by_member": _by_member(pairs) if x == y else None,
                "n_sessions": n_sessions * (len(MEMBERS) if x == y else 2),
                "calls_a_side": sum(p.repeats for p in suite.probes), "cost_per_verdict_usd": priced(suite),
                "valid": _valid(samples[x] + samples[y]), "seconds": round(perf_counter() - started, 1),
            }  # fmt: skip
            print(row, flush=True)
            yield row


def _by_member(pairs: list[tuple[Sample, Sample]]) -> dict[str, int]:
    """Return the null pairs rejected at .05, by member: a fault of one model's answers would gather there."""
    found = {m: [pair for pair in pairs if pair[0].run.id.rpartition("-")[0] == m] for m in MEMBERS}
    return {m: round(len(own) * (rate(own, SEED)["rejected_05"] or 0)) for m, own in found.items()}


def _valid(samples: list[Sample]) -> float:
    """Return the share of answers whose parser found what was asked for."""
    probes = {p.id: p for p in samples[0].run.suite.probes}
    status = Counter(reading(o, probes[o.probe_id]).status for s in samples for o in s.run.observations)
    return status["valid"] / status.total()


SCRIPTED = {"refusal": scripted.refusal, "identity": scripted.identity, "tool-call": scripted.tool}


def both_forms(family: str) -> dict[str, Suite]:
    """Return the newest release of a family and a suite of it drawn from a key, by the names that rows give them."""
    suite = suites.find(family)
    return {f"{suite.name}@{suite.version}": suite, f"{family} secret": suites.secret_suite(family, SECRET)}


def renamed(models: dict[str, float], pair: int) -> dict[str, float]:
    """Return models of a pair's own: a rate then speaks of the family, not of how two laws happened to fall."""
    return {f"{name}{pair}": share for name, share in models.items()}


def scripted_rows(rng: np.random.Generator, named: dict[str, Suite], answer: Callable, n_pairs: int) -> list[dict]:
    """Return a row a suite and relation on scripted answers: the same law, a mixture with another, another."""
    relations = {"same weights": {"m": 1.0}, "30 % of another": {"m": 0.7, "other": 0.3}, "unrelated": {"other": 1.0}}
    rows = []
    for name, suite in named.items():
        for relation, models in relations.items():
            pairs = [
                tuple(sample(scripted.run_of(suite, renamed(side, i), rng, answer)) for side in ({"m": 1.0}, models))
                for i in range(n_pairs)
            ]
            rows.append({
                "suite": name, "digest": suite.digest, "on": "scripted answers",
                "relation": relation, **rate(pairs, SEED), "calls_a_side": sum(p.repeats for p in suite.probes),
                "cost_per_verdict_usd": priced(suite), "valid": _valid([s for pair in pairs for s in pair]),
            })  # fmt: skip
            print(rows[-1], flush=True)
    return rows


def knowledge_rows(rng: np.random.Generator, name: str, suite: Suite, n_pairs: int) -> list[dict]:
    """Return the rate at which T = 0 disagreement exceeds every pair of ten honest hosts (smallest p 1/46)."""
    probes = [p.id for p in suite.probes]

    def host(models: dict[str, float]) -> Sample:
        run = scripted.run_of(suite, models, rng, scripted.facts)
        return Sample.of(run, {"answer": registry.feature("answer").extract(run, frozenset(probes))})

    def pvalue(models: dict[str, float]) -> float:
        hosts = [host({"m": 1.0}) for _ in range(10)]
        band = list(combinations(hosts, 2))
        return deterministic_disagreement(hosts[0], host(models), probes, band).pvalue

    rows = []
    for relation, models in {"same weights": {"m": 1.0}, "unrelated": {"other": 1.0}}.items():
        found = [pvalue(models) for _ in range(n_pairs)]
        rows.append({
            "suite": name, "digest": suite.digest, "on": "scripted answers",
            "relation": relation, "n_pairs": n_pairs, "rejected_05": float(np.mean([p <= 0.05 for p in found])),
            "rejected_01": None, "calls_a_side": sum(p.repeats for p in suite.probes),
            "cost_per_verdict_usd": priced(suite),
            "rule": "p = (1 + benign pairs at least as far) / (1 + benign pairs)",
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def choice_rows(rng: np.random.Generator) -> list[dict]:
    """Return agreement on wrong answers of scripted models: unrelated, and one that shares half of another's law."""
    suite = suites.find("reasoned-choice")
    keys = {p.id: p.key for p in suite.probes}

    def letters(models: dict[str, float]) -> dict[str, str | None]:
        run = scripted.run_of(suite, models, rng, scripted.choice)
        by_id = {p.id: p for p in suite.probes}
        return {o.probe_id: reading(o, by_id[o.probe_id]).category for o in run.observations}

    def agreement(x: dict, y: dict) -> float:
        both = [p for p in keys if x[p] != keys[p] and y[p] != keys[p]]
        return float(np.mean([x[p] == y[p] for p in both]))

    unrelated = [letters({f"u{i}": 1.0}) for i in range(20)]
    null = [agreement(x, y) for x, y in combinations(unrelated, 2)]
    kin = [agreement(letters({f"k{i}": 1.0}), letters({f"k{i}": 0.5, f"o{i}": 0.5})) for i in range(20)]
    row = {
        "suite": f"{suite.name}@{suite.version}", "digest": suite.digest, "on": "scripted answers",
        "agreement_on_wrong": {"unrelated": [min(null), max(null)], "shares half a law": [min(kin), max(kin)]},
        "kin_above_all_unrelated": float(np.mean([k > max(null) for k in kin])), "n_unrelated_pairs": len(null),
        "n_kin_pairs": len(kin), "calls_a_side": 400, "cost_per_verdict_usd": priced(suite),
    }  # fmt: skip
    print(row, flush=True)
    return [row]


def scripted_knowledge(rng: np.random.Generator) -> list[dict]:
    """Return the rows of knowledge-edge, as released and drawn from a key."""
    forms = both_forms("knowledge-edge")
    return [row for name, suite in forms.items() for row in knowledge_rows(rng, name, suite, N_FACTS)]


def scripted_bits(rng: np.random.Generator) -> list[dict]:
    """Return the rows of random-bits on scripted answers: long texts, so an embedding for each, and few pairs."""
    suite = suites.find("random-bits")
    return scripted_rows(rng, {f"{suite.name}@{suite.version}": suite}, scripted.bits, N_BITS)


def repeats_on_the_zoo(rng: np.random.Generator) -> list[dict]:
    """Return the rows of suites whose answers are no draws: tokenizer, border-input, determinism."""
    asked = (repeats.tokenizer_rows, repeats.border_rows, repeats.determinism_rows)
    return [row for rows in asked for row in rows(rng, priced)]


def fuzzed_parsers(_: np.random.Generator) -> list[dict]:
    """Return what came of a million fuzzed answers."""
    found = fuzz(N_FUZZED)
    print(found, flush=True)
    return [found]


def _recorded(suite: str) -> dict[str, float]:
    """Return what an earlier part recorded of a suite, by relation; empty if it was not run."""
    file = FOLDER / "suites_zoo_public.json"
    rows = json.loads(file.read_text("utf-8"))["rows"] if file.is_file() else []
    return {r["relation"]: r["rejected_05"] for r in rows if r["suite"] == suite}


def checked(rows: list[dict]) -> dict[str, bool]:
    """Return what must hold of the rows of one part, as far as they speak of it."""
    nulls = [r for r in rows if r.get("relation") == "same weights" and "rule" not in r]
    secret = {r["relation"]: r["rejected_05"] for r in rows if r.get("suite") == "one-token secret"}
    public = _recorded("one-token.short") if secret else {}
    found = {}
    if nulls:
        found["same weights: rejected at .05 within the binomial range, every suite of draws"] = all(
            r["rejected_05"] <= binom.ppf(0.999, r["n_pairs"], ALPHA) / r["n_pairs"] for r in nulls
        )
    if secret and public:
        found["secret one-token: power within .1 of the public one for every relation"] = all(
            secret[r] >= public[r] - 0.1 for r in RELATIONS if r != "same weights"
        )
    if shared := [r for r in rows if "shared_with_releases_most" in r]:
        found["secret suites: no prompt of a release, at most a quarter of two keys' prompts shared, clean"] = all(
            r["shared_with_releases_most"] == r["n_findings"] == 0
            and 4 * r["shared_by_two_keys_most"] <= r["n_prompts"]
            for r in shared
        )
    if apart := _apart(rows):
        found["scripted answers: power of secret forms within three standard errors of the public ones"] = all(
            abs(x - y) <= 3 * np.sqrt(x * (1 - x) / n + y * (1 - y) / m) + 1e-9 for (x, n), (y, m) in apart
        )
    if counted := [r for r in rows if "excluded" in r]:
        found["tokenizer: one tokenizer never excluded, another always"] = all(
            r["excluded"] == (r["relation"] == "another tokenizer") for r in counted
        )
    if repeated := [r for r in rows if "same_weights_band" in r and r["relation"] == "same weights"]:
        found["temperature 0: a session of the same weights is never rejected"] = all(
            r["rejected_05"] == 0 for r in repeated
        )
    if any("n_broke" in r for r in rows):
        found["parsers: no answer broke one"] = all(r["n_broke"] == 0 for r in rows)
    return found


def _scripted_family(family: str, rng: np.random.Generator) -> list[dict]:
    """Return the rows of a family of draws, as released and drawn from a key."""
    return scripted_rows(rng, both_forms(family), SCRIPTED[family], N_SCRIPTED)


def _apart(rows: list[dict]) -> list[tuple[tuple[float, int], tuple[float, int]]]:
    """Return rejection rates and numbers of pairs of public and secret form, for each family and relation of both."""
    rates = {
        (r["suite"], r["relation"]): (r["rejected_05"], r["n_pairs"])
        for r in rows
        if r.get("on") == "scripted answers" and "relation" in r
    }
    return [
        (found, rates[f"{suite.partition('@')[0]} secret", relation])
        for (suite, relation), found in rates.items()
        if (f"{suite.partition('@')[0]} secret", relation) in rates
    ]


PARTS = {
    "zoo_public": public_on_the_zoo,
    "zoo_secret": secret_on_the_zoo,
    "zoo_repeats": repeats_on_the_zoo,
    "zoo_open": open_on_the_zoo,
    "scripted-reasoned-choice": choice_rows,
    "scripted-knowledge-edge": scripted_knowledge,
    **{f"scripted-{family}": partial(_scripted_family, family) for family in SCRIPTED},
    "scripted-random-bits": scripted_bits,
    "drawn": drawn_from_keys,
    "parsers": fuzzed_parsers,
}


def main(*wanted: str) -> int:
    """Run the named parts (`scripted` means all of its families), or all; 1 if a target is missed."""
    good = True
    for part, measure in PARTS.items():
        file = part.partition("-")[0]
        if wanted and not {part, file} & set(wanted):
            continue
        started = perf_counter()
        rows = measure(np.random.default_rng(SEED))
        same = {"seed": SEED, "n_permutations": N_PERMUTATIONS, "prices_per_mtok": [0.50, 1.50]}
        rows += others(f"suites_{file}", same, {row.get("suite") for row in rows})
        checks = checked(rows)
        record(f"suites_{file}", {**same, "rows": rows, "checks": checks, "seconds": perf_counter() - started})
        print(part, checks, flush=True)
        good &= all(checks.values())
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
