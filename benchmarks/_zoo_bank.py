"""A bank of answers from the zoo's models, asked for over HTTP once and dealt out to many audits."""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from blackbox import registry, serve
from blackbox.core import Decoding, Manifest, Observation, Outcome, Run, digest, plain
from blackbox.evidence.samples import Sample
from blackbox.store import RUN_SCHEMA, create_run, slug, write_observations
from blackbox.suites.fields import Place
from blackbox.suites.schema import build, content_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from blackbox.core import Probe, Suite

MOST_CHOICES = 120
SENDERS, MANY_SENDERS = 8, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How an answerer is asked.

    Args:
        model: Served name.
        quirk: What the server does to it, for the record.
        by_call: Whether each answer is a call of its own rather than one choice of many.
    """

    model: str
    quirk: str | None = None
    by_call: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One choice of a reply."""

    text: str
    finish_reason: str
    response_id: str


Bank = dict[str, list[Answer]]
"""Probe id: answers, in the order in which they came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A bank and how long it took to ask for."""

    bank: Bank
    seconds: float


def kept(where: Path, base_url: str, name: str, asked: Asked, suite: Suite, n: int) -> Kept:
    """Return the answers kept in a folder from earlier, or ask for them and keep them.

    They are found again by what was asked and by the weights of the member that answered.
    """
    member = asked.model.partition("@")[0]
    weights = (serve.folder(member) / "model.safetensors").read_bytes() if member in serve.members() else b""
    key = digest([name, asdict(asked), suite.digest, n, hashlib.sha256(weights).hexdigest()])
    path = where / f"{name.replace(' ', '-')}-{suite.name}-{key[:12]}.json"
    if not path.is_file():
        began = time.perf_counter()
        bank = collected(base_url, asked, suite, n)
        spent = time.perf_counter() - began
        rows = {probe: [[a.text, a.finish_reason, a.response_id] for a in answers] for probe, answers in bank.items()}
        where.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"seconds": spent, "answers": rows}), "utf-8")
        print(f"{name}: {sum(map(len, bank.values()))} answers to {suite.name}, {spent:.0f} s", flush=True)
    held = json.loads(path.read_text("utf-8"))
    found = {
        probe: [Answer(text=t, finish_reason=f, response_id=i) for t, f, i in rows]
        for probe, rows in held["answers"].items()
    }
    return Kept(bank=found, seconds=held["seconds"])


def collected(base_url: str, asked: Asked, suite: Suite, n: int) -> Bank:
    """Return `n` answers to each probe of a suite, asked for several choices at a time or call by call."""
    most = 1 if asked.by_call else MOST_CHOICES
    parts = [(probe, min(most, n - start)) for start in range(0, n, most) for probe in suite.probes]
    with ThreadPoolExecutor(MANY_SENDERS if asked.by_call else SENDERS) as senders:
        replies = list(senders.map(lambda part: _reply(base_url, asked, *part), parts))
    bank: Bank = {probe.id: [] for probe in suite.probes}
    for (probe, _), reply in zip(parts, replies, strict=True):
        bank[probe.id] += [_answer(reply, choice) for choice in reply["choices"]]
    return bank


def _reply(base_url: str, asked: Asked, probe: Probe, n: int) -> dict[str, Any]:
    body = {
        "model": asked.model,
        "messages": [{"role": m.role, "content": m.content} for m in probe.messages],
        "n": n,
        "temperature": 1.0,
        "max_tokens": probe.max_output_tokens,
    }
    place = urlsplit(base_url)
    with closing(HTTPConnection(place.hostname or "", place.port)) as connection:
        target = f"{place.path}/chat/completions"
        connection.request("POST", target, json.dumps(body), {"Content-Type": "application/json"})
        loaded: dict[str, Any] = json.loads(connection.getresponse().read())
        return loaded


def _answer(reply: Mapping[str, Any], choice: Mapping[str, Any]) -> Answer:
    return Answer(
        text=choice["message"]["content"],
        finish_reason=choice["finish_reason"],
        response_id=f"{reply['id']}-{choice['index']}",
    )


def sample(name: str, bank: Bank, suite: Suite, features: Sequence[str]) -> Sample:
    """Return a bank as a run with its features, ready for audits to take parts of."""
    run = _run(name, bank, suite)
    probes = frozenset(bank)
    return Sample.of(run, {feature: registry.feature(feature).extract(run, probes) for feature in features})


def part(whole: Sample, first: int, last: int) -> Sample:
    """Return the answers `first` to `last` (exclusive) to each probe."""
    keys = {o.key for o in whole.run.observations if first <= o.repeat < last}
    return renamed(whole.restricted(keys), [first, last])


def renamed(whole: Sample, mark: object) -> Sample:
    """Return a sample with a head of its own, as a run of just these answers would have."""
    manifest = replace(whole.run.manifest, journal_head=digest([whole.run.manifest.journal_head, mark]))
    return replace(whole, run=replace(whole.run, manifest=manifest))


def planned(whole: Sample, repeats: int) -> Sample:
    """Return a sample as a run whose plan asks so often: one that was extended is judged at a smaller level."""
    document = dict(whole.run.suite.document)
    document["name"] = f"{whole.run.suite.name}-{repeats}"
    document["probes"] = [{**probe, "repeats": repeats} for probe in document["probes"]]
    document.pop("short", None)
    document["digest"] = content_digest(document)
    suite = build(document, Place(source=document["name"]), origin="file")
    manifest = replace(whole.run.manifest, suite_name=suite.name, suite_digest=suite.digest)
    return replace(whole, run=replace(whole.run, suite=suite, manifest=manifest))


def _run(name: str, bank: Bank, suite: Suite) -> Run:
    observations = tuple(
        _observation(probe_id, k, answer) for probe_id, answers in bank.items() for k, answer in enumerate(answers)
    )
    now = datetime.now(UTC)
    decoding = suite.decoding
    manifest = Manifest(
        schema="blackbox.run/1",
        run_id=f"bank-{slug(name)}-{suite.name}",
        run_key=digest([name, suite.digest]),
        label="",
        origin="collected",
        status="finished",
        suite_name=suite.name,
        suite_version=suite.version,
        suite_digest=suite.digest,
        endpoint={"name": name, "kind": "openai-chat", "base_url": "http://127.0.0.1/v1", "model": name},
        sent_decoding=plain(decoding),
        honoured_decoding=None,
        plan={},
        packages={},
        created_at=now,
        finished_at=now,
        totals={},
        cost=None,
        journal_count=len(observations),
        journal_head=digest([name, [[o.key, o.text] for o in observations]]),
    )
    return Run(id=manifest.run_id, manifest=manifest, suite=suite, observations=observations)


def _observation(probe_id: str, repeat: int, answer: Answer) -> Observation:
    cut = answer.finish_reason == "length"
    outcome = Outcome.EMPTY if not answer.text else Outcome.TRUNCATED if cut else Outcome.OK
    return Observation(
        key=f"{probe_id}#{repeat}",
        probe_id=probe_id,
        repeat=repeat,
        block_id=repeat,
        outcome=outcome,
        text=answer.text or None,
        finish_reason_raw=answer.finish_reason,
        finish_reason=answer.finish_reason,
        response_id=answer.response_id,
        sent_decoding=Decoding(temperature=1.0, top_p=1.0),
    )


def stored(results: Path, part_of_bank: Sample) -> str:
    """Write a sample's answers to a results folder as a run of its own and return its id."""
    run, plan = part_of_bank.run, {"n_calls": len(part_of_bank.run.observations)}
    run_id = f"{run.manifest.run_id}-{run.manifest.journal_head[:8]}"
    manifest = replace(
        run.manifest,
        schema=RUN_SCHEMA,
        run_id=run_id,
        status="running",
        finished_at=None,
        plan={**plan, "digest": digest(plan)},
        journal_count=0,
        journal_head="",
    )
    write_observations(create_run(results, manifest=manifest, suite=run.suite), run.observations)
    return run_id
