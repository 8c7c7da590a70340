"""Turns replies and faults into what the web framework sends, or into bytes below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from blackbox.serve.faults import OnWire
from blackbox.serve.fields import read_stream
from blackbox.serve.streaming import events

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from blackbox.serve.faults import Sent


class WireResponse(Response):
    """A response that has the connection to itself.

    Args:
        fault: What it does to it.
    """

    def __init__(self, fault: OnWire) -> None:
        super().__init__(status_code=fault.status or 0)
        self._play = fault.play

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do it; the connection is over afterwards, so that the server has nothing left to send."""
        del receive, send
        wire = scope["state"]["wire"]
        wire.holding = True
        await self._play(wire)


def reply_response(document: Mapping[str, Any], body: Mapping[str, Any]) -> Response:
    """Return a reply in one piece or as a stream, as `body` asks."""
    stream = read_stream(body)
    if not stream.wanted:
        return JSONResponse(document)
    return StreamingResponse(events(document, include_usage=stream.include_usage), media_type="text/event-stream")


def fault_response(fault: Sent | OnWire) -> Response:
    """Return a fault as a response."""
    if isinstance(fault, OnWire):
        return WireResponse(fault)
    return Response(fault.body, status_code=fault.status, headers=dict(fault.headers))
