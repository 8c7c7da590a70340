"""A plain client of the reference endpoint, which shows what comes over the wire."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from blackbox.serve import RequestLog

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

    def complete(self, **body: Any) -> Reply:
        """POST a text completion request; model a unless stated."""
        return self._sent("POST", "/completions", json.dumps({"model": "a", **body}).encode())

    def streamed(self, path: str = "/chat/completions", **body: Any) -> list[Any]:
        """POST a request for a stream and return its events as parsed; the closing [DONE] must be there."""
        asked = {"model": "a", "stream": True, **({} if "prompt" in body else {"messages": ANIMAL}), **body}
        with closing(self._connection()) as connection:
            connection.request("POST", f"/v1{path}", json.dumps(asked), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            assert answer.getheader("content-type", "").startswith("text/event-stream")
            *lines, done, rest = answer.read().decode().split("\n\n")
        assert ("data: [DONE]", "") == (done, rest)
        return [json.loads(line.removeprefix("data: ")) for line in lines]

    def chats(self, bodies: Sequence[dict[str, Any]]) -> list[Reply]:
        """POST many requests at once, sixteen at a time."""
        with ThreadPoolExecutor(16) as senders:
            return list(senders.map(lambda body: self.chat(**body), bodies))

    def _connection(self) -> HTTPConnection:
        address = urlsplit(self.base_url)
        return HTTPConnection(address.hostname or "", address.port)

    def _sent(self, method: str, path: str, raw: bytes | None) -> Reply:
        address = urlsplit(self.base_url)
        with closing(self._connection()) as connection:
            connection.request(method, address.path + path, raw, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return Reply(status=answer.status, body=json.loads(answer.read()))
