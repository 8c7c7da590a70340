"""Runs, comparisons, and the progress and clocks of long work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from blackbox.core import showing

if TYPE_CHECKING:
    from datetime import datetime

    from blackbox.core.calls import Observation
    from blackbox.core.suites import Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a run was, without secrets (DESIGN §5). Mappings hold JSON types only."""

    schema: str
    run_id: str
    run_key: str
    label: str
    origin: Literal["collected", "imported"]
    status: Literal["running", "interrupted", "stopped", "finished"]
    suite_name: str
    suite_version: int
    suite_digest: str
    endpoint: Mapping[str, Any]
    sent_decoding: Mapping[str, Any] | None
    honoured_decoding: Mapping[str, Any] | None
    plan: Mapping[str, Any]
    packages: Mapping[str, str]
    created_at: datetime
    finished_at: datetime | None
    totals: Mapping[str, int]
    cost: float | None
    journal_count: int
    journal_head: str
    warnings: tuple[str, ...] = ()

    @property
    def endpoint_name(self) -> str:
        """The configured name of the endpoint, or the model's name for imported answers."""
        return str(self.endpoint["name"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """All answers of one endpoint to one suite, collected once; ordered by probe, then repeat."""

    id: str
    manifest: Manifest
    suite: Suite
    observations: tuple[Observation, ...]

    def to_frame(self) -> Any:  # noqa: ANN401 - a pandas DataFrame; pandas is no dependency
        """Return a pandas frame with a row an observation.

        Raises:
            UsageError: pandas is not installed.
        """
        return showing.frame(showing.run_rows(self))

    def _repr_html_(self) -> str:
        return showing.run_html(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A finished comparison: `document` is the `blackbox.comparison/1` object, complete for a report."""

    document: Mapping[str, Any]

    def to_frame(self) -> Any:  # noqa: ANN401 - a pandas DataFrame; pandas is no dependency
        """Return a pandas frame with a row a pair.

        Raises:
            UsageError: pandas is not installed.
        """
        return showing.frame(showing.comparison_rows(self.document))

    def _repr_html_(self) -> str:
        return showing.comparison_html(self.document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One progress event of long work: what is done of what is to do at a stage, and whose work it is."""

    stage: str
    subject: str
    done: int
    total: int
    counts: Mapping[str, int] = field(default_factory=dict)
    cost: float | None = None
    eta_s: float | None = None
    message: str | None = None


OnProgress: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time as the caller injects it: wall time (UTC), monotonic seconds, and an awaitable sleep."""

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
