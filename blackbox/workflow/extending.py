"""`run --more`: a finished run is extended by as many repeats again, which is a further look (METHODS §1.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox import store
from blackbox.errors import UsageError
from blackbox.evidence.looks import alpha_at
from blackbox.store.journal import JournalReader
from blackbox.store.manifests import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.core import Suite
    from blackbox.store import RunSummary
    from blackbox.workflow.sessions import Session


def next_look(existing: RunSummary | None, suite: Suite, *, extending: bool) -> int:
    """Return which look the calls of a session are for: that of the run as stored, or the one after it."""
    if existing is None or (existing.manifest.status == "finished" and not extending):
        return 1
    repeats = {probe.id: probe.repeats for probe in suite.probes}
    # Line by line: a run that is continued may hold more answers than should be in memory.
    journal = existing.path / JOURNAL
    answers = (
        store.decode_observation(entry.body, where=f"{journal}: line {entry.seq + 1}")
        for entry in JournalReader(journal)
        if entry.kind == "observation"
    )
    looks = (1 + answer.repeat // repeats[answer.probe_id] for answer in answers if repeats.get(answer.probe_id))
    return max(looks, default=1) + extending


def refuse_unextendable(sessions: Sequence[Session]) -> None:
    """Refuse a further look where none was taken yet, or where no fixed test may be made.

    Raises:
        UsageError: A run is missing, or was collected until decided.
    """
    for session in sessions:
        if session.existing is None:
            raise UsageError(f"--more extends finished runs; there is none of {session.name}: run it without --more")
        if "sequential" in session.existing.manifest.plan:
            raise UsageError(
                f"run {session.existing.id} was collected until decided; nothing may be added: begin another with --new"
            )


def look_note(session: Session) -> dict[str, Any]:
    """Return what the journal says before the first call of a further look."""
    decision = session.suite.decision
    return {
        "note": "look",
        "look": session.look,
        "looks_planned": decision.looks,
        "alpha": alpha_at(decision, session.look),
        "n_calls": len(session.calls),
    }
