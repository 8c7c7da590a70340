"""The guard of every byte: an httpx2 transport that lets out and in only what is meant to pass.

Out: headers are built here from a fixed list. The key is put on here and nowhere above, so no client object, ambient
variable or exception of the layers above ever carries it, and it goes to one origin only. In: no redirect is followed,
decoded bytes are capped for every status, one deadline covers the whole exchange (a server that drips a byte now and
then is cut), keys are removed from bodies, and only listed headers are kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx2

from blackbox.endpoints._body import ACCEPTED_ENCODINGS, ReplyUnreadableError, open_body
from blackbox.endpoints._secrets import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from blackbox.endpoints._body import Body
    from blackbox.endpoints._secrets import Scrubber

MAX_BODY_BYTES = 8_000_000
MAX_ERROR_BODY_BYTES = 65_536

CACHE_HEADERS = frozenset({
    "age", "cache-status", "cf-cache-status", "x-cache", "x-cache-hit", "x-cache-hits", "x-cache-status",
    "x-litellm-cache-key", "x-portkey-cache-status", "helicone-cache", "x-semantic-cache", "x-proxy-cache",
    "x-vercel-cache", "x-served-from-cache",
})  # fmt: skip
"""Headers by which gateways say that a reply may be a copy of an earlier one."""

_KEPT_HEADERS = CACHE_HEADERS | {
    "content-type", "date", "retry-after", "retry-after-ms", "x-request-id", "x-ratelimit-reset",
    "x-ratelimit-reset-after", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens",
}  # fmt: skip
_MAX_HEADER_CHARS = 200
_FIRST_REDIRECT_STATUS = 300
_FIRST_ERROR_STATUS = 400

TIMING = "blackbox.timing"
"""Name of the response extension that holds the exchange's `Timing`."""


KEY_REMOVED = "blackbox.key_removed"
"""Name of the response extension that says whether the reply quoted a key, which was taken out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long one exchange took, in seconds from sending it."""

    first_byte_s: float
    latency_s: float


class RedirectedError(Exception):
    """The server answers from another address; following it could hand the key to someone else.

    Args:
        status: The 3xx status.
        location: Origin (scheme and host) it points to, or None.
    """

    def __init__(self, status: int, location: str | None) -> None:
        super().__init__(f"redirect {status}")
        self.status = status
        self.location = location


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What one endpoint's transport enforces.

    Args:
        base_url: The only origin requests may go to.
        headers: Headers sent with every request, the key's among them.
        scrubber: Removes keys from what comes back.
        deadline_s: Seconds from sending to the reply's last byte.
        max_body_bytes: Cap on decoded bytes.
    """

    base_url: str
    headers: Mapping[str, str]
    scrubber: Scrubber
    deadline_s: float
    max_body_bytes: int = MAX_BODY_BYTES


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Wraps the transport that does the sending."""

    def __init__(
        self, inner: httpx2.AsyncBaseTransport, guard: Guard, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._inner = inner
        self._guard = guard
        self._origin = _origin(httpx2.URL(guard.base_url))
        self._monotonic = monotonic

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request and return its reply, read to the end, in plain bytes.

        Raises:
            RedirectedError: The status is 3xx.
            ReplyUnreadableError: A reply below 400 is too large or its coding is broken.
            httpx2.ReadTimeout: The deadline passed.
        """
        try:
            async with asyncio.timeout(self._guard.deadline_s):
                return await self._exchange(self._outgoing(request))
        except TimeoutError:
            raise httpx2.ReadTimeout(f"no complete reply within {self._guard.deadline_s:g} s") from None

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()

    def _outgoing(self, request: httpx2.Request) -> httpx2.Request:
        if _origin(request.url) != self._origin:
            raise httpx2.UnsupportedProtocol("a request was addressed to another host than base_url's")
        framing = {name: request.headers[name] for name in ("host", "content-length") if name in request.headers}
        headers = {**framing, **self._guard.headers, "accept-encoding": ACCEPTED_ENCODINGS}
        return httpx2.Request(
            request.method, request.url, headers=headers, stream=request.stream, extensions=request.extensions
        )

    async def _exchange(self, request: httpx2.Request) -> httpx2.Response:
        started = self._monotonic()
        reply = await self._inner.handle_async_request(request)
        first_byte_s = self._monotonic() - started
        try:
            if _FIRST_REDIRECT_STATUS <= reply.status_code < _FIRST_ERROR_STATUS:
                raise RedirectedError(reply.status_code, _location(request.url, reply))
            said = await self._read(reply)
        finally:
            await reply.aclose()
        timing = Timing(first_byte_s=first_byte_s, latency_s=self._monotonic() - started)
        body, listed = self._guard.scrubber.body(said), _listed(reply.headers)
        kept = {name: self._guard.scrubber.text(value)[:_MAX_HEADER_CHARS] for name, value in listed.items()}
        removed = body != said or any(MARK in value and MARK not in listed[name] for name, value in kept.items())
        return httpx2.Response(
            reply.status_code, headers=kept, content=body, extensions={TIMING: timing, KEY_REMOVED: removed}
        )

    async def _read(self, reply: httpx2.Response) -> bytes:
        coding = reply.headers.get("content-encoding", "")
        if reply.status_code < _FIRST_ERROR_STATUS:
            body = open_body(coding, max_bytes=self._guard.max_body_bytes)
            await _fill(body, reply)
            return body.finish()
        # The status says what happened; the beginning of its explanation is enough, and may be missing.
        try:
            body = open_body(coding, max_bytes=MAX_ERROR_BODY_BYTES)
        except ReplyUnreadableError:
            return b""
        with contextlib.suppress(ReplyUnreadableError, httpx2.TransportError):
            await _fill(body, reply)
        return body.so_far()


def _listed(headers: httpx2.Headers) -> dict[str, str]:
    """Return the headers that are kept, as the ASCII they have to be: some servers, and any proxy, send other bytes."""
    listed = sorted((name, value) for name, value in headers.items() if name in _KEPT_HEADERS)
    return {name: value.encode("ascii", "backslashreplace").decode("ascii") for name, value in listed}


async def _fill(body: Body, reply: httpx2.Response) -> None:
    stream = reply.stream
    assert isinstance(stream, httpx2.AsyncByteStream)
    async for chunk in stream:
        body.feed(chunk)


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _location(base: httpx2.URL, reply: httpx2.Response) -> str | None:
    try:
        target = base.join(reply.headers["location"])
    except (KeyError, httpx2.InvalidURL):
        return None
    return f"{target.scheme}://{target.netloc.decode('ascii', 'replace')}"
