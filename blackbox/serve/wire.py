"""The connection below HTTP, for faults that no web framework would send: resets, drips, cuts, broken framing."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_LINGER_NOTHING = struct.pack("ii", 1, 0)
"""Closing then drops what is unsent and sends RST instead of FIN."""


class Wire:
    """One accepted connection.

    Args:
        transport: What the bytes go through.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._over = asyncio.Event()
        self.n_requests = 0
        self.holding = False
        """Whether a fault has taken the connection over."""

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._transport.write(data)

    async def rest(self, seconds: float | None) -> bool:
        """Wait until the time is over, or for ever; False as soon as client or server end the connection."""
        try:
            await asyncio.wait_for(self._over.wait(), seconds)
        except TimeoutError:
            return True
        return False

    async def close(self) -> None:
        """Close the connection once everything is sent."""
        self._transport.close()
        await self._over.wait()

    async def reset(self) -> None:
        """Break the connection off with a reset."""
        connection: socket.socket | None = self._transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOTHING)
        self._transport.abort()
        await self._over.wait()

    def end(self) -> None:
        """Note that the connection is over, or is about to be."""
        self._over.set()


class WiredProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it; each request carries its connection as `state["wire"]`."""

    _wire: Wire

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take up a connection."""
        self._wire = Wire(transport)
        self.app_state: dict[str, Any] = {**self.app_state, "wire": self._wire}
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Note the end, after uvicorn has: the request that is under way knows then that nobody listens."""
        super().connection_lost(exc)
        self._wire.end()

    def shutdown(self) -> None:
        """Let go of faults that would wait for ever."""
        super().shutdown()
        if self._wire.holding:
            self.transport.abort()
