"""What `run` makes of an endpoint's last examination: recorded in the manifest, warned of, or a reason to refuse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from blackbox import store
from blackbox.errors import UsageError
from blackbox.evidence.premises import held_against, premises
from blackbox.workflow.doctor import endpoint_key
from blackbox.workflow.rendering import whole_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from blackbox.core import EndpointSpec, Suite
    from blackbox.evidence.premises import Unfit

OLDEST = timedelta(hours=24)
"""An older examination says what the endpoint did then, not what it does now (METHODS §1.8)."""
_COUNTING_SUITE = "tokenizer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examinations:
    """The newest examination of each endpoint that is recent enough, by endpoint key."""

    newest: Mapping[str, Mapping[str, Any]]

    def of(self, spec: EndpointSpec) -> Mapping[str, Any] | None:
        """Return the newest examination of an endpoint, None if there is none of the last 24 hours."""
        return self.newest.get(endpoint_key(spec))


def recent_examinations(results: Path, *, now: datetime) -> Examinations:
    """Return the examinations that still say something.

    Raises:
        EvidenceDamaged: One does not agree with its digests.
    """
    newest: dict[str, Mapping[str, Any]] = {}
    for document in store.find_examinations(results):
        with whole_documents(f"{results / store.EXAMINATIONS}: an examination", "examination"):
            if timedelta(0) <= now - datetime.fromisoformat(str(document["created_at"])) <= OLDEST:
                newest[str(document["endpoint_key"])] = document
    return Examinations(newest=newest)


def honoured_decoding(document: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what a run's manifest keeps of an examination: settings, troubles, and where to look it up."""
    if document is None:
        return None
    kept = ("check", "status", "quirks", "breaks", "pvalue")
    with whole_documents(f"examination {document['id']!a}", "examination"):
        troubles = [f for f in document["findings"] if f["status"] in ("ignored", "not honoured")]
        return {
            **document["honoured"],
            "examination": document["id"],
            "examination_digest": document["digest"],
            "measured_at": document["created_at"],
            "findings": [{name: finding[name] for name in kept} for finding in troubles],
        }


def unfit(spec: EndpointSpec, suite: Suite, document: Mapping[str, Any] | None) -> Unfit | None:
    """Return what an examination means for a suite; None where there is no examination."""
    if document is None:
        return None
    decodings = [suite.sent_decoding(probe).merged(spec.decoding) for probe in suite.probes]
    needed = premises(decodings, counts_tokens=suite.name == _COUNTING_SUITE)
    with whole_documents(f"examination {document['id']!a}", "examination"):
        return held_against(needed, document["findings"], suite.questions)


def advise(
    asked: Iterable[tuple[EndpointSpec, Suite]], examinations: Examinations, *, despite: bool
) -> tuple[str, ...]:
    """Return warnings, a line each, for endpoints under suites.

    Args:
        asked: What is to be collected.
        examinations: What is known of the endpoints.
        despite: Collect although a suite's premise is broken; that becomes a warning.

    Raises:
        UsageError: A suite's premise is broken.
    """
    warnings: list[str] = []
    for spec, suite in asked:
        found = unfit(spec, suite, examinations.of(spec))
        if found is None:
            continue
        if found.refused and not despite:
            raise UsageError(_refusal(spec, suite, found.refused))
        warnings += [f"{spec.name} {suite.name}: {line}" for line in (*found.refused, *found.warned)]
    return tuple(dict.fromkeys(warnings))


def _refusal(spec: EndpointSpec, suite: Suite, reasons: Sequence[str]) -> str:
    return f"{spec.name} can't be asked {suite.name}: {'; '.join(reasons)}; ask nevertheless with --despite-doctor"
