"""Counts what became of one lane's calls and says how far it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from blackbox.core import MISSING_OUTCOMES, TEXT_OUTCOMES, Outcome, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from blackbox.core import OnProgress

_TOLD = {
    Outcome.TOOL_CALL: "with tool calls", Outcome.REASONING_ONLY: "thought alone", Outcome.EMPTY: "empty",
}  # fmt: skip
"""Replies that neither answer nor refuse; whoever watches a tool suite, or a model that thinks, is told which."""


class Tally:
    """One lane's counts.

    Args:
        subject: What progress calls the lane.
        n_done_before: Observations of earlier sessions.
        n_pending: Calls of this session.
        monotonic: Seconds, injected.
        on_progress: Told after every answer, and when something delays the next.
    """

    def __init__(
        self,
        subject: str,
        *,
        n_done_before: int,
        n_pending: int,
        monotonic: Callable[[], float],
        on_progress: OnProgress,
    ) -> None:
        self.outcomes: Counter[Outcome] = Counter()
        self.n_attempts = 0
        self.n_retries = 0
        self.n_open_failures = 0
        self.n_keys_removed = 0
        self.cost: float | None = None
        self._subject = subject
        self._n_done_before = n_done_before
        self._total = n_done_before + n_pending
        self._monotonic = monotonic
        self._started_at = monotonic()
        self._on_progress = on_progress

    @property
    def counts(self) -> Mapping[str, int]:
        """Stored observations of this session by outcome."""
        return {outcome.value: self.outcomes[outcome] for outcome in Outcome if self.outcomes[outcome]}

    def report(self, message: str | None = None) -> None:
        """Send a progress event."""
        n_now = self.outcomes.total()
        done = self._n_done_before + n_now
        elapsed_s = self._monotonic() - self._started_at
        self._on_progress(
            Progress(
                stage="collect",
                subject=self._subject,
                done=done,
                total=self._total,
                counts=self._in_short(),
                cost=self.cost,
                eta_s=elapsed_s / n_now * (self._total - done) if n_now else None,
                message=message,
            )
        )

    def _in_short(self) -> dict[str, int]:
        usable = sum(self.outcomes[outcome] for outcome in TEXT_OUTCOMES)
        missing = sum(self.outcomes[outcome] for outcome in MISSING_OUTCOMES)
        told = {word: n for outcome, word in _TOLD.items() if (n := self.outcomes[outcome])}
        return {
            "ok": usable,
            "refused": self.outcomes.total() - usable - missing - sum(told.values()),
            "retried": self.n_retries,
            "failed": missing + self.n_open_failures,
            **told,
        }
