"""A server that shows the key it was sent in every place and form it can, and the commands that meet it."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from support.drawn_answers import numbered_suite
from support.key_scan import found_keys
from support.processes import Start, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

KEYS = {"SHOP_KEY": "sk-live-0123456789/abc+DEF", "SHOP_TENANT": "tenant-9f8e7d6c5b4a\"quoted<'&>"}
AMBIENT = {
    name: f"sk-ambient-{name.lower()}-0123456789"
    for name in (
        "OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "ANTHROPIC_API_KEY",
        "DASHSCOPE_API_KEY", "OPENROUTER_API_KEY", "DEEPSEEK_API_KEY", "MAAS_API_KEY", "HF_TOKEN", "MISTRAL_API_KEY",
        "GEMINI_API_KEY", "GROQ_API_KEY", "MOONSHOT_API_KEY",
    )
}  # fmt: skip


@dataclass(kw_only=True)
class Echo:
    """What the server was sent."""

    base_url: str = ""
    headers: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    """Model asked for, and all headers."""
    n_elsewhere: int = 0
    """Requests at the address that a redirect names."""


@dataclass(frozen=True)
class Reply:
    """One reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def _forms(key: str) -> str:
    raw = key.encode()
    coded = [base64.b64encode(bytes(n) + raw).decode() for n in range(3)]
    safe = [base64.urlsafe_b64encode(bytes(n) + raw).decode() for n in range(3)]
    escaped = "".join(f"\\u{ord(char):04x}" for char in key)
    return " ".join((key, quote(key, safe=""), *coded, *safe, raw.hex(), raw.hex().upper(), json.dumps(key), escaped))


def _document(key: str, message: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop", **more}
    return {"id": f"id-{key}", "object": "chat.completion", "created": 1, "model": f"m-{key}", "provider": key,
            "system_fingerprint": f"fp {_forms(key)}", "choices": [choice],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}  # fmt: skip


def _json(document: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, {"content-type": "application/json", **headers}, json.dumps(document).encode())


def _everywhere(key: str) -> Reply:
    tools = [{"type": "function", "id": key, "function": {"name": key, "arguments": json.dumps({key: _forms(key)})}}]
    message = {"content": _forms(key), "reasoning_content": _forms(key), "tool_calls": tools}
    names = ("x-request-id", "x-cache", "age", "cf-cache-status", "set-cookie", "server-timing", "via")
    return _json(_document(key, message), **dict.fromkeys(names, quote(key)))


def _spelt(key: str) -> Reply:
    entries = [{"token": char, "logprob": -0.1, "bytes": None, "top_logprobs": []} for char in f"it is {key}."]
    return _json(_document(key, {"content": f"it is {key}."}, logprobs={"content": entries}))


def _parts(key: str) -> Reply:
    half = len(key) // 2
    parts = [{"type": "text", "text": part} for part in (key[:half], key[half:])]
    return _json(_document(key, {"content": parts}))


def _escaped(key: str) -> Reply:
    hidden = "".join(f"\\u{ord(char):04x}" for char in key)
    body = json.dumps(_document("MARK", {"content": "it is MARK"})).replace("MARK", hidden)
    return Reply(200, {"content-type": "application/json"}, body.encode())


def _zipped(key: str) -> Reply:
    plain = _json(_document(key, {"content": _forms(key)}))
    return Reply(200, {**plain.headers, "content-encoding": "gzip"}, gzip.compress(plain.body))


def _error(key: str, status: int) -> Reply:
    error = {"message": f"your key {_forms(key)} is bad", "type": key, "code": key}
    return _json({"error": error}, status, **{"www-authenticate": quote(key), "retry-after": f"1; {quote(key)}"})


def _redirect(key: str, elsewhere: str) -> Reply:
    host = "a" * 180 + key.replace("/", "").replace("+", "")
    return Reply(307, {"location": f"{elsewhere}/{quote(key)}?{host}"}, b"")


REPLIES: Mapping[str, Callable[[str, str], Reply]] = {
    "everywhere": lambda key, _: _everywhere(key),
    "spelt": lambda key, _: _spelt(key),
    "parts": lambda key, _: _parts(key),
    "escaped": lambda key, _: _escaped(key),
    "zipped": lambda key, _: _zipped(key),
    "error-200": lambda key, _: _json({"error": {"message": _forms(key), "code": key}}),
    "page": lambda key, _: Reply(200, {"content-type": "text/html"}, f"<p>{_forms(key)}</p>".encode()),
    "error-400": lambda key, _: _error(key, 400),
    "error-401": lambda key, _: _error(key, 401),
    "error-403": lambda key, _: _error(key, 403),
    "error-429": lambda key, _: _json({"error": {"message": key, "code": "insufficient_quota"}}, 429),
    "error-500": lambda key, _: _error(key, 500),
    "long-host": lambda key, _: Reply(308, {"location": f"http://{'a' * 185}.{quote(key)}.test/"}, b""),
    "redirect": _redirect,
}
N_PROBES = 2


@contextmanager
def echoing() -> Iterator[Echo]:
    """Serve until the block ends."""
    echo = Echo()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.path.startswith("/elsewhere"):
                echo.n_elsewhere += 1
            asked = json.loads(body)
            model, streamed = str(asked.get("model")), bool(asked.get("stream"))
            echo.headers.append((model, {name.lower(): value for name, value in self.headers.items()}))
            reply = self._reply(model, streamed=streamed)
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def _reply(self, model: str, *, streamed: bool) -> Reply:
            # Every value that came in a header of its own is shown, not only the one behind "Bearer".
            sent = [self.headers.get("authorization", "").removeprefix("Bearer "), self.headers.get("x-tenant", "")]
            key = next((each for each in sent if each and each != "none"), "no key came")
            shown = sent[1] if model.endswith("-x-tenant") and sent[1] else key
            if streamed:
                return _stream(shown)
            return REPLIES[model.partition("-x-")[0]](shown, echo.base_url.replace("/v1", "/elsewhere"))

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that goes says nothing about the server."""

    server = Server(("127.0.0.1", 0), Handler)
    echo.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield echo
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _stream(key: str) -> Reply:
    half = len(key) // 2
    pieces = [{"choices": [{"index": 0, "delta": {"content": part}}]} for part in (key[:half], key[half:])]
    lines = "".join(f"data: {json.dumps({'id': 'i', 'model': 'm', **piece})}\n\n" for piece in pieces)
    return Reply(200, {"content-type": "text/event-stream"}, f"{lines}data: [DONE]\n\n".encode())


@dataclass(frozen=True, kw_only=True)
class Met:
    """What was found after the commands."""

    keys: tuple[str, ...]
    n_files: int
    n_requests: int
    n_elsewhere: int
    ambient_sent: tuple[str, ...]
    n_noted: int
    warned: bool
    codes: Mapping[str, int]


def meet(
    folder: Path,
    start: Start,
    *,
    hooks: tuple[str, ...] = (),
    commands: tuple[str, ...] = ("run",),
    patients: tuple[str, ...] = ("parts",),
) -> Met:
    """Return what is found in every file, and in what was printed, after commands met the echoing server."""
    suite = numbered_suite(folder, N_PROBES)
    codes = {}
    with echoing() as echo:
        _configure(folder, echo.base_url)
        for command in commands:
            words = {
                "run": ("run", "-s", str(suite), "--json"),
                "doctor": ("doctor", *patients, "--json"),
                "plan": ("plan", "-s", str(suite), "--pilot", "--json"),
                "show": ("show", *_runs(folder), "--json"),
                "verify": ("verify", "--json"),
                "compare": ("compare", *_runs(folder)[:2], "--json"),
            }[command]
            process = start(Task(words=words, folder=folder, environ={**KEYS, **AMBIENT}, hooks=hooks))
            codes[command] = process.code()
            _keep_said(folder, command)
    return _met(folder, echo, codes)


def _configure(folder: Path, base_url: str) -> None:
    kind = f"kind: openai-chat, base_url: '{base_url}'"
    keyed = "api_key_env: SHOP_KEY, headers_env: {x-tenant: SHOP_TENANT}, concurrency: 2, timeout_s: 20"
    blocks = [f"  {name}: {{{kind}, model: {name}, {keyed}}}" for name in REPLIES]
    blocks += [f"  {name}-tenant: {{{kind}, model: {name}-x-tenant, {keyed}}}" for name in ("everywhere", "parts")]
    blocks += [
        f"  ambient-{preset}: {{preset: {preset}, base_url: '{base_url}', model: everywhere-x-{preset}}}"
        for preset in ("openai", "dashscope", "openrouter")
    ]
    (folder / "blackbox.yaml").write_text("endpoints:\n" + "\n".join(blocks) + "\n", encoding="utf-8")


def _runs(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in (folder / "results").glob("2*/observations.parquet"))[:4]


def _keep_said(folder: Path, command: str) -> None:
    for ending in ("out", "err"):
        (folder / f"said.{ending}").rename(folder / f"{command}.{ending}")


def _met(folder: Path, echo: Echo, codes: Mapping[str, int]) -> Met:
    allowed = {"authorization": f"Bearer {KEYS['SHOP_KEY']}", "x-tenant": KEYS["SHOP_TENANT"]}
    sent = {
        name for _, headers in echo.headers for header, value in headers.items()
        for name, key in {**AMBIENT, **KEYS}.items() if key in value and allowed.get(header) != value
    }  # fmt: skip
    journals = [path.read_bytes() for path in folder.glob("results/2*/journal.jsonl")]
    return Met(
        keys=tuple(found_keys(folder, {**KEYS, **AMBIENT})),
        n_files=sum(path.is_file() for path in folder.rglob("*")),
        n_requests=len(echo.headers),
        n_elsewhere=echo.n_elsewhere,
        ambient_sent=tuple(sorted(sent)),
        n_noted=sum(journal.count(b'"note":"key_removed"') for journal in journals),
        warned=any(b"quoted a key" in path.read_bytes() for path in folder.glob("results/2*/manifest.json")),
        codes=codes,
    )


def shows_keys() -> None:
    """Break it: nothing is taken out of what a server says."""
    from blackbox.endpoints._secrets import Scrubber

    Scrubber.__init__ = lambda self, _: self.__dict__.update(_text=None, _bytes=None)  # type: ignore[method-assign,misc,assignment]


def shows_joined_keys() -> None:
    """Break it: what only shows once a reply is put together is not looked at."""
    from blackbox.endpoints import openai_chat

    openai_chat.without_keys = lambda completion, _scrubber, **_: completion  # type: ignore[assignment]


def follows_redirects() -> None:
    """Break it: a redirect is followed, headers and all."""
    import httpx2

    from blackbox.endpoints import _transport

    exchange = _transport.GuardedTransport._exchange

    async def follow(self: Any, request: Any) -> Any:
        try:
            return await exchange(self, request)
        except _transport.RedirectedError as redirect:
            origin = str(redirect.location)
            if "127.0.0.1" not in origin:
                raise
            url = f"{origin}/elsewhere"
            again = httpx2.Request("POST", url, headers=self._guard.headers, content=b"{}")
            await self._inner.handle_async_request(again)
            raise

    _transport.GuardedTransport._exchange = follow  # type: ignore[method-assign]
