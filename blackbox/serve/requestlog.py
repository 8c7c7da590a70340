"""What the reference endpoint was asked, for comparison with what a client says it sent."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from blackbox.core import canonical

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRequest:
    """One request as the server saw it; no header is kept, so no key is.

    Args:
        index: From 0, in order of the answers.
        at: When it came (UTC).
        path: The path asked for.
        status: HTTP status of the answer; None where none was sent.
        model: Served name asked for, where the body named one.
        body: The body as parsed, or None where it was no JSON object.
        body_sha256: Digest of the body's bytes.
        response_id: Id of the reply, where there was one.
        number: Which request of the served name it was, from 1 in order of arrival; None where nothing served it.
        done: What was done to it: quirks and faults in order.
    """

    index: int
    at: datetime
    path: str
    status: int | None
    model: str | None
    body: Mapping[str, Any] | None
    body_sha256: str | None = None
    response_id: str | None
    number: int | None = None
    done: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """When a request came and what became of it; the fields are those of `LoggedRequest`."""

    at: datetime
    body_sha256: str | None = None
    number: int | None = None
    done: tuple[str, ...] = ()


class RequestLog:
    """Collects requests in memory and, where a path is given, as JSON Lines in a file.

    A line is written before the first byte of its answer is sent: whatever a client received is in the log.

    Args:
        path: File to append to.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries: list[LoggedRequest] = []

    @property
    def entries(self) -> tuple[LoggedRequest, ...]:
        """All requests so far, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def add(
        self,
        path: str,
        status: int | None,
        *,
        body: Mapping[str, Any] | None,
        response_id: str | None,
        handling: Handling | None = None,
    ) -> None:
        """Record one answered request."""
        model = None if body is None else body.get("model")
        how = Handling(at=datetime.now(UTC)) if handling is None else handling
        with self._lock:
            entry = LoggedRequest(
                index=len(self._entries),
                path=path,
                status=status,
                model=model if isinstance(model, str) else None,
                body=body,
                response_id=response_id,
                at=how.at,
                body_sha256=how.body_sha256,
                number=how.number,
                done=how.done,
            )
            self._entries.append(entry)
            if self._path is not None:
                with self._path.open("a", encoding="ascii") as lines:
                    lines.write(canonical(entry) + "\n")
