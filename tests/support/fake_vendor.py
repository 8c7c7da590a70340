"""A small OpenAI-like server on loopback whose answers, delays and failures a test decides; no model, no torch."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Answer = Callable[[dict[str, Any], int], str]
"""Request body and how many requests with the same body came before → the text to answer."""


SMALL_SUITE = """\
schema: blackbox.suite/1
name: small
version: 1
questions: [same]
system: You are a helpful assistant.
decoding: {temperature: 1.0, top_p: 1.0}
defaults: {family: pick, language: en, form: closed, parser: word, repeats: 5, max_output_tokens: 16}
probes:
  - {id: colour, prompt: Name a random colour. Answer with one word only.}
  - {id: city, prompt: Name a random city. Answer with one word only.}
  - {id: fruit, prompt: Name a random fruit. Answer with one word only.}
"""
N_CALLS = 15


def drawn(body: dict[str, Any], repeat: int) -> str:
    """Return one of five words, drawn from prompt, model and repeat: the same answers, whoever comes first."""
    seed = f"{body['model']} {body['messages'][-1]['content']} {repeat}"
    return ("red", "blue", "green", "7", "Paris")[hashlib.sha256(seed.encode()).digest()[0] % 5]


class FakeVendor:
    """What the server does and what it saw; change the attributes while it runs.

    Args:
        answer: Makes the text of each reply.
    """

    def __init__(self, answer: Answer = drawn) -> None:
        self.answer = answer
        self.status = 200
        """Answered to every request from `fails_from` on where it is not 200."""
        self.fails_from = 0
        self.delay_s = 0.0
        self.base_url = ""
        self.bodies: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self._repeats: Counter[str] = Counter()
        self.lock = threading.Lock()

    @property
    def n_requests(self) -> int:
        """How many requests came."""
        return len(self.bodies)

    def asked(self) -> Counter[str]:
        """Return how often each prompt was asked."""
        return Counter(body["messages"][-1]["content"] for body in self.bodies)

    def reply(self, body: dict[str, Any], authorization: str | None) -> tuple[int, dict[str, Any]]:
        """Return status and body of one reply."""
        with self.lock:
            n_before = len(self.bodies)
            same = json.dumps(body, sort_keys=True)
            repeat = self._repeats[same]
            self._repeats[same] += 1
            self.bodies.append(body)
            self.authorizations.append(authorization)
        if self.delay_s:
            time.sleep(self.delay_s)
        if self.status != 200 and n_before >= self.fails_from:
            return self.status, {"error": {"message": "no", "type": "made_up", "code": None}}
        message = {"role": "assistant", "content": self.answer(body, repeat)}
        return 200, {
            "id": f"chatcmpl-{n_before}",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 20, "completion_tokens": 2, "total_tokens": 22},
        }


@contextmanager
def serving(vendor: FakeVendor) -> Iterator[FakeVendor]:
    """Serve on a free loopback port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, document = vendor.reply(body, self.headers.get("authorization"))
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = _Server(("127.0.0.1", 0), Handler)
    vendor.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield vendor
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed says nothing about the server."""


def configured(folder: Path, vendor: FakeVendor, *names: str, more: str = "") -> None:
    """Write a configuration with endpoints of one vendor, each a model of its own."""
    blocks = "".join(
        f"  {name}: {{kind: openai-chat, base_url: '{vendor.base_url}', model: model-{name}{more}}}\n" for name in names
    )
    (folder / "blackbox.yaml").write_text(f"endpoints:\n{blocks}", encoding="utf-8")
