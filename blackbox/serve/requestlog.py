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
    """One request as the server saw it.

    Args:
        index: From 0, in order of the answers.
        at: When it was answered (UTC).
        path: The path asked for.
        status: HTTP status of the answer.
        model: Served name asked for, where the body named one.
        body: The body as parsed, or None where it was no JSON object.
        response_id: Id of the reply, where there was one.
    """

    index: int
    at: datetime
    path: str
    status: int
    model: str | None
    body: Mapping[str, Any] | None
    response_id: str | None


class RequestLog:
    """Collects requests in memory and, where a path is given, as JSON Lines in a file.

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

    def add(self, path: str, status: int, *, body: Mapping[str, Any] | None, response_id: str | None) -> None:
        """Record one answered request."""
        model = None if body is None else body.get("model")
        with self._lock:
            entry = LoggedRequest(
                index=len(self._entries),
                at=datetime.now(UTC),
                path=path,
                status=status,
                model=model if isinstance(model, str) else None,
                body=body,
                response_id=response_id,
            )
            self._entries.append(entry)
            if self._path is not None:
                with self._path.open("a", encoding="ascii") as lines:
                    lines.write(canonical(entry) + "\n")
