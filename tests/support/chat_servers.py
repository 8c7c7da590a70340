"""Endpoints opened over a scripted transport, and servers on loopback that misbehave byte by byte."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from blackbox.core import Call, Completion, Decoding, EndpointSpec, Message
from blackbox.endpoints.openai_chat import ENDPOINT, OpenAIChat

KEY = "sk-live-0123456789/abc+DEF"
CALL = Call(messages=(Message(role="user", content="Name a colour."),), decoding=Decoding(max_output_tokens=16))

Handler = Callable[[httpx2.Request], httpx2.Response]
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def chat_spec(**changes: Any) -> EndpointSpec:
    """Return a spec with the key's variable named."""
    settings: dict[str, Any] = {
        "name": "shop", "kind": "openai-chat", "base_url": "http://127.0.0.1:1/v1", "model": "m-1",
        "api_key_env": "SHOP_KEY", "timeout_s": 20.0,
    }  # fmt: skip
    return EndpointSpec(**(settings | changes))


async def asked(
    handler: Handler, call: Call = CALL, *, environ: Mapping[str, str] | None = None, **changes: Any
) -> Completion:
    """Return what one call gives when `handler` is the server."""
    kind = OpenAIChat(connect=lambda _spec, _environ: httpx2.MockTransport(handler))
    async with kind.open(chat_spec(**changes), {"SHOP_KEY": KEY} if environ is None else environ) as endpoint:
        return await endpoint.complete(call)


async def asked_over_socket(script: Script, **changes: Any) -> Completion:
    """Return what one call gives over a real socket when `script` answers each connection's first request."""
    async with (
        served(script) as base_url,
        ENDPOINT.open(chat_spec(base_url=base_url, **changes), {"SHOP_KEY": KEY}) as endpoint,
    ):
        return await endpoint.complete(CALL)


@asynccontextmanager
async def served(script: Script) -> AsyncIterator[str]:
    """Yield the base URL of a loopback server that reads one request and hands the connection to `script`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            await reader.readexactly(length)
            await script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        server.close()


def replied(**message: Any) -> dict[str, Any]:
    """Return an ordinary reply whose message has these members."""
    return {
        "id": "chatcmpl-1",
        "model": "m-1-0613",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3},
    }


def http(body: bytes, *, status: str = "200 OK", headers: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of one HTTP/1.1 response."""
    lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body
