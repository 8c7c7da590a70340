"""Near ties of one endpoint: which inputs of a discovery run have a first answer with a close rival.

What is found goes into a suite of its own. The answers that found it are never part of a test of it: they belong to
another suite, and runs of different suites are not compared.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blackbox.core import TEXT_OUTCOMES
from blackbox.errors import SuiteError
from blackbox.suites.fields import Place
from blackbox.suites.schema import build, content_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import Observation, Run, Suite

MAX_GAP = 0.5
"""Nats between the two likeliest first tokens up to which they are a near tie (odds under 1.65)."""
_MIN_ANSWERS = 2
_PAIR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class NearTie:
    """One input on the border.

    Args:
        probe_id: The input.
        closeness: 0 (barely) to 1 (even): the rival's share among the two first answers.
        by: `answers` if repeated answers differed, `logprobs` if two listed log-probabilities were close.
    """

    probe_id: str
    closeness: float
    by: str


def near_ties(run: Run) -> tuple[NearTie, ...]:
    """Return the near ties of a discovery run, closest first; log-probabilities are used where listed, never needed.

    Raises:
        SuiteError: It drew at a temperature above 0: such answers vary wherever two are possible.
    """
    if any(o.sent_decoding is not None and o.sent_decoding.temperature for o in run.observations):
        fix = "ask for near ties at temperature 0, e.g. with: blackbox run -s border-input"
        raise SuiteError(f"{run.id}: asked at a temperature above 0, where all answers vary; {fix}")
    answers: dict[str, list[Observation]] = defaultdict(list)
    for observation in run.observations:
        if observation.outcome in TEXT_OUTCOMES and observation.text:
            answers[observation.probe_id].append(observation)
    found = [tie for probe_id, rows in answers.items() if (tie := _tie(probe_id, rows)) is not None]
    return tuple(sorted(found, key=lambda tie: (-tie.closeness, tie.probe_id)))


def selected_suite(run: Run, ties: Sequence[NearTie], *, limit: int, repeats: int) -> Suite:
    """Return the suite of the closest ties, to be asked anew.

    Raises:
        SuiteError: There is none.
    """
    if not ties:
        raise SuiteError(
            f"{run.id}: no near tie: answers never varied and no close log-probabilities were listed; ask more "
            "candidates, or have them listed with decoding: {top_logprobs: 5} in the endpoint's block"
        )
    chosen = {tie.probe_id: tie for tie in ties[:limit]}
    origin = run.suite
    written = [probe for probe in origin.document["probes"] if probe["id"] in chosen]
    endpoint = run.manifest.endpoint_name
    document: dict[str, Any] = {
        **{name: value for name, value in origin.document.items() if name not in {"digest", "short", "probes"}},
        "name": _name(origin.name, run.id, run.manifest.journal_head),
        "version": 1,
        "title": "Near ties found at one endpoint",
        "description": f"The {len(chosen)} closest of {len(origin.probes)} inputs asked of one endpoint.",
        "provenance": {
            "kind": "discovery", "run": run.id, "journal_head": run.manifest.journal_head, "endpoint": endpoint,
            "suite": f"{origin.name}@{origin.version}", "suite_digest": origin.digest,
            "n_candidates": len(origin.probes), "n_near_ties": len(ties),
            "by": dict(Counter(tie.by for tie in ties)), "max_gap_nats": MAX_GAP,
        },
        "probes": [{**probe, "repeats": repeats} for probe in written],
    }  # fmt: skip
    document["digest"] = content_digest(document)
    return build(document, Place(source=str(document["name"])), origin="file")


def _name(suite: str, run_id: str, head: str) -> str:
    mark = (head or run_id.rpartition("-")[2])[:8]
    return f"{suite[:40]}-selected-{mark}"


def _tie(probe_id: str, rows: Sequence[Observation]) -> NearTie | None:
    counts = Counter(_first_word(str(row.text)) for row in rows)
    if len(rows) >= _MIN_ANSWERS and len(counts) >= _PAIR:
        (_, first), (_, second) = counts.most_common(_PAIR)
        return NearTie(probe_id=probe_id, closeness=2 * second / (first + second), by="answers")
    gaps = [gap for row in rows if (gap := _gap(row)) is not None]
    if not gaps or sum(gaps) / len(gaps) > MAX_GAP:
        return None
    return NearTie(probe_id=probe_id, closeness=1 - sum(gaps) / len(gaps) / (2 * MAX_GAP), by="logprobs")


def _first_word(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).casefold().strip()
    return plain.split()[0] if plain else ""


def _gap(row: Observation) -> float | None:
    """Return how far apart the two likeliest first tokens are, in nats; None where fewer than two are listed."""
    if not row.logprobs:
        return None
    listed = sorted((logprob for _, logprob in row.logprobs[0].top), reverse=True)
    return listed[0] - listed[1] if len(listed) >= _PAIR else None
