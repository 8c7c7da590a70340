"""`run --more`: a finished run is extended by as many repeats again, which is a further look (METHODS §1.15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from blackbox.errors import UsageError
from blackbox.evidence.looks import alpha_at, look_of
from blackbox.workflow.runs import open_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.store import RunSummary
    from blackbox.workflow.sessions import Session


def next_look(existing: RunSummary | None, *, extending: bool) -> int:
    """Return which look the calls of a session are for: that of the run as stored, or the one after it."""
    if existing is None or (existing.manifest.status == "finished" and not extending):
        return 1
    return look_of(open_run(existing.path)) + extending


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
