"""The guard of every byte: what goes out, what comes in, how much and for how long."""

from __future__ import annotations

import asyncio
import gzip
import json
import struct
import tracemalloc
import zlib
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from support.caught import CAUGHT
from support.chat_servers import CALL, KEY, Handler, Script, asked, asked_over_socket, chat_spec, http, replied, served

from blackbox.core import Outcome, plain
from blackbox.endpoints import _transport
from blackbox.endpoints._body import ReplyUnreadableError, open_body
from blackbox.endpoints._secrets import Scrubber
from blackbox.endpoints.openai_chat import ENDPOINT
from blackbox.errors import EndpointError, RequestRejected, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLUE = json.dumps(replied(content="Blue")).encode()


def sending(*chunks: bytes, pause_s: float = 0.0) -> Script:
    """Return a script that writes chunks with pauses, then closes."""

    async def script(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return script


def bomb(n_bytes: int) -> bytes:
    """Return a gzip file that inflates to `n_bytes` zeros."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    block = bytes(1_000_000)
    return b"".join(deflater.compress(block) for _ in range(n_bytes // len(block))) + deflater.flush()


async def test_an_ordinary_reply_comes_through_a_real_socket() -> None:
    """The whole way works: client, guard, connection, parser."""
    completion = await asked_over_socket(sending(http(BLUE)))
    assert (Outcome.OK, "Blue") == (completion.outcome, completion.text)


async def test_many_calls_under_way_share_small_pools_evenly() -> None:
    """20 calls at once are all answered, over as many connections."""
    n_open = most_open = 0

    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal n_open, most_open
        n_open += 1
        most_open = max(most_open, n_open)
        await asyncio.sleep(0.3)
        writer.write(http(BLUE, headers={"Connection": "close"}))
        await writer.drain()
        n_open -= 1

    async with served(slow) as base_url:
        spec = chat_spec(base_url=base_url, concurrency=20)
        async with ENDPOINT.open(spec, {"SHOP_KEY": KEY}) as endpoint:
            completions = await asyncio.gather(*(endpoint.complete(CALL) for _ in range(20)))
    assert (["Blue"] * 20, 20) == ([completion.text for completion in completions], most_open)


async def test_an_error_of_the_operating_system_may_be_tried_again() -> None:
    """What the library below did not translate is translated here."""

    def handler(_: httpx2.Request) -> httpx2.Response:
        raise OSError(24, "Too many open files")

    with pytest.raises(TransientError, match=r"no reply from .*: network"):
        await asked(handler)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity"])
async def test_compressed_replies_are_read(coding: str) -> None:
    """The reply is the same whatever coding the server chose of those we asked for."""
    body = {"gzip": gzip.compress(BLUE), "deflate": zlib.compress(BLUE), "identity": BLUE}[coding]
    completion = await asked_over_socket(sending(http(body, headers={"Content-Encoding": coding})))
    assert "Blue" == completion.text


async def test_first_byte_and_latency_are_measured() -> None:
    """The wait for the rest of the reply is in the latency, not in the time to the first byte."""
    reply = http(BLUE)
    completion = await asked_over_socket(sending(reply[:-5], reply[-5:], pause_s=0.2))
    assert completion.first_byte_s is not None
    assert completion.latency_s is not None
    assert completion.first_byte_s < completion.latency_s - 0.1


async def hang(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Say nothing until the client gives up."""
    await reader.read()


@pytest.mark.parametrize(
    "script",
    [
        hang,
        sending(*(bytes([byte]) for byte in http(BLUE)), pause_s=0.05),
        sending(http(BLUE)[:-10], *(b" " for _ in range(100)), pause_s=0.05),
        sending(http(b"x" * 200, status="500 Oops")[:-100], *(b"x" for _ in range(100)), pause_s=0.05),
    ],
    ids=["silent", "dripping from the start", "dripping body", "dripping error"],
)
async def test_one_deadline_covers_the_whole_exchange(script: Script) -> None:
    """A server that keeps a connection busy is cut when the time is up, and the call may be tried again."""
    started = asyncio.get_running_loop().time()
    with pytest.raises(TransientError, match="timeout") as caught:
        await asked_over_socket(script, timeout_s=0.4)
    assert asyncio.get_running_loop().time() - started < 2
    assert ("timeout", None) == (caught.value.kind, caught.value.status)


async def reset(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break the connection in the middle of a reply."""
    writer.write(http(BLUE)[:60])
    await writer.drain()
    sock = writer.get_extra_info("socket")
    sock.setsockopt(1, 13, struct.pack("ii", 1, 0))  # SO_LINGER 0: closing sends RST
    writer.transport.abort()


@pytest.mark.parametrize(
    ("script", "kinds"),
    [
        (reset, {"reset", "protocol"}),
        (sending(http(BLUE)[:-5]), {"protocol"}),
        (sending(), {"protocol"}),
        (sending(b"\x00\x01 nonsense\r\n\r\n"), {"protocol"}),
    ],
    ids=["reset", "cut short", "closed at once", "no HTTP"],
)
async def test_a_broken_connection_may_be_tried_again(script: Script, kinds: set[str]) -> None:
    """What broke the exchange is named; no half reply is read."""
    with pytest.raises(TransientError) as caught:
        await asked_over_socket(script)
    assert caught.value.kind in kinds


async def test_nothing_listening_is_said_in_words() -> None:
    """The message names the address."""
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    base_url = f"http://127.0.0.1:{port}/v1"
    async with ENDPOINT.open(chat_spec(base_url=base_url), {"SHOP_KEY": KEY}) as endpoint:
        with pytest.raises(TransientError, match=f"nothing listens at {base_url}"):
            await endpoint.complete(CALL)


async def peak_bytes(monkeypatch: pytest.MonkeyPatch, cap: int, status: str) -> int:
    """Return the memory that reading a bomb of 64 MB costs under a cap."""
    reply = http(bomb(64_000_000), status=status, headers={"Content-Encoding": "gzip"})
    monkeypatch.setattr(_transport, "MAX_ERROR_BODY_BYTES", min(cap, 65_536) if cap < 10**8 else cap)
    monkeypatch.setattr(_transport.Guard, "__init__", _with_cap(cap))
    tracemalloc.start()
    try:
        completion = await asked_over_socket(sending(reply))
        assert Outcome.MALFORMED is completion.outcome
    except EndpointError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak


def _with_cap(cap: int) -> Any:
    original = _transport.Guard.__init__

    def init(self: Any, **values: Any) -> None:
        original(self, **{**values, "max_body_bytes": cap})

    return init


@pytest.mark.parametrize("status", ["200 OK", "500 Oops", "400 Bad"])
async def test_a_bomb_never_inflates_in_memory(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    """With the cap a bomb of 64 MB costs less than 25 MB whatever the status; without it the same test sees it."""
    assert await peak_bytes(monkeypatch, _transport.MAX_BODY_BYTES, status) < 25_000_000
    monkeypatch.undo()
    assert await peak_bytes(monkeypatch, 10**9, status) > 60_000_000


async def test_too_large_a_reply_is_malformed() -> None:
    """The outcome says why."""
    completion = await asked(lambda _: httpx2.Response(200, content=b" " * (_transport.MAX_BODY_BYTES + 1)))
    assert ("too_large", Outcome.MALFORMED) == (completion.error and completion.error.kind, completion.outcome)


@pytest.mark.parametrize(
    ("coding", "body"),
    [("gzip", gzip.compress(BLUE)[:-12]), ("gzip", BLUE), ("br", BLUE), ("gzip, gzip", BLUE), ("deflate", b"\x01")],
)
async def test_a_reply_whose_coding_is_broken_is_malformed(coding: str, body: bytes) -> None:
    """Nothing is guessed from a damaged reply."""
    completion = await asked_over_socket(sending(http(body, headers={"Content-Encoding": coding})))
    assert ("encoding", Outcome.MALFORMED) == (completion.error and completion.error.kind, completion.outcome)


@pytest.mark.parametrize("cut", [1, 7, 100, 4096])
def test_decoding_does_not_depend_on_how_the_bytes_were_cut(cut: int) -> None:
    """Members of a gzip file and chunk borders may fall anywhere."""
    data = bytes(range(256)) * 40
    packed = gzip.compress(data[:5000]) + gzip.compress(data[5000:])
    body = open_body("gzip", max_bytes=len(data))
    for start in range(0, len(packed), cut):
        body.feed(packed[start : start + cut])
    assert data == body.finish()


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_the_cap_is_exact(coding: str) -> None:
    """A body of exactly the cap passes; one more byte does not, and what came before it is there."""
    pack = gzip.compress if coding else bytes
    whole = open_body(coding, max_bytes=1000)
    whole.feed(pack(b"x" * 1000))
    assert 1000 == len(whole.finish())
    larger = open_body(coding, max_bytes=1000)
    with pytest.raises(ReplyUnreadableError):
        larger.feed(pack(b"x" * 1001))
    assert 1000 == len(larger.so_far())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304])
async def test_redirects_are_refused_and_never_followed(status: int) -> None:
    """One request is sent, the message names where it pointed to and what to do."""
    seen: list[httpx2.Request] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(status, headers={"location": f"https://evil.example/x?key={KEY}"})

    with pytest.raises(RequestRejected, match=r"redirects .* to https://evil\.example;.*base_url") as caught:
        await asked(handler)
    assert (1, "redirect", status) == (len(seen), caught.value.kind, caught.value.status)
    assert KEY not in str(caught.value)


async def test_the_key_goes_to_the_configured_origin_only() -> None:
    """The guard itself refuses a request for another host."""
    guard = _transport.Guard(base_url="https://a.example/v1", headers={}, scrubber=Scrubber(()), deadline_s=1)
    transport = _transport.GuardedTransport(httpx2.MockTransport(lambda _: httpx2.Response(200)), guard)
    for url in ("https://b.example/v1", "http://a.example/v1", "https://a.example:444/v1"):
        with pytest.raises(httpx2.UnsupportedProtocol):
            await transport.handle_async_request(httpx2.Request("POST", url))


async def test_a_guard_that_lets_requests_go_anywhere_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above fails where origins are not compared."""
    monkeypatch.setattr(_transport, "_origin", lambda _: "")
    with pytest.raises(CAUGHT):
        await test_the_key_goes_to_the_configured_origin_only()


def all_strings(value: Any) -> Iterator[str]:
    """Yield every string inside a completion."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from (name, *all_strings(member))
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from all_strings(member)


def _replying(text: str, headers: dict[str, str]) -> Handler:
    return lambda _: httpx2.Response(200, text=text, headers=headers)


async def test_a_server_that_echoes_the_key_everywhere_gets_none_of_it_through() -> None:
    """Text, reasoning, tool calls, identifiers and kept headers are clean, hidden by escapes or not."""
    message = {"content": f"key {KEY}", "reasoning": KEY, "tool_calls": [{KEY: [KEY]}]}
    document = replied(**message) | {"id": KEY, "model": KEY, "provider": KEY, "system_fingerprint": KEY}
    escaped = json.dumps(document).replace(KEY, "".join(f"\\u{ord(char):04x}" for char in KEY))
    for text in (json.dumps(document), escaped):
        headers = {"x-cache": KEY, "cf-cache-status": KEY, "set-cookie": KEY, "x-other": KEY}
        completion = await asked(_replying(text, headers))
        assert not [string for string in all_strings(plain(completion)) if KEY in string]
        assert {"cf-cache-status", "x-cache"} == set(completion.cache_headers)
