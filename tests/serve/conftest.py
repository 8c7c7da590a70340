"""One reference endpoint for all tests of this folder, and a plain client for it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from blackbox.serve import RequestLog, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ANIMAL = [{"role": "user", "content": "Name a random animal. Answer with one word only."}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Status and parsed body of one HTTP reply."""

    status: int
    body: dict[str, Any]

    @property
    def texts(self) -> list[str]:
        """The text of each choice."""
        return [choice["message"]["content"] for choice in self.body["choices"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Sends requests to a reference endpoint."""

    base_url: str
    log: RequestLog

    def get(self, path: str) -> Reply:
        """GET a path below /v1."""
        return self._sent("GET", path, None)

    def post(self, raw: bytes) -> Reply:
        """POST raw bytes as a chat completion request."""
        return self._sent("POST", "/chat/completions", raw)

    def chat(self, **body: Any) -> Reply:
        """POST a chat completion request; model a and a short prompt unless stated."""
        return self.post(json.dumps({"model": "a", "messages": ANIMAL, **body}).encode())

    def chats(self, bodies: Sequence[dict[str, Any]]) -> list[Reply]:
        """POST many requests at once, sixteen at a time."""
        with ThreadPoolExecutor(16) as senders:
            return list(senders.map(lambda body: self.chat(**body), bodies))

    def _sent(self, method: str, path: str, raw: bytes | None) -> Reply:
        address = urlsplit(self.base_url)
        with closing(HTTPConnection(address.hostname or "", address.port)) as connection:
            connection.request(method, address.path + path, raw, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return Reply(status=answer.status, body=json.loads(answer.read()))


@pytest.fixture(scope="session")
def client() -> Iterator[Client]:
    """A client of an endpoint that serves a under two names, its child, and c."""
    log = RequestLog()
    served = {"a": "a", "a-reseller": "a", "a-tuned": "a-tuned", "c": "c"}
    with running(served, log=log) as base_url:
        yield Client(base_url=base_url, log=log)


@pytest.fixture
def connect() -> Callable[[str], Client]:
    """Make a client of another endpoint."""
    return lambda base_url: Client(base_url=base_url, log=RequestLog())
