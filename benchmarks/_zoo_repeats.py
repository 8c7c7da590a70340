"""Suites that ask for repeats or counts, on the zoo: tokenizer, border-input and determinism.

At temperature 0 a probe counts once a side, so a session is judged only against the band of honest hosts: seven
sessions of one model, whose requests reach the server in orders of their own, so that they are batched differently.
"""

from __future__ import annotations

import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256
from itertools import combinations
from typing import TYPE_CHECKING

import _scripted as scripted
import numpy as np

from blackbox import registry, serve, suites
from blackbox.core import Observation, Outcome, Run, TokenLogprob, Usage
from blackbox.evidence.benign import deterministic_disagreement
from blackbox.evidence.samples import Sample
from blackbox.suites.discovery import near_ties, selected_suite
from blackbox.workflow._compare_related import SLOPE_TOLERANCE, tokenizer_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from blackbox.core import Probe, Suite

N_HOSTS, SENDERS, TOP = 7, 16, 5
COUNTED = ("a", "a-tuned", "b", "c", "d", "r1", "r2", "r6", "r8")
RELATIONS = {"same weights": "a", "int8 build": "a@int8", "tuned from": "a-tuned", "same data": "b"}
N_TIES, N_DETERMINISTIC = 100, 16


def asked(url: str, member: str, suite: Suite, rng: np.random.Generator, *, top: int | None = None) -> Run:
    """Return a session: every probe once, in an order of its own, with log-probabilities if `top` is given."""
    probes = [suite.probes[i] for i in rng.permutation(len(suite.probes))]
    with ThreadPoolExecutor(SENDERS) as senders:
        rows = list(senders.map(lambda probe: _reply(url, member, suite, probe, top), probes))
    return Run(
        id=f"{member}-{rng.integers(2**60)}", manifest=scripted.manifest(rng), suite=suite, observations=tuple(rows)
    )


def _reply(url: str, member: str, suite: Suite, probe: Probe, top: int | None) -> Observation:
    sent = suite.sent_decoding(probe)
    body = {
        "model": member, "temperature": sent.temperature, "max_tokens": probe.max_output_tokens,
        "messages": [{"role": m.role, "content": m.content} for m in probe.messages],
        **({"seed": sent.seed} if sent.seed is not None else {}),
        **({"logprobs": True, "top_logprobs": top} if top else {}),
    }  # fmt: skip
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=600) as reply:  # noqa: S310 - loopback
        document = json.load(reply)
    choice = document["choices"][0]
    text, cut = choice["message"]["content"], choice["finish_reason"] == "length"
    return Observation(
        key=f"{probe.id}#0", probe_id=probe.id, repeat=0, block_id=0,
        outcome=Outcome.EMPTY if not text else Outcome.TRUNCATED if cut else Outcome.OK, text=text or None,
        logprobs=_listed(choice), usage=Usage(prompt_tokens=document["usage"]["prompt_tokens"]), sent_decoding=sent,
    )  # fmt: skip


def _listed(choice: dict) -> tuple[TokenLogprob, ...] | None:
    if not choice.get("logprobs"):
        return None
    return tuple(
        TokenLogprob(
            token=each["token"], logprob=each["logprob"],
            top=tuple((t["token"], t["logprob"]) for t in each["top_logprobs"]),
        )
        for each in choice["logprobs"]["content"]
    )  # fmt: skip


def tokenizer_rows(rng: np.random.Generator, priced: Callable[[Suite], float]) -> list[dict]:
    """Return how often the tokenizer line tells pairs apart whose tokenizers are one, and whose are two."""
    suite = suites.find("tokenizer")
    brief = replace(suite, probes=tuple(replace(p, max_output_tokens=1) for p in suite.probes))
    usage = registry.feature("usage")
    with serve.running({member: member for member in COUNTED}) as url:
        counts = {m: usage.extract(asked(url, m, brief, rng), frozenset(p.id for p in suite.probes)) for m in COUNTED}
        again = usage.extract(asked(url, "a", brief, rng), frozenset(p.id for p in suite.probes))
    found: dict[str, list[bool]] = {"same weights": [_apart(counts["a"], again)]}
    for x, y in combinations(COUNTED, 2):
        relation = "one tokenizer, other models" if _vocabulary(x) == _vocabulary(y) else "another tokenizer"
        found.setdefault(relation, []).append(_apart(counts[x], counts[y]))
    return [
        {
            "suite": f"{suite.name}@{suite.version}", "digest": suite.digest, "on": "zoo", "relation": relation,
            "rule": "excluded: reported counts grow differently for at least one unit", "n_pairs": len(apart),
            "excluded": float(np.mean(apart)), "calls_a_side": len(suite.probes), "cost_per_verdict_usd": priced(suite),
        }
        for relation, apart in found.items()
    ]  # fmt: skip


def _apart(x: object, y: object) -> bool:
    entry = tokenizer_entry(x, y)
    return any(abs(each["a"] - each["b"]) > SLOPE_TOLERANCE for each in entry["slopes"])


def _vocabulary(member: str) -> str:
    return sha256((serve.folder(member) / "tokenizer.json").read_bytes()).hexdigest()


def border_rows(rng: np.random.Generator, priced: Callable[[Suite], float]) -> list[dict]:
    """Return the rows of near ties discovered at one model and asked anew; the discovery's answers are in no test."""
    pool = suites.find("border-input")
    with serve.running({each: each for each in RELATIONS.values()}) as url:
        discovery = asked(url, "a", pool, rng, top=TOP)
        ties = near_ties(discovery)
        suite = selected_suite(discovery, ties, limit=N_TIES, repeats=1)
        facts = {"n_candidates": len(pool.probes), "n_near_ties": len(ties), "n_selected": len(suite.probes)}
        return _repeated_rows(url, suite, rng, {"suite": "border-input@1, ties found at a", **facts}, priced, 20)


def determinism_rows(rng: np.random.Generator, priced: Callable[[Suite], float]) -> list[dict]:
    """Return the rows of the first probes of `determinism`, asked once each: temperature 0 and a seed."""
    full = suites.find("determinism")
    chosen = full.probes[:: len(full.probes) // N_DETERMINISTIC][:N_DETERMINISTIC]
    suite = replace(full, probes=tuple(replace(p, repeats=1) for p in chosen))
    with serve.running({each: each for each in RELATIONS.values()}) as url:
        return _repeated_rows(url, suite, rng, {"suite": f"determinism@1, {len(chosen)} probes"}, priced, 8)


def _repeated_rows(
    url: str, suite: Suite, rng: np.random.Generator, named: dict, priced: Callable[[Suite], float], n_probes: int
) -> list[dict]:
    """Return a row a relation: parts of `n_probes` probes, each judged against seven sessions of the model itself."""
    hosts = [_sample(asked(url, "a", suite, rng)) for _ in range(N_HOSTS)]
    band = list(combinations(hosts, 2))
    ids = [p.id for p in suite.probes]
    parts = [ids[i : i + n_probes] for i in range(0, len(ids) - n_probes + 1, n_probes)] or [ids]
    rows = []
    for relation, member in RELATIONS.items():
        other = _sample(asked(url, member, suite, rng))
        found = [deterministic_disagreement(hosts[0], other, part, band) for part in parts]
        whole = deterministic_disagreement(hosts[0], other, ids, band)
        rows.append({
            **named, "digest": suite.digest, "on": "zoo", "relation": relation, "n_pairs": len(found),
            "probes_a_part": len(parts[0]), "rejected_05": float(np.mean([f.pvalue <= 0.05 for f in found])),
            "rejected_01": None, "disagreement": whole.value,
            "same_weights_band": [whole.band.low, whole.band.high] if whole.band else None,
            "rule": "p = (1 + benign pairs at least as far) / (1 + benign pairs), 21 benign pairs",
            "calls_a_side": len(parts[0]), "cost_per_verdict_usd": priced(suite) * len(parts[0]) / len(ids),
        })  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def _sample(run: Run) -> Sample:
    probes = frozenset(p.id for p in run.suite.probes)
    return Sample.of(run, {"answer": registry.feature("answer").extract(run, probes)})
