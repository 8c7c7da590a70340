"""What the faults below HTTP put on the wire, read from a bare socket."""

from __future__ import annotations

import gzip
import io
import json
import logging
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from support.chat_client import Client

from blackbox.serve import FixedAnswers, RequestLog, Rule, Script, make_fault, running

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sk-live-0123456789"
BODY = json.dumps({"model": "a", "messages": [{"role": "user", "content": "Hi"}]}).encode()
REQUEST = (
    f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
    f"content-type: application/json\r\ncontent-length: {len(BODY)}\r\n\r\n"
).encode() + BODY


@contextmanager
def _faulty(name: str, value: str | None = None) -> Iterator[tuple[socket.socket, RequestLog]]:
    """Yield a connection over which one request was sent, and the server's log."""
    log = RequestLog()
    script = Script(rules=(Rule(name=name, does=make_fault(name, value)),))
    with running({"a": FixedAnswers("Blue")}, script=script, log=log) as base_url:
        address = urlsplit(base_url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(REQUEST)
            yield connection, log


def _everything(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def _reply(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return head and body of a reply with a content-length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


def test_a_reset_is_a_reset() -> None:
    """RST, not FIN; nothing was sent; the log has the request without a status."""
    with _faulty("reset") as (connection, log):
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        assert [(None, ("reset",))] == [(entry.status, entry.done) for entry in log.entries]


def test_a_hang_sends_nothing_until_its_time_is_over() -> None:
    """No byte for as long as is waited; then the end."""
    with _faulty("hang", "0.3") as (connection, _):
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(30)
        assert b"" == connection.recv(1)


def test_a_hang_does_not_keep_the_server_from_ending(caplog: pytest.LogCaptureFixture) -> None:
    """It ends with the block, without a complaint."""
    with caplog.at_level(logging.WARNING), _faulty("hang") as (connection, _):
        connection.settimeout(0.1)
        with pytest.raises(TimeoutError):
            connection.recv(1)
    assert [] == caplog.messages


def test_slow_bytes_come_one_by_one() -> None:
    """The head arrives byte after byte."""
    with _faulty("slow-bytes", "0.02") as (connection, _):
        pieces = [connection.recv(65536) for _ in range(8)]
    assert b"HTTP/1.1".startswith(b"".join(pieces)[:8])
    assert 3 >= max(len(piece) for piece in pieces)


def test_a_cut_body_is_shorter_than_announced() -> None:
    """Half of it, then the end."""
    with _faulty("cut-body") as (connection, _):
        head, _, body = _everything(connection).partition(b"\r\n\r\n")
    announced = int(head.rpartition(b"content-length: ")[2])
    assert 0.4 < len(body) / announced < 0.6


def test_a_cut_stream_lacks_its_end() -> None:
    """Some events, no closing chunk, no [DONE]."""
    with _faulty("cut-stream") as (connection, _):
        received = _everything(connection)
    assert b"data: {" in received
    assert b"[DONE]" not in received
    assert not received.endswith(b"0\r\n\r\n")


def test_a_kept_connection_is_closed_as_the_second_request_comes() -> None:
    """The first is answered over it, the second meets the end."""
    with _faulty("keep-alive-race") as (connection, log):
        assert b"200" in _reply(connection)[0]
        connection.sendall(REQUEST)
        assert b"" == connection.recv(1)
        assert [(), ("keep-alive-race",)] == [entry.done for entry in log.entries]


def test_bad_framing_is_bad() -> None:
    """A length that is no number."""
    with _faulty("bad-framing") as (connection, _):
        assert b"content-length: banana" in _everything(connection)


def test_the_bomb_is_small_and_unpacks_to_what_it_says() -> None:
    """Three megabytes of spaces come in some kilobytes."""
    with _faulty("gzip-bomb", "3") as (connection, _):
        head, body = _reply(connection)
    assert b"content-encoding: gzip" in head
    assert len(body) < 30_000
    unpacked = gzip.GzipFile(fileobj=io.BytesIO(body)).read()
    assert 3_000_002 == len(unpacked)
    assert {} == json.loads(unpacked)


def test_json_is_as_deep_as_it_says() -> None:
    """Fifty thousand lists."""
    with _faulty("deep-json") as (connection, _):
        assert 50_000 == _reply(connection)[1].count(b"[")


@pytest.mark.parametrize(
    ("name", "value", "header"),
    [
        ("rate-limit-seconds", "7", b"retry-after: 7"),
        ("rate-limit-float", "0.25", b"retry-after: 0.250"),
        ("rate-limit-ms", "1500", b"retry-after-ms: 1500"),
        ("rate-limit-date", "5", b" GMT"),
        ("rate-limit-reset", "6m0s", b"x-ratelimit-reset-requests: 6m0s"),
        ("rate-limit-absurd", None, b"retry-after: 999999999"),
        ("rate-limit-garbled", None, b"retry-after: soon"),
        ("redirect", "http://127.0.0.1:9/x", b"location: http://127.0.0.1:9/x"),
    ],
)
def test_headers_are_in_the_form_that_is_named(name: str, value: str | None, header: bytes) -> None:
    """Each form of the time to wait, and the other origin."""
    with _faulty(name, value) as (connection, _):
        head, _ = _reply(connection)
    assert header in head
    assert head.startswith(b"HTTP/1.1 429" if name.startswith("rate") else b"HTTP/1.1 307")


@pytest.mark.parametrize("status", ["500", "502", "503", "529"])
def test_statuses(status: str) -> None:
    """With an error object."""
    with _faulty("status", status) as (connection, _):
        head, body = _reply(connection)
    assert head.startswith(f"HTTP/1.1 {status}".encode())
    assert "message" in json.loads(body)["error"]


@pytest.mark.parametrize("name", ["unauthorized", "echo-key"])
def test_the_key_is_echoed_and_not_logged(name: str) -> None:
    """It stands in body and headers of the reply, and nowhere in the log."""
    with _faulty(name) as (connection, log):
        head, body = _reply(connection)
    assert KEY.encode() in head
    assert KEY.encode() in body
    assert KEY not in repr(log.entries)


@pytest.mark.parametrize(
    ("name", "needle"),
    [
        ("invalid-utf8", b"\xff\xfe"),
        ("lone-surrogates", b"\\ud83d and"),
        ("nan", b"NaN"),
        ("infinity", b"Infinity"),
        ("null-choices", b'"choices": null'),
        ("empty-choices", b'"choices": []'),
        ("reasoning-only", b'"content": null'),
        ("content-parts", b'"content": [{"type": "text"'),
        ("error-in-200", b'{"error": {'),
        ("html", b"<!DOCTYPE html>"),
        ("say", b"<script>"),
    ],
)
def test_bodies_with_status_200(name: str, needle: bytes) -> None:
    """What the name says stands in the body."""
    with _faulty(name) as (connection, _):
        head, body = _reply(connection)
    assert head.startswith(b"HTTP/1.1 200")
    assert needle in body


def test_a_client_that_leaves_is_noted(caplog: pytest.LogCaptureFixture) -> None:
    """Half a request, then the end: a line in the log, no complaint, and the next one is served."""
    log = RequestLog()
    with caplog.at_level(logging.WARNING), running({"a": FixedAnswers("Blue")}, log=log) as base_url:
        address = urlsplit(base_url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(REQUEST[:-10])
        client = Client(base_url=base_url, log=log)
        while not any(entry.done for entry in log.entries):
            assert 200 == client.chat().status
    assert [] == caplog.messages


def test_faults_strike_text_completions_too() -> None:
    """The spoilt reply is a text completion then."""
    script = Script(rules=(Rule(name="x", does=make_fault("lone-surrogates")),))
    with running({"a": FixedAnswers("Blue")}, script=script) as base_url:
        reply: Any = Client(base_url=base_url, log=RequestLog()).complete(prompt="x").body
    assert "half \ud83d" in reply["choices"][0]["text"]
