"""Faults of the connection itself: resets, silence, drips, cuts, broken framing, and a close at the wrong moment."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from blackbox.serve import settings
from blackbox.serve.faults.registry import OnWire, Struck, fault, valued_fault
from blackbox.serve.streaming import events

if TYPE_CHECKING:
    from blackbox.serve.wire import Wire

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
_STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_BAD_FRAMING = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: banana\r\n\r\n{}"


def _http(struck: Struck) -> bytes:
    body = json.dumps(struck.document).encode()
    return _HEAD % len(body) + body


async def _broken_off(wire: Wire) -> None:
    await wire.reset()


@fault("reset", "the connection is reset before a byte is sent", "error")
def _reset(*_: object) -> OnWire:
    return OnWire(status=None, play=_broken_off)


async def _silence(seconds: float | None, wire: Wire) -> None:
    if await wire.rest(seconds):
        await wire.close()


@valued_fault("hang", "nothing is sent; the connection stays open for so many seconds", "error", value="seconds",
              default="3600", read=settings.amount)  # fmt: skip
def _hang(_: Struck, seconds: float) -> OnWire:
    return OnWire(status=None, play=partial(_silence, seconds))


async def _dripped(data: bytes, seconds: float, wire: Wire) -> None:
    for i in range(len(data)):
        wire.send(data[i : i + 1])
        if not await wire.rest(seconds):
            return
    await wire.close()


@valued_fault("slow-bytes", "a reply of a thousand bytes, one each so many seconds", "error", value="seconds a byte",
              default="0.5", read=settings.amount)  # fmt: skip
def _slow_bytes(_: Struck, seconds: float) -> OnWire:
    data = _HEAD % 1000 + b'{"id": "slow"}'.ljust(1000)
    return OnWire(status=200, play=partial(_dripped, data, seconds))


async def _sent_and_closed(data: bytes, wire: Wire) -> None:
    wire.send(data)
    await wire.close()


@fault("cut-body", "half of the body that was announced, then the connection is closed", "error", of_reply=True)
def _cut_body(struck: Struck, _: object) -> OnWire:
    whole = _http(struck)
    return OnWire(status=200, play=partial(_sent_and_closed, whole[: -len(json.dumps(struck.document)) // 2]))


@fault("cut-stream", "a stream that is closed before its end, asked for or not", "error", of_reply=True)
def _cut_stream(struck: Struck, _: object) -> OnWire:
    sent = [b"%x\r\n%s\r\n" % (len(event), event) for event in events(struck.document, include_usage=False)]
    return OnWire(status=200, play=partial(_sent_and_closed, _STREAM_HEAD + b"".join(sent[: len(sent) // 2])))


@fault("bad-framing", "a content-length that is no number", "error")
def _bad_framing(*_: object) -> OnWire:
    return OnWire(status=200, play=partial(_sent_and_closed, _BAD_FRAMING))


async def _closed(wire: Wire) -> None:
    await wire.close()


@fault("keep-alive-race", "an idle connection is closed just as the next request comes over it; new ones are served",
       "ok")  # fmt: skip
def _keep_alive_race(struck: Struck, _: object) -> OnWire | None:
    return OnWire(status=None, play=_closed) if struck.n_before else None
